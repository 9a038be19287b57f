"""Places in the repository, and what was left out or not understood there."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model.answers import Gap


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """A place in the repository. Lines and columns count from 1; `None` means the whole file."""

    path: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of an input that was not understood: it counts as not evaluated.

    `why` never repeats the text itself, which may hold a secret.
    """

    location: Location
    why: str
    gap: Gap = Gap.PARSE_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A path that was left out on purpose, and why."""

    path: str
    why: str
