"""`verdict.json`: the one answer over all projects, for machines and for the gate."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from pipeline.errors import ExitCode, IncompleteError
from pipeline.model import Decision, Disposition
from pipeline.store import decode

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.actions.scan import Project, Scan
    from pipeline.model import Report

FILE = "verdict.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many findings and gaps there are."""

    violations: int = 0
    existing: int = 0
    waived: int = 0
    below_threshold: int = 0
    not_evaluated: int = 0

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = self._by_name(), other._by_name()
        return Counts(**{name: number + theirs[name] for name, number in mine.items()})

    @property
    def line(self) -> str:
        """As a JSON object on one line."""
        return json.dumps({name.replace("_", "-"): n for name, n in self._by_name().items()})

    def _by_name(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectVerdict:
    """The answer for one project; `folder` is its output folder in the artifact."""

    key: str
    path: str
    verdict: Decision
    exit_code: int
    headline: str
    counts: Counts
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The answer for all of it. `problems` are why it is not known whether all was judged."""

    verdict: Decision
    exit_code: int
    commit: str = ""
    event: str = ""
    basis: str = ""
    problems: tuple[str, ...] = ()
    counts: Counts = field(default_factory=Counts)
    projects: tuple[ProjectVerdict, ...] = ()
    format: int = 1


def of(project: Project, report: Report, place: str) -> ProjectVerdict:
    """The answer for one project, whose output folder is `place`."""

    def count(disposition: Disposition) -> int:
        return sum(item.disposition is disposition for item in report.findings)

    return ProjectVerdict(
        key=project.key,
        path=project.path,
        verdict=report.verdict.decision,
        exit_code=report.verdict.exit_code,
        headline=report.verdict.headline,
        counts=Counts(
            violations=count(Disposition.VIOLATION),
            existing=count(Disposition.EXISTING),
            waived=count(Disposition.WAIVED),
            below_threshold=count(Disposition.BELOW_THRESHOLD),
            not_evaluated=len(report.unevaluated),
        ),
        folder=place,
    )


def sum_up(
    scan: Scan | None, judged: tuple[ProjectVerdict, ...], problems: tuple[str, ...]
) -> Whole:
    """One verdict: a violation weighs most, and what is not known more than any pass.

    Compliant is only what was planned, judged without a problem, and compliant, each of it.
    """
    verdicts = {one.verdict for one in judged}
    planned = len(scan.projects) if scan else 0
    if Decision.VIOLATED in verdicts:
        decision, code = Decision.VIOLATED, ExitCode.VIOLATED
    elif verdicts == {Decision.COMPLIANT} and len(judged) == planned and not problems:
        decision, code = Decision.COMPLIANT, ExitCode.COMPLIANT
    else:
        decision, code = Decision.INCOMPLETE, ExitCode.INCOMPLETE
    return Whole(
        verdict=decision,
        exit_code=int(code),
        commit=scan.commit if scan else "",
        event=scan.event if scan else "",
        basis=scan.basis if scan else "",
        problems=problems,
        counts=sum((one.counts for one in judged), Counts()),
        projects=judged,
    )


def read(folder: Path) -> Whole:
    """The answer that stands in a folder; raises `IncompleteError` when there is none."""
    try:
        content = (folder / FILE).read_bytes()
    except OSError as error:
        raise IncompleteError(
            "there is no verdict", where=FILE, fix="look at the steps before this one"
        ) from error
    return decode(content, Whole, where=FILE)
