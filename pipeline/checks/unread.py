"""Inputs that nobody could read packages from, as gaps in the coverage of a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Coverage, Missing

if TYPE_CHECKING:
    from pipeline.model import Lock, Unread


def unread_lines(lock: Lock) -> tuple[Missing, ...]:
    """Parts of a lock that its reader did not understand: each may have held a package."""
    return tuple(
        _missing(part, f"line {part.location.line}" if part.location.line else "")
        for part in lock.unread
    )


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
