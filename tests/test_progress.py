from __future__ import annotations

import io
import sys
import time

import pytest

from pipeline.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    error = io.StringIO()
    monkeypatch.setattr(sys, "stderr", error)
    with Progress() as progress:
        progress.start("one")
        progress.detail("one", "half")
        progress.done("one", "clean")
        progress.start("two")
        progress.done("two")
    lines = error.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["one", "two"]
    assert lines[0].endswith("s  clean")
    assert "\r" not in error.getvalue()
    assert "half" not in error.getvalue()


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Terminal()
    monkeypatch.setattr(sys, "stderr", error)
    with Progress(quiet=True) as progress:
        progress.start("one")
        progress.done("one", "clean")
    assert error.getvalue() == ""


def test_a_terminal_sees_a_moving_line_that_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Terminal()
    monkeypatch.setattr(sys, "stderr", error)
    with Progress() as progress:
        progress.start("slow")
        progress.detail("slow", "3 of 4")
        deadline = time.monotonic() + 10
        while "slow 3 of 4" not in error.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        progress.done("slow", "found")
    assert "slow 3 of 4" in error.getvalue()
    assert error.getvalue().endswith("\r\033[K")
