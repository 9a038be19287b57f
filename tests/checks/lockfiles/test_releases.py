"""What registries say of locked releases, and what is left when they say nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.checks import lockfiles
from pipeline.model import Gap, Policy
from pipeline.registries.release import Pin, Release
from tests.checks.lockfiles.repositories import (
    TODAY,
    entry,
    npm,
    only,
    pinned,
    read,
    rules,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Reading

OLD = TODAY - timedelta(days=400)
PIN = Pin("PyPI", "a", "1.0")


def told(root: Path, release: Release | None, **policy: object) -> Reading:
    target = write(root, {"requirements.txt": pinned("a==1.0")})
    return read(
        target,
        offline=False,
        releases={} if release is None else {PIN: release},
        policy=Policy(**policy),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("rule", "severity", "breaking", "near"),
    [
        ("yanked", "medium", Release(published=OLD, yanked="broken"), Release(published=OLD)),
        ("deprecated", "low", Release(published=OLD, deprecated="use b"), Release(published=OLD)),
        (
            "too-new",
            "medium",
            Release(published=TODAY - timedelta(days=6)),
            Release(published=TODAY - timedelta(days=7)),
        ),
        ("too-new", "medium", Release(published=TODAY + timedelta(days=1)), Release()),
    ],
)
def test_each_rule_breaks_and_nearly_does(
    rule: str, severity: str, breaking: Release, near: Release, tmp_path: Path
) -> None:
    reading = told(tmp_path, breaking)
    assert rules(reading) == {rule}
    found = only(reading, rule)
    assert (found.severity, found.subject) == (severity, "pkg:pypi/a@1.0")
    assert found.locations[0].line == 1
    assert rules(told(tmp_path, near)) == set()


def test_the_policy_sets_the_cool_down(tmp_path: Path) -> None:
    release = Release(published=TODAY - timedelta(days=20))
    assert rules(told(tmp_path, release, cool_down_days=30)) == {"too-new"}
    assert rules(told(tmp_path, Release(published=TODAY), cool_down_days=0)) == set()
    detail = only(told(tmp_path, release, cool_down_days=30), "too-new").detail
    assert detail == f"published on {release.published}; the cool-down ends on {date(2026, 12, 2)}"


def test_denied_licences_are_findings_and_unknown_ones_gaps(tmp_path: Path) -> None:
    policy = {"denied_licences": ("GPL-3.0-only",)}
    reading = told(tmp_path, Release(published=OLD, licence="GPL-3.0-only"), **policy)
    assert rules(reading) == {"licence-denied"}
    assert only(reading, "licence-denied").severity == "high"
    for licence, why in (
        ("", "no licence is declared in its metadata"),
        ("free for all", "its licence is not named by an SPDX expression"),
    ):
        reading = told(tmp_path, Release(published=OLD, licence=licence), **policy)
        (part,) = (one for one in reading.coverage if one.unit == "licences")
        assert (part.required, part.evaluated, part.missing[0].why) == (False, 0, why)
    reading = told(tmp_path, Release(published=OLD, licence="MIT"), **policy)
    assert all(part.complete for part in reading.coverage)


def test_without_a_list_licences_are_no_matter(tmp_path: Path) -> None:
    reading = told(tmp_path, Release(published=OLD))
    assert all(part.complete and part.unit != "licences" for part in reading.coverage)


def test_what_a_registry_does_not_tell_is_a_gap_beside_the_question(tmp_path: Path) -> None:
    reading = told(tmp_path, Release(gap=Gap.DATA_MISSING, why="it does not know"))
    (part,) = (one for one in reading.coverage if one.unit == "releases")
    assert (part.required, part.expected, part.evaluated) == (False, 1, 0)
    assert part.missing[0].why == "it does not know"
    (part,) = (one for one in told(tmp_path, None).coverage if one.unit == "releases")
    assert part.missing[0].gap is Gap.DATA_MISSING


def test_offline_is_one_gap_per_lock(tmp_path: Path) -> None:
    reading = read(write(tmp_path, {"requirements.txt": pinned("a==1.0", "b==1.0")}))
    (part,) = (one for one in reading.coverage if not one.required)
    (gap,) = part.missing
    assert gap.gap is Gap.NETWORK_OFF
    assert gap.why == "the registries were not asked about 2 releases: offline"


def test_other_ecosystems_are_one_gap_per_lock(tmp_path: Path) -> None:
    lock = (
        'version = 4\n\n[[package]]\nname = "serde"\nversion = "1.0.0"\n'
        'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        f'checksum = "{"ab" * 32}"\n'
    )
    target = write(tmp_path, {"Cargo.lock": lock})
    assert lockfiles.questions(target) == ()
    (part,) = (one for one in read(target, offline=False).coverage if not one.required)
    assert part.missing[0].gap is Gap.UNSUPPORTED_INPUT


def test_only_pinned_releases_of_public_registries_are_asked_about(tmp_path: Path) -> None:
    lines = ["a==1.0", "b>1", "c @ https://example.com/c-1.0.tar.gz"]
    target = write(
        tmp_path,
        {
            "requirements.txt": "\n".join(lines),
            **npm(
                {"x": "1", "y": "1"},
                x=entry("x"),
                y=entry("y", resolved="https://npm.example.com/y/-/y-1.0.0.tgz"),
            ),
        },
    )
    assert [tuple(one) for one in lockfiles.questions(target)] == [
        ("PyPI", "a", "1.0"),
        ("npm", "x", "1.0.0"),
    ]


def test_the_locks_own_word_and_the_registrys_are_one_finding(tmp_path: Path) -> None:
    target = write(tmp_path, npm({"a": "1"}, a=entry("a", deprecated="from the lock")))
    release = Release(published=OLD, deprecated="from the registry")
    reading = read(target, offline=False, releases={Pin("npm", "a", "1.0.0"): release})
    assert only(reading, "deprecated").detail == "from the registry"
