"""A problem at one place, before several of them become the findings of the report."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.model import Gap, Location, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at `place`. `rule` is the id without the check's name.

    `detail` is one clause and never repeats a value that could be a secret. `url` is where the
    facts of this very problem stand, if anywhere.
    """

    rule: str
    severity: Severity
    place: Location
    detail: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What nobody can tell from the file alone, and so was not evaluated."""

    place: Location
    why: str
    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the rules make of one file.

    `images` counts the base images that were looked up for the end of their support, and
    `undated` are those of them that the table does not know. `ours_alone` are containers that
    Trivy passes over as they are written, and `strange` those in objects that it does not know.
    `named` are the images of registries that it names, and where.
    """

    problems: tuple[Problem, ...] = ()
    open: tuple[Open, ...] = ()
    images: int = 0
    undated: tuple[Open, ...] = ()
    ours_alone: tuple[Open, ...] = ()
    strange: tuple[Open, ...] = ()
    named: tuple[tuple[str, Location], ...] = ()
