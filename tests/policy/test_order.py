"""What a reader sees first."""

from __future__ import annotations

from pipeline.model import Outcome, Policy, Severity
from pipeline.policy import weigh
from tests.policy.builders import KEV, TODAY, evidence, finding, report, result, waiver


def test_findings_are_read_worst_first() -> None:
    below = finding("b", Severity.LOW)
    ordered = [
        finding("z", Severity.NONE, exploited=KEV),
        finding("a", Severity.CRITICAL),
        finding("f", Severity.HIGH, fixed_versions=("3",), paths=(("jinja2",),)),
        finding("e", Severity.HIGH, fixed_versions=("3",), paths=(("x", "jinja2"),)),
        finding("d", Severity.HIGH, epss=0.9),
        finding("b", Severity.HIGH),
        finding("c", Severity.HIGH, subject="pkg:pypi/a@1"),
        finding("c", Severity.HIGH, subject="pkg:pypi/b@1"),
        finding("q", Severity.UNKNOWN),
        below,
        finding("CVE-2026-1", Severity.HIGH),
    ]
    policy = Policy(waivers=(waiver(),))
    judged = weigh(reversed(ordered), policy, TODAY)
    assert [item.finding for item in judged] == ordered


def test_controls_are_read_worst_first() -> None:
    ordered = [
        result(outcome, name)
        for outcome, name in (
            (Outcome.FAIL, "DEP-09"),
            (Outcome.ERROR, "DEP-08"),
            (Outcome.NOT_EVALUATED, "DEP-06"),
            (Outcome.NOT_EVALUATED, "DEP-07"),
            (Outcome.WAIVED, "DEP-05"),
            (Outcome.ATTESTED, "DEP-04"),
            (Outcome.PASS, "DEP-03"),
            (Outcome.NOT_APPLICABLE, "DEP-01"),
        )
    ]
    assert report(evidence(), controls=tuple(reversed(ordered))).controls == tuple(ordered)
