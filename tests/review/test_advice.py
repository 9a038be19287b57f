"""Which advisories a change brings and mends, and when nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model import Coverage, DataRecord, Evidence, Gap, Location, Missing, Status
from pipeline.review.model import PackageChange, Review
from tests.review.builders import evidence, finding, lock, package, review, target

OLD = finding("CVE-1", "pkg:pypi/a@1.0")


def only(made: Review) -> PackageChange:
    (change,) = made.changes()
    return change


def upgrade(before: Evidence, after: Evidence) -> PackageChange:
    return only(
        review(
            target(lock(package())),
            target(lock(package(version="1.1"))),
            evidence_before=before,
            evidence_after=after,
        )
    )


def ids(change: PackageChange) -> tuple[list[str], list[str], list[str]]:
    brings, keeps, mends = (
        [one.rule for one in group] for group in (change.brings, change.keeps, change.mends)
    )
    return brings, keeps, mends


def test_an_upgrade_brings_keeps_and_mends() -> None:
    new = "pkg:pypi/a@1.1"
    before = evidence(OLD, finding("CVE-2", aliases=("GHSA-2",)))
    after = evidence(finding("GHSA-2", new, aliases=("X-2",)), finding("CVE-3", new))
    assert ids(upgrade(before, after)) == (["CVE-3"], ["GHSA-2"], ["CVE-1"])


def test_what_is_added_brings_and_what_is_removed_mends() -> None:
    full, empty = target(lock(package())), target(lock())
    assert ids(only(review(empty, full, evidence_after=evidence(OLD)))) == (["CVE-1"], [], [])
    assert ids(only(review(full, empty, evidence_before=evidence(OLD)))) == ([], [], ["CVE-1"])


def test_only_findings_of_the_same_lock_count() -> None:
    elsewhere = replace(OLD, locations=(Location(path="other/uv.lock", line=1),))
    change = only(
        review(target(lock()), target(lock(package())), evidence_after=evidence(elsewhere))
    )
    assert ids(change) == ([], [], [])


def test_a_lock_of_several_files_is_one() -> None:
    nested = package(location=Location(path="base.txt", line=1))
    found = replace(OLD, locations=(nested.location,))
    after = lock(nested, files=("uv.lock", "base.txt"))
    change = only(review(target(lock()), target(after), evidence_after=evidence(found)))
    assert ids(change) == (["CVE-1"], [], [])


def test_a_package_that_was_not_evaluated_is_told() -> None:
    missing = Missing(subject="a==1.0", gap=Gap.UNPARSABLE_VERSION, why="no version")
    part = Coverage(scope="uv.lock", unit="packages", expected=1, evaluated=0, missing=(missing,))
    after = evidence(coverage=(part,), status=Status.PARTIAL)
    made = review(target(lock()), target(lock(package())), evidence_after=after)
    assert only(made).unknown == "no version"
    assert made.known


@pytest.mark.parametrize("status", [Status.ERRORED, Status.SKIPPED])
@pytest.mark.parametrize("reason", ["no tool", ""])
def test_a_check_that_did_not_end_says_nothing(status: Status, reason: str) -> None:
    broken = evidence(status=status, reason=reason, coverage=())
    made = review(target(lock()), target(lock(package())), evidence_after=broken)
    assert not made.known
    assert only(made).unknown == (reason or "the check did not end")
    assert made.unseen[0].side == "head"
    other = review(target(lock(package())), target(lock()), evidence_before=broken)
    assert not other.known
    assert other.unseen[0].side == "base"


def test_a_lock_that_the_check_did_not_look_at_is_not_evaluated() -> None:
    made = review(target(lock()), target(lock(package())), evidence_after=evidence(scopes=()))
    assert only(made).unknown == "the check did not look at this lock"


def test_data_that_are_too_old_are_told() -> None:
    old = DataRecord(name="OSV advisories", origin="x", fresh=False)
    made = review(target(lock()), target(lock(package())), evidence_after=evidence(data=(old,)))
    assert "too old" in made.unseen[0].why
