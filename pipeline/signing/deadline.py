"""How long signing may take altogether."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """A moment after which nothing is begun. `seconds` is counted from now on."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds left; raises `SignatureError` when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise SignatureError(
                f"signing took longer than {self.seconds:.0f} seconds",
                fix="try again later, or allow more with --deadline; nothing was written",
            )
        return left
