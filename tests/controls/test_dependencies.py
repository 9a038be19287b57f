"""Each control about dependencies as a table: what it sees, what it answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.model import (
    Coverage,
    DataRecord,
    Dependency,
    Evidence,
    Exploited,
    Finding,
    Gap,
    Kind,
    Location,
    Manifest,
    Missing,
    Origin,
    Outcome,
    Project,
    Severity,
    Status,
    Target,
    Unread,
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
    TODAY,
    UNREAD,
    WAIVED,
    answer,
    lock,
    package,
    project,
    target,
)

# ---------------------------------------------------------------------------------- DEP-01

PYPROJECT = ("pyproject.toml", 3)
NO_VERSION = replace(UNREAD, gap=Gap.NO_VERSION)
REQUIREMENTS = "requirements.txt"


MEMBERS = project(("Cargo.toml", 0), locks=("Cargo.lock",))
ASKS_FOR_MEMBER = replace(
    project(locks=("Cargo.lock",), path="a"),
    manifests=(Manifest(path="a/Cargo.toml", declared=1, requires=(Dependency(name="own"),)),),
)
ALL_OWN = lock(package("0.1.0", Origin.WORKSPACE, "own"), path="Cargo.lock")


@pytest.mark.parametrize(
    ("scanned", "outcome", "words"),
    [
        # A workspace whose members need each other alone takes nothing from others.
        (target(MEMBERS, ASKS_FOR_MEMBER, locks=(ALL_OWN,)), NOT_APPLICABLE, "no lockfile holds"),
        (
            target(
                MEMBERS,
                ASKS_FOR_MEMBER,
                project(PYPROJECT, locks=(REQUIREMENTS,), path="b"),
                locks=(ALL_OWN, lock(package())),
            ),
            PASS,
            REQUIREMENTS,
        ),
        (EMPTY, NOT_APPLICABLE, "no dependency manifest"),
        (target(project(("pyproject.toml", 0))), NOT_APPLICABLE, "no manifest declares"),
        (LOCKED, PASS, "requirements.txt"),
        (target(project(PYPROJECT)), FAIL, "pyproject.toml"),
        (target(project(("setup.py", None))), OPEN, "setup.py"),
        # A lock in a format without a reader counts by being there.
        (target(project(("pom.xml", None), locks=("gradle.lockfile",))), PASS, "gradle"),
        # Requirements that leave a version open are no lock.
        (target(project(PYPROJECT, locks=(REQUIREMENTS,)), locks=(lock(package(None)),)), FAIL, ""),
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                locks=(lock(package(), unread=(NO_VERSION,)),),
            ),
            FAIL,
            "pyproject",
        ),
        (
            target(project((REQUIREMENTS, 1), locks=(REQUIREMENTS,)), locks=(lock(package(None)),)),
            FAIL,
            REQUIREMENTS,
        ),
        (target(project(locks=(REQUIREMENTS,)), locks=(lock(package(None)),)), FAIL, REQUIREMENTS),
        (
            target(
                project(("setup.py", None), locks=(REQUIREMENTS,)), locks=(lock(package(None)),)
            ),
            FAIL,
            "setup.py",
        ),
        # What comes from elsewhere has a pin of its own.
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                locks=(lock(package(), package(None, Origin.VCS, "tool")),),
            ),
            PASS,
            "",
        ),
        # A lock that was not wholly read may hold anything.
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                locks=(lock(package(), unread=(UNREAD,)),),
            ),
            OPEN,
            "pyproject.toml",
        ),
        # An empty lock does not lock what a manifest declares.
        (target(project(PYPROJECT, locks=(REQUIREMENTS,)), locks=(lock(),)), FAIL, "pyproject"),
        (
            target(
                project(("pyproject.toml", 0), locks=("uv.lock",)),
                locks=(lock(package(None, Origin.WORKSPACE), path="uv.lock"),),
            ),
            NOT_APPLICABLE,
            "no lockfile holds one",
        ),
        # A manifest without a number beside an empty lock: nobody can tell.
        (
            target(project(("setup.py", None), locks=(REQUIREMENTS,)), locks=(lock(),)),
            OPEN,
            "setup.py",
        ),
        # One good lock is enough for a project, and one bad project for the repository.
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS, "uv.lock")),
                locks=(lock(package(None)), lock(package(), path="uv.lock")),
            ),
            PASS,
            "uv.lock",
        ),
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                project(("b/pyproject.toml", 1), path="b"),
                project(("c/setup.py", None), path="c"),
                locks=(lock(package()),),
            ),
            FAIL,
            "b/pyproject.toml",
        ),
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                project(("c/setup.py", None), path="c"),
                locks=(lock(package()),),
            ),
            OPEN,
            "c/setup.py",
        ),
        # A manifest without dependencies beside a locked one needs nothing.
        (
            target(
                project(PYPROJECT, locks=(REQUIREMENTS,)),
                project(("b/pyproject.toml", 0), path="b"),
                locks=(lock(package()),),
            ),
            PASS,
            REQUIREMENTS,
        ),
        # A file that another one includes is read with it.
        (
            target(
                project(PYPROJECT, locks=("base.txt",)),
                locks=(lock(package(None), files=(REQUIREMENTS, "base.txt")),),
            ),
            FAIL,
            "pyproject",
        ),
        # A lock of something else.
        (
            target(
                Project(
                    path=".",
                    ecosystem="PyPI",
                    manifests=(
                        Manifest(
                            path="pyproject.toml",
                            declared=1,
                            requires=(Dependency(name="elsewhere"),),
                        ),
                    ),
                    locks=(REQUIREMENTS,),
                ),
                locks=(lock(package()),),
            ),
            FAIL,
            "without a lock of exact versions: pyproject.toml",
        ),
        # What discovery could not read may hide a manifest.
        (replace(LOCKED, unread=(UNREAD,)), OPEN, "could not be read"),
        (replace(EMPTY, unread=(UNREAD,)), OPEN, "could not be read"),
        (target(locks=(lock(package()),)), OPEN, "no project"),
        (replace(LOCKED, git=None), PASS, "no git repository"),
    ],
)
def test_every_manifest_is_locked(scanned: Target, outcome: Outcome, words: str) -> None:
    found = answer("DEP-01", scanned)
    assert found.outcome is outcome
    assert words in found.reason
    assert (found.gap is not None) == (outcome is OPEN)


# ----------------------------------------------------------------------- DEP-03, DEP-04, DEP-05

KEV = DataRecord(name="kev", origin="feed", entries=1200)
MALWARE = DataRecord(name="malware", origin="zip", entries=9)
OSV = DataRecord(name="OSV advisories", origin="zip", entries=5000)
KNOWN = Exploited(added=TODAY, due=TODAY + timedelta(days=9), ransomware=False)
PARTIAL = (
    Coverage(
        scope=REQUIREMENTS,
        unit="packages",
        expected=2,
        evaluated=1,
        missing=(Missing(subject="tool", gap=Gap.NOT_FROM_REGISTRY, why="-"),),
    ),
)


def finding(kind: Kind = Kind.VULNERABILITY, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "dependencies",
        "rule": "CVE-2026-1",
        "kind": kind,
        "severity": Severity.HIGH,
        "title": "a problem",
        "subject": "pkg:pypi/jinja2@1.0",
        "locations": (Location(path=REQUIREMENTS, line=1),),
    }
    return Finding(**(values | more))


def audit(*findings: Finding, **more: Any) -> Evidence:
    values: dict[str, Any] = {
        "check": "dependencies",
        "status": Status.FOUND if findings else Status.CLEAN,
        "findings": findings,
        "coverage": (Coverage(scope=REQUIREMENTS, unit="packages", expected=1, evaluated=1),),
        "data": (OSV, KEV, MALWARE),
    }
    return Evidence(**(values | more))


def waiver(days: int = 30) -> Waiver:
    return Waiver(id="CVE-2026-1", reason="-", owner="-", expires=TODAY + timedelta(days=days))


HITS = {
    "DEP-03": finding(),
    "DEP-04": finding(exploited=KNOWN, severity=Severity.LOW),
    "DEP-05": finding(Kind.MALWARE, severity=Severity.UNKNOWN),
}
AUDITED = pytest.mark.parametrize("control", list(HITS))


@AUDITED
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"status": Status.PARTIAL, "coverage": PARTIAL},
        {"status": Status.ERRORED},
        {"data": (replace(OSV, fresh=False),)},
        {"data": ()},
    ],
)
def test_a_hit_fails_whatever_else_is_not_known(control: str, more: dict[str, Any]) -> None:
    found = answer(control, LOCKED, audit(HITS[control], **more))
    assert found.outcome is FAIL
    assert "CVE-2026-1 in pkg:pypi/jinja2@1.0" in found.reason
    assert found.evidence == ("dependencies",)


@AUDITED
@pytest.mark.parametrize(
    ("items", "outcome", "gap"),
    [
        ([audit()], PASS, None),
        ([], OPEN, Gap.INPUT_MISSING),
        ([audit(status=Status.ERRORED, reason="boom")], ERROR, Gap.TOOL_FAILED),
        ([audit(status=Status.SKIPPED, reason="offline")], OPEN, Gap.NOT_CONFIGURED),
        ([audit(status=Status.PARTIAL, coverage=PARTIAL)], OPEN, Gap.NOT_FROM_REGISTRY),
        ([audit(coverage=PARTIAL)], OPEN, Gap.NOT_FROM_REGISTRY),
        ([audit(coverage=())], OPEN, Gap.NOT_ACCOUNTED_FOR),
        ([audit(status=Status.PARTIAL)], OPEN, Gap.NOT_ACCOUNTED_FOR),
        ([audit(data=(replace(OSV, fresh=False), KEV, MALWARE))], OPEN, Gap.DATA_STALE),
        # A check that saw nothing to do is not believed where something stands to be audited.
        ([audit(status=Status.NOT_APPLICABLE, coverage=())], OPEN, Gap.INPUT_MISSING),
    ],
)
def test_silence_passes_only_when_it_means_something(
    control: str, items: list[Evidence], outcome: Outcome, gap: Gap | None
) -> None:
    found = answer(control, LOCKED, *items)
    assert (found.outcome, found.gap) == (outcome, gap)


@AUDITED
def test_nothing_to_audit_is_not_applicable_by_a_rule(control: str) -> None:
    nothing = audit(status=Status.NOT_APPLICABLE, coverage=())
    found = answer(control, EMPTY, nothing)
    assert found.outcome is NOT_APPLICABLE
    assert found.reason == "no dependency manifest and no lockfile is tracked"
    unread = replace(EMPTY, unread=(UNREAD,))
    assert answer(control, unread, nothing).outcome is OPEN


@pytest.mark.parametrize(
    ("control", "data", "outcome", "gap"),
    [
        ("DEP-03", (OSV,), PASS, None),
        ("DEP-03", (OSV, replace(KEV, fresh=False)), PASS, None),
        ("DEP-04", (OSV,), OPEN, Gap.DATA_MISSING),
        ("DEP-04", (OSV, replace(KEV, entries=0)), OPEN, Gap.DATA_MISSING),
        ("DEP-04", (OSV, replace(KEV, fresh=False)), OPEN, Gap.DATA_STALE),
        ("DEP-04", (OSV, KEV, replace(KEV, fresh=False)), OPEN, Gap.DATA_STALE),
        ("DEP-04", (OSV, KEV), PASS, None),
        ("DEP-05", (OSV,), OPEN, Gap.DATA_MISSING),
        ("DEP-05", (OSV, replace(MALWARE, entries=0)), OPEN, Gap.DATA_MISSING),
        ("DEP-05", (OSV, MALWARE), PASS, None),
        ("DEP-05", (OSV, replace(MALWARE, entries=None)), PASS, None),
    ],
)
def test_what_needs_data_is_not_answered_without_them(
    control: str, data: tuple[DataRecord, ...], outcome: Outcome, gap: Gap | None
) -> None:
    found = answer(control, LOCKED, audit(data=data))
    assert (found.outcome, found.gap) == (outcome, gap)


@pytest.mark.parametrize("control", ["DEP-03", "DEP-04"])
def test_accepted_findings_make_it_waived_only_when_everything_was_seen(control: str) -> None:
    hit = HITS[control]
    assert answer(control, LOCKED, audit(hit), waivers=(waiver(),)).outcome is WAIVED
    assert answer(control, LOCKED, audit(hit), waivers=(waiver(-1),)).outcome is FAIL
    partly = audit(hit, status=Status.PARTIAL, coverage=PARTIAL)
    assert answer(control, LOCKED, partly, waivers=(waiver(),)).outcome is OPEN
    both = audit(hit, replace(hit, rule="CVE-2026-2"))
    assert answer(control, LOCKED, both, waivers=(waiver(),)).outcome is FAIL


def test_a_waiver_does_not_outlive_the_due_date() -> None:
    over = replace(HITS["DEP-04"], exploited=replace(KNOWN, due=TODAY - timedelta(days=1)))
    assert answer("DEP-04", LOCKED, audit(over), waivers=(waiver(),)).outcome is FAIL


def test_what_the_base_held_too_still_fails_and_says_so() -> None:
    hit = audit(finding())
    found = answer("DEP-03", LOCKED, hit, base=(hit,))
    assert (found.outcome, found.existing) == (FAIL, True)
    assert "in the base already" in found.reason
    fresh = audit(finding(), finding(rule="CVE-2026-99"))
    found = answer("DEP-03", LOCKED, fresh, base=(hit,))
    assert (found.outcome, found.existing) == (FAIL, False)
    assert "CVE-2026-99" in found.reason


def test_malware_cannot_be_waived() -> None:
    assert answer("DEP-05", LOCKED, audit(HITS["DEP-05"]), waivers=(waiver(),)).outcome is FAIL


@pytest.mark.parametrize(
    ("control", "found", "outcome"),
    [
        ("DEP-03", finding(severity=Severity.LOW), PASS),
        ("DEP-03", finding(Kind.RULE), PASS),
        ("DEP-03", finding(check="container"), PASS),
        ("DEP-03", HITS["DEP-05"], PASS),
        ("DEP-04", finding(), PASS),
        ("DEP-05", finding(), PASS),
    ],
)
def test_findings_that_are_another_controls_business(
    control: str, found: Finding, outcome: Outcome
) -> None:
    assert answer(control, LOCKED, audit(found)).outcome is outcome


@pytest.mark.parametrize("control", ["DEP-01", "DEP-09", "DEP-12"])
def test_what_was_left_out_stays_open_for_that_reason(control: str) -> None:
    part = Unread(location=Location(path="vendor/x"), why="a submodule", gap=Gap.LEFT_OUT)
    found = answer(control, replace(LOCKED, unread=(part,)))
    assert (found.outcome, found.gap) == (OPEN, Gap.LEFT_OUT)
    assert "vendor/x" in found.reason
