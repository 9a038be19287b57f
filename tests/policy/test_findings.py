"""What policy makes of a finding: thresholds, harm, and waivers that are findings themselves."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.model import Disposition, Kind, Location, Policy, Severity
from pipeline.policy import weigh
from tests.policy.builders import (
    KEV,
    TODAY,
    B,
    V,
    evidence,
    finding,
    own_rules,
    report,
    waiver,
    weighed,
)


@pytest.mark.parametrize(
    ("severity", "fail_on", "on_unknown", "wanted"),
    [
        (Severity.CRITICAL, Severity.HIGH, True, V),
        (Severity.HIGH, Severity.HIGH, True, V),
        (Severity.MEDIUM, Severity.HIGH, True, B),
        (Severity.HIGH, Severity.CRITICAL, True, B),
        (Severity.CRITICAL, None, True, B),
        (Severity.LOW, Severity.LOW, True, V),
        (Severity.NONE, Severity.LOW, True, B),
        (Severity.NONE, Severity.NONE, True, V),
        (Severity.UNKNOWN, Severity.CRITICAL, True, V),
        (Severity.UNKNOWN, None, True, V),
        (Severity.UNKNOWN, Severity.NONE, False, B),
        (Severity.UNKNOWN, None, False, B),
    ],
)
@pytest.mark.parametrize("kind", [Kind.VULNERABILITY, Kind.RULE])
def test_thresholds(
    severity: Severity,
    fail_on: Severity | None,
    on_unknown: bool,
    wanted: Disposition,
    kind: Kind,
) -> None:
    found = finding(severity=severity, kind=kind)
    judged = weighed(found, fail_on=fail_on, fail_on_unknown=on_unknown)
    assert judged.disposition is wanted
    assert judged.why


@pytest.mark.parametrize(
    "more", [{"kind": Kind.MALWARE}, {"exploited": KEV}], ids=["malware", "exploited"]
)
def test_harm_violates_whatever_its_severity(more: dict[str, Any]) -> None:
    found = finding(severity=Severity.NONE, **more)
    assert weighed(found, fail_on=None, fail_on_unknown=False).disposition is V


def test_a_finding_below_the_threshold_may_be_waived_for_a_control_that_asks() -> None:
    assert weighed(finding(severity=Severity.LOW)).disposition is B
    judged = weighed(finding(severity=Severity.LOW), waivers=(waiver(),))
    assert judged.disposition is Disposition.WAIVED
    assert judged.waiver == waiver()


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(-1, "policy/waiver-expired"), (0, ""), (366, ""), (367, "policy/waiver-too-long")],
)
def test_a_waiver_that_ended_or_lasts_too_long_is_a_finding(days: int, wanted: str) -> None:
    place = Location(path="supply-chain.yml", line=7)
    policy = Policy(waivers=(waiver(days=days, location=place),))
    judged = weigh([finding()], policy, TODAY)
    assert own_rules(judged) == ([wanted] if wanted else [])
    for item in judged:
        if item.finding.check == "policy":
            assert item.finding.locations == (place,)
            assert item.finding.fix
            assert item.disposition is (V if wanted == "policy/waiver-expired" else B)


def test_policys_own_findings_cannot_be_waived() -> None:
    waivers = (waiver(days=-1), waiver("policy/waiver-expired", days=5))
    made = report(evidence(finding()), policy=Policy(waivers=waivers))
    expired = [item for item in made.findings if item.finding.rule == "policy/waiver-expired"]
    assert [item.disposition for item in expired] == [V]
    assert "policy/waiver-unused" in own_rules(made.findings)


def test_a_waiver_without_a_place_points_at_the_settings() -> None:
    (judged,) = weigh([], Policy(waivers=(waiver(days=-1),)), TODAY)
    assert judged.finding.locations == (Location(path="supply-chain.yml"),)


def test_findings_about_two_waivers_are_told_apart() -> None:
    policy = Policy(waivers=(waiver(days=-1, package="a"), waiver(days=-1, package="b")))
    judged = weigh([], policy, TODAY)
    assert len({item.finding.fingerprint for item in judged}) == 2
