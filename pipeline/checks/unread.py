"""Inputs that nobody could read packages from, as gaps in the coverage of a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Coverage, Missing

if TYPE_CHECKING:
    from pipeline.model import Gap, Lock, Unread


def unread_lines(lock: Lock) -> tuple[Missing, ...]:
    """Parts of a lock that its reader did not understand: each may have held a package.

    Many lines for one reason are one gap: such a file is something else, and nobody reads a list.
    """
    alike: dict[tuple[str, Gap, str], list[Unread]] = {}
    for part in lock.unread:
        alike.setdefault((part.location.path, part.gap, part.why), []).append(part)
    return tuple(
        missing
        for parts in alike.values()
        for missing in ([_several(parts)] if len(parts) > _FEW else map(_line, parts))
    )


_FEW = 3
"""Lines that are still told one by one."""


def _line(part: Unread) -> Missing:
    return _missing(part, f"line {part.location.line}" if part.location.line else "")


def _several(parts: list[Unread]) -> Missing:
    first, last = parts[0], parts[-1]
    lines = f"{len(parts)} lines from {first.location.line} to {last.location.line}"
    return _missing(first, lines if last.location.line else f"{len(parts)} parts")


def unread_file(part: Unread) -> Coverage:
    """A file of which nothing could be evaluated."""
    missing = (_missing(part),)
    return Coverage(
        scope=part.location.path, unit="files", expected=1, evaluated=0, missing=missing
    )


def _missing(part: Unread, subject: str = "") -> Missing:
    return Missing(
        subject=subject or part.location.path, gap=part.gap, why=part.why, location=part.location
    )
