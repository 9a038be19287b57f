"""What CI must do for the supply chain, as a table of workflows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import (
    AuditStep,
    CiFile,
    Location,
    Outcome,
)
from tests.controls.builders import (
    EMPTY,
    FAIL,
    LOCKED,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    UNREAD,
    answer,
)


def workflow(
    *triggers: str, audits: str = "fatal", system: str = "GitHub Actions", **more: Any
) -> CiFile:
    path = more.pop("path", ".github/workflows/ci.yml")
    steps = {
        "none": (),
        "fatal": (AuditStep(location=Location(path=path), command="pip-audit", fatal=True),),
        "swallowed": (AuditStep(location=Location(path=path), command="x || true", fatal=False),),
    }
    return CiFile(path=path, system=system, triggers=triggers, audits=steps[audits], **more)


@pytest.mark.parametrize(
    ("files", "outcome", "words"),
    [
        ([workflow("pull_request", "schedule")], PASS, "pull requests and on a schedule"),
        ([workflow("pull_request"), workflow("schedule", path="b.yml")], PASS, ""),
        ([], FAIL, "no CI configuration"),
        ([workflow("pull_request")], FAIL, "schedule"),
        ([workflow("schedule", "push")], FAIL, "pull_request"),
        ([workflow("push")], FAIL, "pull_request and schedule"),
        ([workflow("pull_request", "schedule", audits="none")], FAIL, "audits dependencies"),
        ([workflow("pull_request", "schedule", audits="swallowed")], FAIL, "does not fail"),
        (
            [
                workflow("pull_request", audits="swallowed"),
                workflow("schedule", path="b.yml"),
            ],
            FAIL,
            "pull_request",
        ),
        ([workflow(system="GitLab CI", audits="none")], OPEN, "GitLab CI"),
        ([workflow("pull_request", "schedule", system="GitLab CI")], OPEN, "GitLab CI"),
        (
            [workflow("pull_request", "schedule"), workflow(system="Jenkins", audits="none")],
            PASS,
            "",
        ),
        ([workflow(audits="none", unread="not YAML")], OPEN, "could not be read"),
        ([workflow("workflow_call")], OPEN, "from elsewhere"),
        ([workflow("workflow_call", audits="none")], FAIL, "audits dependencies"),
    ],
)
def test_audited_in_ci(files: list[CiFile], outcome: Outcome, words: str) -> None:
    found = answer("DEP-12", replace(LOCKED, ci=tuple(files)))
    assert found.outcome is outcome
    assert words in found.reason


def test_audited_in_ci_asks_nothing_of_a_repository_without_dependencies() -> None:
    assert answer("DEP-12", EMPTY).outcome is NOT_APPLICABLE


def test_a_part_that_could_not_be_read_may_hold_the_audit() -> None:
    assert answer("DEP-12", replace(LOCKED, unread=(UNREAD,))).outcome is OPEN
