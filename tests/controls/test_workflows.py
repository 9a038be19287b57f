"""What auditors ask of CI, as tables of findings, evidence and CI systems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.controls import CONTROLS, Facts
from pipeline.model import (
    Answer,
    CiFile,
    Coverage,
    Disposition,
    Evidence,
    Finding,
    Gap,
    Judged,
    Kind,
    Location,
    Missing,
    Outcome,
    Policy,
    Severity,
    Status,
)
from tests.controls.builders import EMPTY, ERROR, FAIL, NOT_APPLICABLE, OPEN, PASS, TODAY, WAIVED

WORKFLOW = CiFile(path=".github/workflows/ci.yml", system="GitHub Actions")
GITLAB = CiFile(path=".gitlab-ci.yml", system="GitLab CI")
SCANNED = replace(EMPTY, ci=(WORKFLOW,))
IDS = tuple(f"CI-0{number}" for number in range(1, 9))


def evidence(status: Status = Status.CLEAN, *, missing: bool = False, **more: Any) -> Evidence:
    gap = Missing(subject="x.yml", gap=Gap.PARSE_ERROR, why="not YAML")
    coverage = Coverage(
        scope="CI configuration",
        unit="files",
        expected=2 if missing else 1,
        evaluated=1,
        missing=(gap,) if missing else (),
    )
    return Evidence(check="workflows", status=status, **{"coverage": (coverage,), **more})


def judged(
    rule: str,
    disposition: Disposition = Disposition.VIOLATION,
    severity: Severity = Severity.HIGH,
    check: str = "workflows",
) -> Judged:
    finding = Finding(
        check=check,
        rule=f"{check}/{rule}",
        kind=Kind.RULE,
        severity=severity,
        title="t",
        subject=WORKFLOW.path,
        locations=(Location(path=WORKFLOW.path, line=1),),
    )
    return Judged(finding=finding, disposition=disposition, why="")


def answer(control: str, found: Evidence | None, *items: Judged, **more: Any) -> Answer:
    facts = Facts(
        target=more.get("target", SCANNED),
        evidence={"workflows": found} if found else {},
        judged=items,
        policy=Policy(),
        planned=("workflows",),
        as_of=TODAY,
        signed=None,
    )
    return CONTROLS[control].answer(facts)


@pytest.mark.parametrize(
    ("control", "rule"),
    [
        ("CI-01", "unpinned-uses"),
        ("CI-01", "unpinned-images"),
        ("CI-01", "unpinned-include"),
        ("CI-01", "denied-action"),
        ("CI-02", "excessive-permissions"),
        ("CI-03", "template-injection"),
        ("CI-03", "github-env"),
        ("CI-04", "dangerous-triggers"),
        ("CI-04", "untrusted-checkout"),
        ("CI-04", "self-hosted-runner"),
        ("CI-05", "artipacked"),
        ("CI-05", "secrets-inherit"),
        ("CI-05", "plain-secret"),
        ("CI-06", "use-trusted-publishing"),
        ("CI-07", "cache-poisoning"),
        ("CI-08", "swallowed-gate"),
    ],
)
def test_each_rule_fails_its_control_and_no_other(control: str, rule: str) -> None:
    for name in IDS:
        found = answer(name, evidence(Status.FOUND), judged(rule))
        assert (found.outcome is FAIL) == (name == control)
    found = answer(control, evidence(Status.FOUND), judged(rule))
    assert rule in found.reason
    assert WORKFLOW.path in found.reason


@pytest.mark.parametrize("control", IDS)
def test_a_clean_check(control: str) -> None:
    found = answer(control, evidence())
    if control in {"CI-06", "CI-08"}:
        assert found.outcome is OPEN
        assert found.gap
    else:
        assert found.outcome is PASS
        assert "1 file" in found.reason


@pytest.mark.parametrize("control", IDS[:7])
def test_nothing_is_passed_on_half_an_answer(control: str) -> None:
    assert answer(control, None).outcome is OPEN
    partial = answer(control, evidence(Status.PARTIAL, missing=True))
    assert (partial.outcome, partial.gap) == (OPEN, Gap.PARSE_ERROR)
    assert answer(control, evidence(Status.ERRORED, reason="boom")).outcome is ERROR
    assert answer(control, evidence(Status.SKIPPED, coverage=())).outcome is OPEN
    none = evidence(Status.NOT_APPLICABLE, coverage=())
    assert answer(control, none).outcome is OPEN, "there is a CI file, so the check is wrong"
    assert answer(control, none, target=EMPTY).outcome is NOT_APPLICABLE
    assert answer(control, evidence(coverage=())).outcome is OPEN


def test_one_failure_outweighs_what_is_not_known() -> None:
    partial = evidence(Status.PARTIAL, missing=True)
    assert answer("CI-01", partial, judged("unpinned-uses")).outcome is FAIL


@pytest.mark.parametrize("disposition", [Disposition.WAIVED, Disposition.BELOW_THRESHOLD])
def test_what_the_policy_accepts_is_no_pass(disposition: Disposition) -> None:
    item = judged("unpinned-images", disposition, Severity.MEDIUM)
    assert answer("CI-01", evidence(Status.FOUND), item).outcome is WAIVED


def test_what_the_base_held_already_fails_without_blocking() -> None:
    found = answer("CI-01", evidence(Status.FOUND), judged("unpinned-uses", Disposition.EXISTING))
    assert (found.outcome, found.existing) == (FAIL, True)


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.NONE])
def test_hints_do_not_speak_for_a_control(severity: Severity) -> None:
    hint = judged("undocumented-permissions", Disposition.BELOW_THRESHOLD, severity)
    assert answer("CI-02", evidence(Status.FOUND), hint).outcome is PASS


def test_another_checks_findings_do_not_count() -> None:
    assert answer("CI-01", evidence(), judged("unpinned-uses", check="other")).outcome is PASS


@pytest.mark.parametrize("control", ["CI-02", "CI-03", "CI-04", "CI-07"])
def test_what_only_github_has_cannot_be_told_for_others(control: str) -> None:
    found = answer(control, evidence(), target=replace(EMPTY, ci=(WORKFLOW, GITLAB)))
    assert (found.outcome, found.gap) == (OPEN, Gap.UNSUPPORTED_INPUT)
    assert "GitLab CI" in found.reason


@pytest.mark.parametrize("control", ["CI-01", "CI-05"])
def test_what_every_system_has_can_be_told(control: str) -> None:
    assert answer(control, evidence(), target=replace(EMPTY, ci=(GITLAB,))).outcome is PASS


def test_a_gate_that_cannot_fail_fails_whatever_the_platform_says() -> None:
    item = judged("swallowed-gate", Disposition.BELOW_THRESHOLD, Severity.MEDIUM)
    assert answer("CI-08", evidence(Status.FOUND), item).outcome is Outcome.FAIL
    assert answer("CI-08", None).gap is Gap.NOT_CONFIGURED
