"""What a change did not bring in: the same, as bad, in the same places; and never more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import (
    Coverage,
    Disposition,
    Evidence,
    Finding,
    Gap,
    Kind,
    Location,
    Lock,
    Missing,
    Origin,
    Package,
    Policy,
    Severity,
    Source,
    Status,
    Target,
)
from pipeline.policy import NOTHING, Baseline, check_gaps, weigh
from tests.policy.builders import KEV, LOCK, TARGET, TODAY, B, V, evidence, finding, waiver

E = Disposition.EXISTING


def baseline(*items: Evidence, **more: Any) -> Baseline:
    values: dict[str, Any] = {
        "base": TARGET,
        "head": TARGET,
        "renamed": {},
        "unchanged": frozenset(),
    }
    return Baseline.of(items, **(values | more))


def disposition(now: Finding, before: Baseline, **policy: Any) -> Disposition:
    judged = weigh([now], Policy(**policy), TODAY, baseline=before)
    return next(item.disposition for item in judged if item.finding is now)


# ------------------------------------------------------------------------------------- findings


def test_what_the_base_has_too_is_shown_and_does_not_violate() -> None:
    (judged,) = weigh([finding()], Policy(), TODAY, baseline=baseline(evidence(finding())))
    assert judged.disposition is E
    assert "does not bring it in" in judged.why


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "CVE-2026-2"},
        {"subject": "pkg:pypi/jinja2@2.4.2"},
        {"check": "secrets"},
    ],
)
def test_another_problem_or_another_thing_is_new(other: dict[str, Any]) -> None:
    assert disposition(finding(), baseline(evidence(finding(**other)))) is V


@pytest.mark.parametrize("more", [{"kind": Kind.MALWARE}, {"exploited": KEV}])
def test_harm_violates_wherever_it_comes_from(more: dict[str, Any]) -> None:
    now = finding(severity=Severity.LOW, **more)
    assert disposition(now, baseline(evidence(now))) is V


def test_what_became_worse_is_new() -> None:
    mild = baseline(evidence(finding(severity=Severity.MEDIUM)))
    assert disposition(finding(severity=Severity.HIGH), mild) is V
    (judged,) = weigh([finding()], Policy(), TODAY, baseline=mild)
    assert "only as medium" in judged.why


def test_of_several_in_the_base_the_mildest_counts() -> None:
    before = baseline(evidence(finding(severity=Severity.LOW), finding(severity=Severity.CRITICAL)))
    assert disposition(finding(severity=Severity.HIGH), before) is V
    assert disposition(finding(severity=Severity.LOW), before, fail_on=Severity.LOW) is E


def test_what_spread_is_new() -> None:
    other = Location(path="worker/uv.lock", line=3)
    before = baseline(evidence(finding()))
    assert disposition(finding(locations=(LOCK, other)), before) is V
    assert disposition(finding(locations=(other,)), before) is V
    assert disposition(finding(locations=(LOCK, replace(LOCK, line=9))), before) is V
    assert disposition(finding(locations=(replace(LOCK, line=9),)), before) is E


def test_which_findings_are_old() -> None:
    spread = finding(locations=(LOCK, Location(path="worker/uv.lock", line=3)))
    other = finding(rule="CVE-2026-2")
    before = baseline(evidence(finding(), other))
    assert before.old([finding(), finding(rule="CVE-2026-3")]) == {finding().fingerprint}
    assert before.old([spread, other]) == {other.fingerprint}
    assert NOTHING.old([finding()]) == frozenset()


def test_what_is_in_fewer_places_is_not_new() -> None:
    other = Location(path="worker/uv.lock", line=3)
    assert disposition(finding(), baseline(evidence(finding(locations=(LOCK, other))))) is E


def test_more_findings_of_one_fingerprint_are_new() -> None:
    now = [finding(locations=()), finding(locations=(), title="again")]
    judged = weigh(now, Policy(), TODAY, baseline=baseline(evidence(now[0])))
    assert {item.disposition for item in judged} == {V}
    judged = weigh(now, Policy(), TODAY, baseline=baseline(evidence(*now)))
    assert {item.disposition for item in judged} == {E}


def test_a_file_that_was_moved_takes_its_findings_along() -> None:
    before = evidence(finding(locations=(Location(path="old.txt", line=1),)))
    assert disposition(finding(), baseline(before)) is V
    assert disposition(finding(), baseline(before, renamed={"old.txt": LOCK.path})) is E


def test_thresholds_and_waivers_speak_first() -> None:
    mild = finding(severity=Severity.LOW)
    assert disposition(mild, baseline(evidence(mild))) is B
    before = baseline(evidence(finding()))
    assert disposition(finding(), before, waivers=(waiver(),)) is Disposition.WAIVED
    judged = weigh([finding()], Policy(waivers=(waiver(days=-1),)), TODAY, baseline=before)
    assert {item.finding.check: item.disposition for item in judged} == {
        "dependencies": E,
        "policy": V,
    }


@pytest.mark.parametrize("status", Status)
def test_evidence_that_did_not_end_well_holds_nothing(status: Status) -> None:
    before = baseline(evidence(finding(), status=status))
    usable = status not in {Status.ERRORED, Status.SKIPPED}
    assert disposition(finding(), before) is (E if usable else V)


RULE: dict[str, Any] = {
    "kind": Kind.RULE,
    "rule": "lockfiles/mutable-ref",
    "subject": "pkg:pypi/tool",
}


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({}, E),
        ({"direct": True, "markers": "x"}, E),
        ({"source": Source(origin=Origin.VCS, url="https://git.example.com/evil")}, V),
        ({"hashes": ("sha256:ff",)}, V),
        ({"install_script": True}, V),
        ({"name": "other"}, V),
    ],
)
def test_another_package_in_the_same_place_is_new(now: dict[str, Any], wanted: Disposition) -> None:
    for found in (finding(**RULE), finding()):
        before = baseline(evidence(found), base=target(package()), head=target(package(**now)))
        assert disposition(found, before) is wanted


def test_what_a_rule_tells_of_a_place_without_a_package_must_be_the_same() -> None:
    before = baseline(evidence(finding(detail="asked: a", **RULE)))
    assert disposition(finding(detail="asked: a", **RULE), before) is E
    assert disposition(finding(detail="asked: a, b", **RULE), before) is V


def test_without_a_base_everything_is_judged() -> None:
    assert disposition(finding(), NOTHING) is V
    assert baseline() == NOTHING


# ------------------------------------------------------------------------------------- gaps


def package(name: str = "tool", **more: Any) -> Package:
    values: dict[str, Any] = {
        "ecosystem": "PyPI",
        "name": name,
        "version": None,
        "location": LOCK,
        "source": Source(origin=Origin.VCS, url="https://git.example.com/tool"),
    }
    return Package(**(values | more))


def target(*packages: Package, path: str = LOCK.path, digest: str = "sha256:1") -> Target:
    lock = Lock(path=path, format="x", ecosystem="PyPI", digest=digest, packages=packages)
    return replace(TARGET, locks=(lock,))


def open_evidence(
    subject: str = "tool", gap: Gap = Gap.NOT_FROM_REGISTRY, *, scope: str = LOCK.path
) -> Evidence:
    missing = Missing(subject=subject, gap=gap, why="-", location=Location(path=scope, line=3))
    part = Coverage(scope=scope, unit="packages", expected=2, evaluated=1, missing=(missing,))
    return evidence(status=Status.PARTIAL, coverage=(part,))


def blocks(now: Evidence, before: Baseline) -> bool:
    lines = check_gaps([now], planned=("dependencies",), policy=Policy(), baseline=before)
    (line,) = lines
    assert line.blocking != ("the base has the same gap" in line.why)
    return line.blocking


def test_a_package_that_nobody_could_evaluate_before_does_not_block() -> None:
    before = baseline(
        open_evidence(),
        base=target(package()),
        head=target(package(location=Location(path=LOCK.path, line=9)), package("new")),
    )
    assert not blocks(open_evidence(), before)
    assert blocks(open_evidence(), NOTHING)


@pytest.mark.parametrize(
    "now",
    [
        package(source=Source(origin=Origin.VCS, url="https://git.example.com/evil")),
        package(source=Source(origin=Origin.URL, url="https://git.example.com/tool")),
        package(hashes=("sha256:ff",)),
        package(version="2"),
        package("other"),
    ],
)
def test_a_package_that_changed_blocks(now: Package) -> None:
    before = baseline(open_evidence(), base=target(package()), head=target(now))
    assert blocks(open_evidence(), before)


def test_a_package_that_is_there_twice_blocks() -> None:
    before = baseline(
        open_evidence(), base=target(package()), head=target(package(), package(markers="x"))
    )
    assert blocks(open_evidence(), before)


def test_a_lock_that_was_moved_takes_its_gaps_along() -> None:
    moved = {"old/uv.lock": LOCK.path}
    base, head = target(package(), path="old/uv.lock"), target(package())
    before = open_evidence(scope="old/uv.lock")
    assert not blocks(open_evidence(), baseline(before, base=base, head=head, renamed=moved))
    assert blocks(open_evidence(), baseline(before, base=base, head=head))


def test_a_line_that_nobody_understands_blocks_unless_its_file_is_unchanged() -> None:
    now = open_evidence("line 3", Gap.PARSE_ERROR)
    assert blocks(now, baseline(now))
    assert not blocks(now, baseline(now, unchanged=frozenset({LOCK.path})))


@pytest.mark.parametrize("gap", Gap)
def test_only_what_lies_in_the_repository_is_an_old_gap(gap: Gap) -> None:
    now = open_evidence("line 3", gap)
    ours = {
        Gap.TOOL_MISSING,
        Gap.TOOL_FAILED,
        Gap.DATA_MISSING,
        Gap.DATA_STALE,
        Gap.NETWORK_OFF,
        Gap.NOT_ACCOUNTED_FOR,
        Gap.NOT_CONFIGURED,
    }
    assert blocks(now, baseline(now, unchanged=frozenset({LOCK.path}))) == (gap in ours)


def test_a_gap_that_there_are_more_of_blocks() -> None:
    one = open_evidence("line 3", Gap.PARSE_ERROR)
    (part,) = one.coverage
    twice = replace(part, expected=3, missing=part.missing * 2)
    before = baseline(one, unchanged=frozenset({LOCK.path}))
    lines = check_gaps(
        [replace(one, coverage=(twice,))],
        planned=("dependencies",),
        policy=Policy(),
        baseline=before,
    )
    assert [line.blocking for line in lines] == [True, True]
