from __future__ import annotations

from pipeline.model import Severity


def test_severities_are_ordered_worst_first() -> None:
    assert [s.value for s in sorted(Severity, key=lambda severity: severity.rank)] == [
        "critical",
        "high",
        "unknown",
        "medium",
        "low",
        "none",
    ]
