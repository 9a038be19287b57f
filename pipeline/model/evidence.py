"""What a check can vouch for: what it found, and what it looked at to find it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.model.answers import Gap, Status
from pipeline.model.findings import Finding
from pipeline.model.places import Location

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One input that was not evaluated, by name and reason."""

    subject: str
    gap: Gap
    why: str
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Inputs known beforehand against inputs that a tool's output accounts for.

    `expected` and `evaluated` count `unit`s ("packages"); every difference is named in `missing`.
    `scope` is the file or artefact that was looked at. `required` is false for what a check
    looks at beside its question, such as facts that only a network has: a gap there is told and
    shown, but does not make the check partial.
    """

    scope: str
    unit: str
    expected: int
    evaluated: int
    missing: tuple[Missing, ...] = ()
    required: bool = True

    @property
    def complete(self) -> bool:
        """Whether everything that was expected was evaluated."""
        return self.evaluated == self.expected and not self.missing


def tally(coverage: Iterable[Coverage]) -> str:
    """What was evaluated of what was required, by kind: "9 of 9 files, 4 of 5 commits"."""
    counts: dict[str, list[int]] = {}
    for part in coverage:
        if part.required:
            count = counts.setdefault(part.unit, [0, 0])
            count[0] += part.evaluated
            count[1] += part.expected
    return ", ".join(f"{done:,} of {all_:,} {unit}" for unit, (done, all_) in counts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRecord:
    """A program that took part. `digest` is of its installed file list or binary.

    `obtained` is where it came from, `verified` what was held against what before it ran.
    """

    name: str
    version: str
    digest: str = ""
    obtained: str = ""
    verified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecord:
    """Facts that a check relied on: which, from where, how old.

    `as_of` is the snapshot's own date, never a file time; `fresh` is judged on the report's day.
    """

    name: str
    origin: str
    digest: str = ""
    as_of: date | None = None
    entries: int | None = None
    fresh: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A file the check left in the output folder, relative to it."""

    path: str
    digest: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Content that a check wants kept; `path` is relative to the check's own output folder."""

    path: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Facts that are best read as a table: as many cells in each row as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a check made of its tool's output, before faults and freshness are weighed.

    The collector writes `files` and records them as artefacts. `tools` are those that took part
    beside the check's own.
    """

    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    data: tuple[DataRecord, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    files: tuple[File, ...] = ()
    tables: tuple[Table, ...] = ()
    tools: tuple[ToolRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one check can vouch for. `reason` is one sentence, empty for clean and found."""

    check: str
    status: Status
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    tools: tuple[ToolRecord, ...] = ()
    data: tuple[DataRecord, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def expected(self) -> int:
        """Inputs known beforehand, over all required scopes."""
        return sum(part.expected for part in self.coverage if part.required)

    @property
    def evaluated(self) -> int:
        """Inputs accounted for, over all required scopes."""
        return sum(part.evaluated for part in self.coverage if part.required)
