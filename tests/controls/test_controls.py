"""The catalogue as a whole: complete data, honest counts, and answers that policy can trust."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import controls
from pipeline.controls import CONTROLS, FAMILIES, Facts, count, evaluate
from pipeline.controls.frameworks import FRAMEWORKS
from pipeline.model import (
    Answer,
    Control,
    ControlResult,
    Coverage,
    DataRecord,
    Evidence,
    FrameworkCount,
    Gap,
    Gate,
    Location,
    Lock,
    Manifest,
    Missing,
    Outcome,
    Package,
    Policy,
    Project,
    Requirement,
    Status,
    Target,
    Unread,
)
from pipeline.policy import judge

TODAY = date(2026, 11, 22)
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "controls.yaml"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_file(), reason="the reference catalogue is not beside this checkout"
)
DATA = [entry.control for entry in CONTROLS.values()]
EVERY = pytest.mark.parametrize("control", DATA, ids=lambda control: control.id)


# ---------------------------------------------------------------------------------------- data


@EVERY
def test_a_control_explains_itself(control: Control) -> None:
    for text in (control.title, control.rationale, control.how, control.fix):
        assert text
        assert text == " ".join(text.split())
    for text in (control.rationale, control.how, control.fix):
        assert text.endswith(".")
    assert not control.title.endswith(".")
    assert any(requirement.counted for requirement in control.requirements)


@EVERY
def test_a_control_names_known_frameworks_and_each_requirement_once(control: Control) -> None:
    assert {requirement.framework for requirement in control.requirements} <= FRAMEWORKS.keys()
    named = Counter((item.framework, item.id) for item in control.requirements)
    assert set(named.values()) == {1}


@EVERY
def test_a_control_never_claims_that_anybody_complies(control: Control) -> None:
    words = f"{control.title} {control.rationale} {control.how} {control.fix}"
    assert not re.search(r"\bcompl(y|ies|iant|iance)\b", words, re.IGNORECASE)


def test_ids_are_unique_over_all_families() -> None:
    names = [entry.control.id for family in FAMILIES for entry in family.CONTROLS]
    assert list(CONTROLS) == names
    assert len(set(names)) == len(names) == len(CONTROLS)


def test_the_catalogue_holds_the_controls_that_the_first_checks_answer() -> None:
    wanted = {"DEP-01", "DEP-03", "DEP-04", "DEP-05", "DEP-12", "GATE-01", "GATE-02"}
    assert wanted <= CONTROLS.keys()


@needs_reference
@EVERY
def test_a_control_agrees_with_the_reference(control: Control) -> None:
    catalogue = yaml.safe_load(REFERENCE.read_text(encoding="utf-8"))
    (wanted,) = [item for item in catalogue["controls"] if item["id"] == control.id]
    uncounted = {*wanted.get("weak_ids", ()), *wanted.get("unverified_ids", ())}
    assert {(item.framework, item.id, item.counted) for item in control.requirements} == {
        (framework, id_, f"{framework}:{id_}" not in uncounted)
        for framework, ids in wanted["frameworks"].items()
        for id_ in ids
    }
    assert (control.severity, control.gate) == (wanted["severity"], wanted["gate"])
    assert control.title != wanted["title"]


# -------------------------------------------------------------------------------------- counts


def result(outcome: Outcome, *requirements: Requirement) -> ControlResult:
    control = replace(DATA[0], requirements=requirements)
    return ControlResult(control=control, answer=Answer(outcome=outcome, reason="-"))


def osps(id_: str, *, counted: bool = True) -> Requirement:
    return Requirement(framework="OSPS-2026.02.19", id=id_, counted=counted)


@pytest.mark.parametrize(
    ("outcome", "evidenced"),
    [
        (Outcome.PASS, 1),
        (Outcome.FAIL, 1),
        (Outcome.WAIVED, 1),
        (Outcome.ATTESTED, 1),
        (Outcome.NOT_EVALUATED, 0),
        (Outcome.NOT_APPLICABLE, 0),
        (Outcome.ERROR, 0),
    ],
)
def test_only_an_answer_is_evidence(outcome: Outcome, evidenced: int) -> None:
    (found,) = count([result(outcome, osps("A"))])
    assert found == FrameworkCount(
        framework="OSPS-2026.02.19", version="2026.02.19", evidenced=evidenced, mapped=1, total=64
    )


def test_a_requirement_counts_once_and_an_uncertain_one_never() -> None:
    (found,) = count(
        [
            result(Outcome.PASS, osps("A"), osps("B"), osps("X", counted=False)),
            result(Outcome.ERROR, osps("A"), osps("C")),
        ]
    )
    assert (found.evidenced, found.mapped) == (2, 3)
    assert count([result(Outcome.PASS, osps("X", counted=False))]) == ()


def test_frameworks_without_a_total_have_none() -> None:
    (found,) = count([result(Outcome.PASS, Requirement(framework="SSDF-1.1", id="PO.4.1"))])
    assert found.total is None


# ------------------------------------------------------------------------------------ the laws

LOCK_PATH = "requirements.txt"


def package(version: str | None) -> Package:
    return Package(
        ecosystem="PyPI",
        name="jinja2",
        version=version,
        location=Location(path=LOCK_PATH, line=1),
    )


locks = st.builds(
    Lock,
    path=st.just(LOCK_PATH),
    format=st.just("requirements"),
    ecosystem=st.just("PyPI"),
    digest=st.just("sha256:aa"),
    packages=st.lists(st.builds(package, st.sampled_from(["1", None])), max_size=2).map(tuple),
)
projects = st.builds(
    Project,
    path=st.just("."),
    ecosystem=st.just("PyPI"),
    manifests=st.lists(
        st.builds(Manifest, path=st.just("pyproject.toml"), declared=st.none() | st.integers(0, 2)),
        max_size=1,
    ).map(tuple),
    locks=st.sampled_from([(), (LOCK_PATH,)]),
)
targets = st.builds(
    Target,
    name=st.just("shop"),
    git=st.none(),
    files=st.just(3),
    projects=st.lists(projects, max_size=1).map(tuple),
    locks=st.lists(locks, max_size=1).map(tuple),
    unread=st.lists(st.just(Unread(location=Location(path="x"), why="-")), max_size=1).map(tuple),
)
coverages = st.builds(
    Coverage,
    scope=st.just(LOCK_PATH),
    unit=st.just("packages"),
    expected=st.integers(0, 2),
    evaluated=st.integers(0, 2),
    missing=st.lists(st.just(Missing(subject="tool", gap=Gap.NO_VERSION, why="-")), max_size=1).map(
        tuple
    ),
)
audits = st.builds(
    Evidence,
    check=st.just("dependencies"),
    status=st.sampled_from(Status),
    coverage=st.lists(coverages, max_size=2).map(tuple),
    data=st.lists(
        st.builds(
            DataRecord,
            name=st.sampled_from(["OSV advisories", "kev", "malware"]),
            origin=st.just("zip"),
            entries=st.none() | st.integers(0, 2),
            fresh=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
)


def facts(target: Target, item: Evidence | None) -> Facts:
    return Facts(
        target=target,
        evidence={} if item is None else {item.check: item},
        judged=(),
        policy=Policy(),
        planned=("dependencies",),
        as_of=TODAY,
        signed=None,
    )


@settings(deadline=None)
@given(target=targets, item=st.none() | audits)
def test_answers_are_whole_and_never_better_than_the_evidence(
    target: Target, item: Evidence | None
) -> None:
    results = evaluate(facts(target, item))
    assert [found.control.id for found in results] == list(CONTROLS)
    outcomes = {found.control.id: found.answer.outcome for found in results}
    for found in results:
        assert found.answer.reason
        unanswered = found.answer.outcome in {Outcome.NOT_EVALUATED, Outcome.ERROR}
        assert (found.answer.gap is not None) == unanswered
    audited = ("DEP-03", "DEP-04", "DEP-05")
    whole = item is not None and item.status in {Status.CLEAN, Status.FOUND} and item.evaluated
    if item is None or not whole or not all(part.complete for part in item.coverage):
        assert Outcome.PASS not in {outcomes[name] for name in audited}
        assert outcomes["GATE-01"] is not Outcome.PASS
    if target.unread:
        assert Outcome.PASS not in {outcomes["DEP-01"], outcomes["DEP-12"]}
        assert Outcome.NOT_APPLICABLE not in outcomes.values()


@settings(deadline=None)
@given(target=targets, item=st.none() | audits)
def test_the_integrity_control_and_the_verdict_agree(target: Target, item: Evidence | None) -> None:
    seen = facts(target, item)
    results = evaluate(seen)
    made = judge(
        version="1",
        target=target,
        evidence=tuple(seen.evidence.values()),
        judged=(),
        controls=results,
        frameworks=count(results),
        policy=seen.policy,
        planned=seen.planned,
        as_of=TODAY,
    )
    integrity = next(found for found in results if found.control.id == "GATE-01")
    if integrity.answer.outcome is Outcome.FAIL:
        assert made.verdict.exit_code != 0
    if made.verdict.exit_code == 0:
        assert not target.unread
        assert not any(
            found.answer.outcome is Outcome.FAIL and found.control.gate is Gate.BLOCK
            for found in results
        )


def test_the_public_names_are_these() -> None:
    assert controls.__all__ == ["CONTROLS", "Entry", "Facts", "Release", "count", "evaluate"]
