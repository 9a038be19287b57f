"""What auditors ask of containers and infrastructure, as tables of findings and evidence."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.hardening.configuration import accounts, own
from pipeline.controls import hardening
from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Gap,
    Kind,
    Location,
    Missing,
    Severity,
    Status,
    Unread,
    Waiver,
)
from tests.controls.builders import (
    EMPTY,
    ERROR,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    TODAY,
    UNREAD,
    WAIVED,
    answer,
    target,
)

IDS = ("IMG-02", "IMG-03", "IMG-04", "IMG-06", "IAC-01")
BUILT = target(dockerfiles=("Dockerfile",))
DEPLOYED = target(dockerfiles=("Dockerfile",), compose=("compose.yml",))
BARE = Evidence(check="hardening", status=Status.NOT_APPLICABLE)
CHART = target(helm=("chart/Chart.yaml", "chart/templates/x.yaml"))


def coverage(scope: str, *, missing: bool = False) -> Coverage:
    gap = Missing(subject="Dockerfile", gap=Gap.TOOL_MISSING, why="-")
    return Coverage(
        scope=scope,
        unit="files",
        expected=1,
        evaluated=0 if missing else 1,
        missing=(gap,) if missing else (),
    )


def finding(rule: str, severity: Severity = Severity.MEDIUM) -> Finding:
    return Finding(
        check="hardening",
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title="t",
        subject="Dockerfile",
        locations=(Location(path="Dockerfile", line=1),),
    )


def evidence(*findings: Finding, theirs: bool = True, **more: Any) -> Evidence:
    parts = (coverage(hardening.OWN), coverage(hardening.THEIRS, missing=not theirs))
    status = Status.FOUND if findings else Status.CLEAN
    values: dict[str, Any] = {"status": status, "coverage": parts, "findings": findings}
    return Evidence(check="hardening", **(values | more))


@pytest.mark.parametrize("control", IDS)
def test_nothing_found_by_anybody(control: str) -> None:
    found = answer(control, DEPLOYED, evidence())
    assert found.outcome is PASS
    assert "file" in found.reason


@pytest.mark.parametrize(
    ("rule", "controls"),
    [
        ("hardening/privileged", {"IMG-02"}),
        ("hardening/writable-root", {"IMG-02"}),
        ("hardening/unpinned-image", {"IMG-03"}),
        ("hardening/latest-image", {"IMG-03"}),
        ("hardening/build-in-final-stage", {"IMG-04"}),
        ("hardening/unlocked-install", {"IMG-04"}),
        ("hardening/no-healthcheck", {"IMG-06"}),
        ("DS-0017", {"IMG-06"}),
        ("KSV-0021", set()),
    ],
)
def test_each_rule_fails_its_control_and_no_other(rule: str, controls: set[str]) -> None:
    item = evidence(finding(rule))
    found = {name: answer(name, DEPLOYED, item) for name in IDS}
    assert {name for name, one in found.items() if one.outcome is FAIL} == controls
    assert all("Dockerfile" in found[name].reason for name in controls)


def test_what_violates_the_policy_is_badly_wrong() -> None:
    found = answer("IAC-01", DEPLOYED, evidence(finding("AWS-0086", Severity.HIGH)))
    assert found.outcome is FAIL
    assert "AWS-0086" in found.reason


def test_what_the_base_had_already_is_told_so() -> None:
    item = evidence(finding("hardening/privileged", Severity.HIGH))
    found = answer("IMG-02", DEPLOYED, item, base=(item,))
    assert found.outcome is FAIL
    assert found.existing


def test_what_is_waived_is_no_pass() -> None:
    waiver = Waiver(id="hardening/latest-image", reason="r", owner="o", expires=TODAY)
    found = answer("IMG-03", BUILT, evidence(finding("hardening/latest-image")), waivers=(waiver,))
    assert found.outcome is WAIVED


@pytest.mark.parametrize("control", IDS)
def test_without_trivy_only_our_own_rules_answer(control: str) -> None:
    found = answer(control, DEPLOYED, evidence(theirs=False, status=Status.PARTIAL))
    if control in {"IMG-06", "IAC-01"}:
        assert (found.outcome, found.gap) == (OPEN, Gap.TOOL_MISSING)
        assert "0 of 1 files" in found.reason
    else:
        assert found.outcome is PASS


def test_compose_files_alone_need_no_trivy() -> None:
    item = Evidence(check="hardening", status=Status.CLEAN, coverage=(coverage(hardening.OWN),))
    assert answer("IAC-01", target(compose=("compose.yml",)), item).outcome is PASS


@pytest.mark.parametrize("kind", ["terraform", "helm", "cloudformation"])
def test_what_only_trivy_reads_needs_no_rules_of_ours(kind: str) -> None:
    kinds: dict[str, Any] = {kind: ("main.tf",)}
    scanned = target(**kinds)
    item = Evidence(check="hardening", status=Status.CLEAN, coverage=(coverage(hardening.THEIRS),))
    assert answer("IAC-01", scanned, item).outcome is PASS
    silent = Evidence(check="hardening", status=Status.CLEAN, coverage=(coverage(hardening.OWN),))
    assert answer("IAC-01", scanned, silent).outcome is OPEN


@pytest.mark.parametrize("control", ["IAC-01", "IMG-04", "IMG-06"])
def test_what_was_left_out_is_named(control: str) -> None:
    part = Unread(location=Location(path="vendor/x"), why="a submodule", gap=Gap.LEFT_OUT)
    found = answer(control, target(unread=(part,)), BARE)
    assert (found.outcome, found.gap) == (OPEN, Gap.LEFT_OUT)
    assert found.reason == "vendor/x could not be read: a submodule"


def test_charts_need_trivy() -> None:
    assert answer("IMG-02", CHART, evidence(theirs=False)).outcome is OPEN
    assert answer("IMG-02", CHART, evidence()).outcome is PASS


def test_nothing_deployed_here_is_not_known_to_be_confined() -> None:
    found = answer("IMG-02", BUILT, evidence())
    assert (found.outcome, found.gap) == (OPEN, Gap.INPUT_MISSING)


@pytest.mark.parametrize("control", IDS)
def test_a_repository_without_containers(control: str) -> None:
    absent = Evidence(check="hardening", status=Status.NOT_APPLICABLE, reason="nothing")
    assert answer(control, EMPTY, absent).outcome is NOT_APPLICABLE
    assert answer(control, target(unread=(UNREAD,)), absent).outcome is OPEN


@pytest.mark.parametrize("control", IDS)
def test_a_check_that_did_not_answer(control: str) -> None:
    assert answer(control, DEPLOYED).outcome is OPEN
    broken = Evidence(check="hardening", status=Status.ERRORED, reason="it broke")
    assert answer(control, DEPLOYED, broken).outcome is ERROR
    skipped = Evidence(check="hardening", status=Status.SKIPPED, reason="not wanted")
    assert answer(control, DEPLOYED, skipped).gap is Gap.NOT_CONFIGURED


def test_the_parties_are_called_as_the_check_calls_them() -> None:
    assert (hardening.OWN, hardening.THEIRS) == (own.SCOPE, accounts.SCOPE)


@pytest.mark.parametrize(("existing", "base"), [(False, ()), (True, None)])
def test_an_image_past_its_end(existing: bool, base: tuple[Evidence, ...] | None) -> None:
    item = evidence(finding("hardening/end-of-life-image", Severity.HIGH))
    found = answer("DEP-06", BUILT, item, base=(item,) if base is None else base)
    assert found.outcome is FAIL
    assert found.existing is existing
    assert answer("DEP-06", BUILT, evidence()).outcome is OPEN
