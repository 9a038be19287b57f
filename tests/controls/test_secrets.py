"""Controls about secrets, from evidence as the check leaves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import (
    Commit,
    Coverage,
    Evidence,
    Finding,
    Gap,
    Image,
    Kind,
    Location,
    Missing,
    Severity,
    Status,
    Waiver,
)
from tests.controls.builders import (
    ERROR,
    FAIL,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    WAIVED,
    answer,
    target,
)

HERE = target()
TREE = Coverage(scope="today's files", unit="files", expected=3, evaluated=3)
PAST = Coverage(scope="history", unit="commits", expected=2, evaluated=2)
GAP = Missing(subject="earlier commits", gap=Gap.INPUT_MISSING, why="a shallow clone")
SECRET = Finding(
    check="secrets",
    rule="secrets/betterleaks.github-pat",
    kind=Kind.RULE,
    severity=Severity.HIGH,
    title="A token in a.py",
    subject="secret:1",
    aliases=("secret:1",),
    locations=(Location(path="a.py", line=1),),
)
COMMITTED = replace(SECRET, commits=(Commit(id="a" * 40, day=None, path="a.py"),))
GONE = replace(COMMITTED, removed=True)
FILE = replace(SECRET, rule="secrets/env-file", aliases=(), subject=".env")
MILD = replace(FILE, rule="secrets/not-ignored", severity=Severity.LOW)


def found(*findings: Finding, coverage: tuple[Coverage, ...] = (TREE, PAST)) -> Evidence:
    status = Status.FOUND if findings else Status.CLEAN
    return Evidence(check="secrets", status=status, findings=findings, coverage=coverage)


@pytest.mark.parametrize(
    ("finding", "outcomes"),
    [
        (None, (PASS, PASS, PASS)),
        (SECRET, (FAIL, PASS, PASS)),
        (COMMITTED, (FAIL, FAIL, PASS)),
        (GONE, (PASS, FAIL, PASS)),
        (FILE, (PASS, PASS, FAIL)),
        (MILD, (PASS, PASS, FAIL)),
        (replace(COMMITTED, severity=Severity.LOW), (PASS, PASS, PASS)),
    ],
)
def test_each_control_sees_its_own(finding: Finding | None, outcomes: tuple[Any, ...]) -> None:
    item = found(*([finding] if finding else []))
    told = tuple(answer(f"SECR-0{number}", HERE, item).outcome for number in (1, 2, 3))
    assert told == outcomes


def test_a_shallow_clone_leaves_the_history_open_alone() -> None:
    item = found(coverage=(TREE, replace(PAST, expected=3, missing=(GAP,))))
    assert answer("SECR-01", HERE, item).outcome is PASS
    shallow = answer("SECR-02", HERE, item)
    assert (shallow.outcome, shallow.gap) == (OPEN, Gap.INPUT_MISSING)
    assert "shallow" in shallow.reason


def test_files_of_two_kinds_are_counted_together() -> None:
    more = replace(TREE, scope="files that rules pass over", expected=7, evaluated=7)
    told = answer("SECR-01", HERE, found(coverage=(TREE, more, PAST)))
    assert told.reason == f"no secret in {TREE.evaluated + 7} files"


def test_a_waiver_attests() -> None:
    waiver = Waiver(id="secret:1", reason="revoked", owner="ann", expires=date(2027, 1, 1))
    assert answer("SECR-02", HERE, found(GONE), waivers=(waiver,)).outcome is WAIVED


def test_a_history_that_the_policy_leaves_out_is_open() -> None:
    gap = Missing(subject="history", gap=Gap.NOT_CONFIGURED, why="the policy says so")
    beside = Coverage(
        scope="beside", unit="parts", expected=1, evaluated=0, missing=(gap,), required=False
    )
    told = answer("SECR-02", HERE, found(coverage=(TREE, beside)))
    assert (told.outcome, told.gap) == (OPEN, Gap.NOT_CONFIGURED)


def test_without_git_and_without_commits() -> None:
    plain = target(git=None)
    assert answer("SECR-01", plain, found(coverage=(TREE,))).outcome is PASS
    assert answer("SECR-02", plain, found()).outcome is NOT_APPLICABLE
    assert answer("SECR-03", plain, found()).outcome is NOT_APPLICABLE
    assert answer("SECR-02", HERE, found(coverage=(TREE,))).outcome is NOT_APPLICABLE


def test_silence_is_no_answer() -> None:
    assert answer("SECR-01", HERE).outcome is OPEN
    broken = Evidence(check="secrets", status=Status.ERRORED, reason="killed")
    assert answer("SECR-01", HERE, broken).outcome is ERROR
    skipped = Evidence(check="secrets", status=Status.SKIPPED, reason="offline")
    assert answer("SECR-01", HERE, skipped).outcome is OPEN


def test_what_is_in_an_image_alone_is_asked_elsewhere() -> None:
    named = target(images=(Image(name="app:1.0", transport="layout"),))
    inside = Location(path="app:1.0!/srv/a.ini")
    for finding in (SECRET, FILE):
        alone = found(replace(finding, locations=(inside,)))
        told = [answer(f"SECR-0{number}", named, alone).outcome for number in (1, 2, 3)]
        assert told == [PASS, PASS, PASS]
    both = found(replace(SECRET, locations=(*SECRET.locations, inside)))
    assert answer("SECR-01", named, both).outcome is FAIL
    assert answer("SECR-01", named, found(replace(SECRET, locations=()))).outcome is FAIL
