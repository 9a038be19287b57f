"""Controls about how dependencies are taken in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Gap,
    InstallerSettings,
    Kind,
    Location,
    Missing,
    Severity,
    Status,
    Waiver,
)
from tests.controls.builders import (
    EMPTY,
    ERROR,
    FAIL,
    LOCKED,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    WAIVED,
    answer,
    project,
    target,
)

BY_CHECK = ("DEP-02", "DEP-07", "DEP-08")


def finding(rule: str, severity: Severity = Severity.MEDIUM) -> Finding:
    return Finding(
        check="lockfiles",
        rule=f"lockfiles/{rule}",
        kind=Kind.RULE,
        severity=severity,
        title="-",
        subject="requirements.txt",
        locations=(Location(path="requirements.txt", line=1),),
    )


def evidence(*findings: Finding, **more: Any) -> Evidence:
    values: dict[str, Any] = {
        "status": Status.FOUND if findings else Status.CLEAN,
        "coverage": (Coverage(scope="requirements.txt", unit="packages", expected=1, evaluated=1),),
    }
    return Evidence(check="lockfiles", findings=findings, **(values | more))


def licences(evaluated: int, *missing: Missing) -> Coverage:
    return Coverage(
        scope="requirements.txt", unit="licences", expected=1, evaluated=evaluated,
        missing=missing, required=False,
    )  # fmt: skip


def test_a_silent_check_that_saw_everything_passes() -> None:
    found = answer("DEP-02", LOCKED, evidence())
    assert found.outcome is PASS
    assert found.evidence == ("requirements.txt",)
    assert answer("DEP-08", LOCKED, evidence()).outcome is PASS


@pytest.mark.parametrize("control", BY_CHECK)
def test_silence_of_a_check_that_did_not_see_everything_is_no_answer(control: str) -> None:
    gap = Missing(subject="line 1", gap=Gap.PARSE_ERROR, why="-")
    part = Coverage(scope="x", unit="packages", expected=2, evaluated=1, missing=(gap,))
    assert answer(control, LOCKED).gap is Gap.INPUT_MISSING
    assert answer(control, LOCKED, evidence(status=Status.ERRORED)).outcome is ERROR
    partial = evidence(status=Status.PARTIAL, coverage=(part,))
    assert answer(control, LOCKED, partial).gap is Gap.PARSE_ERROR
    empty = evidence(status=Status.NOT_APPLICABLE, coverage=())
    assert answer(control, LOCKED, empty).outcome is OPEN


@pytest.mark.parametrize("control", BY_CHECK)
def test_without_dependencies_the_question_does_not_arise(control: str) -> None:
    assert answer(control, EMPTY, evidence()).outcome is NOT_APPLICABLE


def test_without_a_lock_nothing_is_proven() -> None:
    found = answer("DEP-02", target(project(("pyproject.toml", 1))), evidence())
    assert (found.outcome, found.gap) == (OPEN, Gap.INPUT_MISSING)


@pytest.mark.parametrize(
    ("control", "rule"),
    [
        ("DEP-02", "out-of-step"),
        ("DEP-02", "missing-hash"),
        ("DEP-02", "weak-hash"),
        ("DEP-02", "name-mismatch"),
        ("DEP-02", "plain-http"),
        ("DEP-02", "foreign-host"),
        ("DEP-02", "registry-not-allowed"),
        ("DEP-07", "licence-denied"),
        ("DEP-08", "plain-http"),
        ("DEP-08", "several-indexes"),
        ("DEP-08", "foreign-host"),
        ("DEP-08", "registry-not-allowed"),
        ("DEP-08", "mutable-ref"),
        ("DEP-08", "confusable-name"),
    ],
)
def test_a_finding_fails_its_control(control: str, rule: str) -> None:
    found = answer(control, LOCKED, evidence(finding(rule)))
    assert (found.outcome, found.existing) == (FAIL, False)
    assert found.reason == f"open: {rule} in requirements.txt"


def test_other_findings_do_not() -> None:
    others = evidence(finding("yanked"), finding("git-source", Severity.LOW))
    assert answer("DEP-02", LOCKED, others).outcome is PASS
    assert answer("DEP-08", LOCKED, others).outcome is PASS


def test_what_the_base_held_already_does_not_block() -> None:
    found = evidence(finding("out-of-step"))
    answered = answer("DEP-02", LOCKED, found, base=(found,))
    assert (answered.outcome, answered.existing) == (FAIL, True)


def test_a_waiver_holds_for_the_control_too() -> None:
    waiver = Waiver(id="lockfiles/name-mismatch", reason="-", owner="-", expires=date(2026, 12, 1))
    found = evidence(finding("name-mismatch", Severity.HIGH))
    assert answer("DEP-02", LOCKED, found, waivers=(waiver,)).outcome is WAIVED


def test_a_lock_without_any_hash_proves_nothing_and_fails_nothing() -> None:
    found = answer("DEP-02", LOCKED, evidence(finding("missing-hash", Severity.LOW)))
    assert (found.outcome, found.gap) == (OPEN, Gap.NOT_CONFIGURED)
    assert found.evidence == ("requirements.txt",)


# ------------------------------------------------------------------------------------ licences

DENIED: dict[str, Any] = {"denied_licences": ("GPL-3.0-only",)}


def test_without_a_list_nobody_knows_which_licences_are_wanted() -> None:
    assert answer("DEP-07", LOCKED, evidence()).gap is Gap.NOT_CONFIGURED


def test_known_licences_that_are_not_denied_pass() -> None:
    found = evidence()
    found = replace(found, coverage=(*found.coverage, licences(1)))
    assert answer("DEP-07", LOCKED, found, **DENIED).outcome is PASS


def test_unknown_licences_are_not_evaluated() -> None:
    gap = Missing(subject="a==1", gap=Gap.DATA_MISSING, why="-")
    for parts in ((licences(0, gap),), ()):
        found = evidence()
        found = replace(found, coverage=(*found.coverage, *parts))
        assert answer("DEP-07", LOCKED, found, **DENIED).gap is Gap.DATA_MISSING


def test_licences_of_which_nobody_was_asked_are_not_evaluated() -> None:
    gap = Missing(subject="facts", gap=Gap.NETWORK_OFF, why="-")
    part = replace(licences(0, gap), unit="releases")
    found = evidence()
    found = replace(found, coverage=(*found.coverage, part))
    assert answer("DEP-07", LOCKED, found, **DENIED).gap is Gap.NETWORK_OFF


def test_ends_of_life_are_not_known() -> None:
    assert answer("DEP-06", LOCKED).gap is Gap.UNSUPPORTED_INPUT


# ------------------------------------------------------------------------------------- settings


def installer(path: str, name: str = "pip", **more: Any) -> InstallerSettings:
    return InstallerSettings(path=path, installer=name, **more)


def test_risky_settings_of_an_installer_fail() -> None:
    risky = replace(LOCKED, installers=(installer("pip.conf", risks=(("plain http", 3),)),))
    found = answer("DEP-08", risky, evidence())
    assert (found.outcome, found.reason) == (FAIL, "plain http (pip.conf:3)")
