"""Checks side by side in one process, which an interruption ends at once."""

from __future__ import annotations

from operator import itemgetter
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.model import Evidence

_PATIENCE = 5.0
"""Seconds for a check to end after its tools were ended."""


def side_by_side(jobs: Sequence[Callable[[], Evidence | None]]) -> list[Evidence | None]:
    """The results of jobs that run at the same time, in their order.

    Raises what the first of them raised. An interruption ends their tools and leaves: a pool
    would wait for its threads, and for ever if it came while one of them was being started.
    """
    from pipeline.tools.run import terminate_all  # noqa: PLC0415 - only this stage runs tools

    done: SimpleQueue[tuple[int, Evidence | None, BaseException | None]] = SimpleQueue()

    def work(number: int, job: Callable[[], Evidence | None]) -> None:
        try:
            done.put((number, job(), None))
        except BaseException as error:  # noqa: BLE001 - raised again below, where it is awaited
            done.put((number, None, error))

    threads = [Thread(target=work, args=pair, daemon=True) for pair in enumerate(jobs)]
    try:
        for thread in threads:
            thread.start()
        ended = sorted((done.get() for _ in threads), key=itemgetter(0))
    except KeyboardInterrupt:
        terminate_all()
        for thread in threads:
            if thread.is_alive():
                thread.join(_PATIENCE)
        raise
    for _, _, error in ended:
        if error is not None:
            raise error
    return [result for _, result, _ in ended]
