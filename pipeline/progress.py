"""Telling people that work goes on: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_FRAMES = "|/-\\"
_PERIOD = 0.1
_WIDTH = 14


class Progress:
    """Named pieces of work, started and done, in any order and from any thread.

    Writes to standard error: standard output belongs to results.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._moving = sys.stderr.isatty() and not quiet
        self._running: dict[str, float] = {}
        self._detail: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._turn, daemon=True)

    def __enter__(self) -> Self:
        if self._moving:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._moving:
            self._thread.join()
            self._write("\r\033[K")

    def start(self, name: str) -> None:
        """A piece of work begins."""
        with self._lock:
            self._running[name] = time.monotonic()

    def detail(self, name: str, text: str) -> None:
        """What a piece of work is at; shown on a terminal only."""
        with self._lock:
            self._detail[name] = text

    def done(self, name: str, text: str = "") -> None:
        """A piece of work has ended; `text` says how."""
        with self._lock:
            seconds = time.monotonic() - self._running.pop(name)
            self._detail.pop(name, None)
            if not self._quiet:
                clear = "\r\033[K" if self._moving else ""
                said = f"  {text}" if text else ""
                self._write(f"{clear}{name:<{_WIDTH}} {seconds:6.1f} s{said}\n")

    def _turn(self) -> None:
        step = 0
        while not self._stop.wait(_PERIOD):
            step += 1
            with self._lock:
                running = ", ".join(
                    f"{name} {self._detail.get(name, '')}".rstrip() for name in self._running
                )
                if running:
                    self._write(f"\r\033[K{_FRAMES[step % len(_FRAMES)]} {running[:76]}")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
