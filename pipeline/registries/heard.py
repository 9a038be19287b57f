"""What was asked of registries in one run. Imports next to nothing: most runs ask them nothing."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.registries.release import Release

PATIENCE = 3
"""So many addresses that fail before any answers, and the registry counts as out of reach."""


class Heard:
    """What several questioners of one run share: each address is asked once, answered or not.

    Answers themselves stand on disk (`kept`), as all of them are too much for memory. Processes
    share only those: two that start at once with nothing kept fetch everything twice at worst.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._addresses: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._failed: dict[str, int] = defaultdict(int)
        self._answered: set[str] = set()
        self.gaps: dict[str, Release] = {}
        """What is left of addresses that told nothing."""

    def alone(self, address: str) -> threading.Lock:
        """Held while an address is asked, so that nobody else asks it meanwhile."""
        with self._mutex:
            return self._addresses[address]

    def answered(self, ecosystem: str) -> None:
        """Note that a registry is within reach."""
        self._answered.add(ecosystem)

    def failed(self, ecosystem: str) -> None:
        """Note that an address gave no answer."""
        with self._mutex:
            self._failed[ecosystem] += 1

    def is_lost(self, ecosystem: str) -> bool:
        """Whether a registry turned out to be out of reach."""
        return self._failed[ecosystem] >= PATIENCE and ecosystem not in self._answered
