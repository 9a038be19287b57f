"""The order in which a report is read. The same content in any order gives the same report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Disposition, Kind, Outcome

if TYPE_CHECKING:
    from pipeline.model import (
        ControlResult,
        Coverage,
        Evidence,
        Judged,
        Location,
        Unevaluated,
    )

_DISPOSITIONS = (
    Disposition.VIOLATION,
    Disposition.EXISTING,
    Disposition.BELOW_THRESHOLD,
    Disposition.WAIVED,
)

_FAR = 1_000_000
"""Deeper than any chain of dependencies: the depth where none is known."""

_OUTCOMES = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.NOT_EVALUATED,
    Outcome.WAIVED,
    Outcome.ATTESTED,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


def reading_order(judged: Judged) -> tuple[object, ...]:
    """What to mend first comes first; after the rule and subject only to settle ties."""
    finding = judged.finding
    return (
        _DISPOSITIONS.index(judged.disposition),
        not (finding.exploited or finding.kind is Kind.MALWARE),
        finding.severity.rank,
        not (finding.fixed_versions or (finding.kind is Kind.RULE and finding.fix)),
        min(map(len, finding.paths), default=_FAR),
        -(finding.epss or 0.0),
        finding.rule,
        finding.subject,
        finding.check,
        tuple(map(_place, finding.locations)),
        finding.title,
        finding.detail,
        finding.kind,
        finding.score or 0.0,
        finding.cvss,
        finding.fix,
        finding.url,
        *(finding.aliases, finding.fixed_versions, finding.paths),
        *(finding.seen_by, finding.missed_by),
        repr(finding.exploited),
    )


def gap_order(line: Unevaluated) -> tuple[object, ...]:
    """What blocks comes first, then by name."""
    return (not line.blocking, line.what, _place(line.location), line.gap, line.why, line.fix)


def evidence_order(evidence: Evidence) -> tuple[str, str, str]:
    """By check; its end only settles ties."""
    return evidence.check, evidence.status, evidence.reason


def coverage_order(part: Coverage) -> tuple[object, ...]:
    """By place; all else only settles ties."""
    missing = tuple(
        (item.subject, item.gap, item.why, _place(item.location)) for item in part.missing
    )
    return part.scope, part.unit, part.expected, part.evaluated, missing


def control_order(result: ControlResult) -> tuple[int, str]:
    """Worst answer first, then by id."""
    return _OUTCOMES.index(result.answer.outcome), result.control.id


def _place(location: Location | None) -> tuple[str, int, int]:
    return (location.path, location.line or 0, location.column or 0) if location else ("", 0, 0)
