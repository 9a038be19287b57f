"""The verdict and everything beside it that the renderers need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model.answers import Decision, Gap
from pipeline.model.controls import ControlResult, FrameworkCount
from pipeline.model.evidence import Evidence
from pipeline.model.places import Location
from pipeline.model.policy import Judged, Policy
from pipeline.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Unevaluated:
    """A line of the report's second section: what nobody looked at, why, and how to mend it."""

    what: str
    gap: Gap
    why: str
    fix: str = ""
    location: Location | None = None
    blocking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, its exit code, and the reasons for it, worst first."""

    decision: Decision
    exit_code: int
    headline: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit that a change was to be judged against, as it was `asked` for.

    `commit` is its id, `None` where it cannot be used. `checks` are those whose findings were
    held against it; all others, and all of them without it, are judged in full. `why` says what
    kept it, or a part of it, from being used.
    """

    asked: str
    commit: str | None = None
    checks: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What differs between two equal runs. Absent under `SOURCE_DATE_EPOCH`."""

    started: datetime
    seconds: float
    python: str
    platform: str
    checks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the renderers need; the same evidence gives the same report.

    `unevaluated`, `findings` (worst first) and `controls` are in reading order. Findings appear
    once, in `findings`; the copies inside `evidence` are dropped before a report is made.
    """

    version: str
    target: Target
    as_of: date
    policy: Policy
    verdict: Verdict
    unevaluated: tuple[Unevaluated, ...]
    findings: tuple[Judged, ...]
    evidence: tuple[Evidence, ...]
    controls: tuple[ControlResult, ...]
    frameworks: tuple[FrameworkCount, ...]
    notices: tuple[str, ...] = ()
    base: Base | None = None
    run: RunFacts | None = None
