"""Checks side by side: the first fault is told, an interruption ends all."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from pipeline.errors import IncompleteError
from pipeline.stages import parallel


def test_the_first_fault_is_raised_when_all_have_ended() -> None:
    ended = []

    def work(name: str) -> None:
        ended.append(name)
        if name != "fine":
            raise IncompleteError(name)

    jobs = [lambda: work("fine"), lambda: work("first"), lambda: work("second")]
    with pytest.raises(IncompleteError, match="first"):
        parallel.side_by_side(jobs)
    assert sorted(ended) == ["fine", "first", "second"]


def test_an_interruption_while_checks_are_started_is_not_waited_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = []
    monkeypatch.setattr("pipeline.tools.run.terminate_all", lambda: told.append("ended"))
    monkeypatch.setattr(parallel, "_PATIENCE", 0.05)
    started = Thread.start
    wait = Event()

    def start(thread: Thread) -> None:
        started(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(Thread, "start", start)

    def hang() -> None:
        wait.wait()

    with pytest.raises(KeyboardInterrupt):
        parallel.side_by_side([hang, hang])
    wait.set()
    assert told == ["ended"]
