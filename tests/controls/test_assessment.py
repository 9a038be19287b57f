"""Whether the assessment can be believed: the plan against the evidence, and the signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.controls import CONTROLS, Facts
from pipeline.model import (
    Answer,
    Artefact,
    Coverage,
    DataRecord,
    Evidence,
    Finding,
    Gap,
    Kind,
    Lock,
    Missing,
    Outcome,
    Policy,
    Severity,
    Status,
    Target,
)

FULL = (Coverage(scope="uv.lock", unit="packages", expected=2, evaluated=2),)
LACKING = (
    Coverage(
        scope="uv.lock",
        unit="packages",
        expected=2,
        evaluated=1,
        missing=(Missing(subject="tool", gap=Gap.NO_VERSION, why="-"),),
    ),
)
OLD = DataRecord(name="OSV advisories", origin="zip", digest="sha256:dd", fresh=False)
FINDING = Finding(
    check="dependencies",
    rule="CVE-2026-1",
    kind=Kind.VULNERABILITY,
    severity=Severity.CRITICAL,
    title="-",
    subject="pkg:pypi/a@1",
    locations=(),
)


def evidence(check: str = "dependencies", **more: Any) -> Evidence:
    values: dict[str, Any] = {"check": check, "status": Status.CLEAN, "coverage": FULL}
    return Evidence(**(values | more))


def answer(
    control: str,
    *items: Evidence,
    planned: tuple[str, ...] = ("dependencies",),
    required: tuple[str, ...] = (),
    signed: bool | None = None,
    locks: tuple[Lock, ...] = (),
) -> Answer:
    facts = Facts(
        target=Target(name="shop", git=None, files=1, locks=locks),
        evidence={item.check: item for item in items},
        judged=(),
        policy=Policy(required=required),
        planned=planned,
        as_of=date(2026, 11, 22),
        signed=signed,
    )
    return CONTROLS[control].answer(facts)


@pytest.mark.parametrize(
    ("items", "outcome"),
    [
        ([evidence()], Outcome.PASS),
        ([evidence(status=Status.FOUND, findings=(FINDING,))], Outcome.PASS),
        ([evidence(data=(replace(OLD, fresh=True),))], Outcome.PASS),
        ([evidence(data=(replace(OLD, name="kev"),))], Outcome.PASS),
        ([evidence(status=Status.ERRORED)], Outcome.FAIL),
        ([evidence(status=Status.SKIPPED)], Outcome.FAIL),
        ([evidence(status=Status.PARTIAL)], Outcome.FAIL),
        ([evidence(coverage=LACKING)], Outcome.FAIL),
        ([evidence(coverage=())], Outcome.FAIL),
        ([evidence(data=(OLD,))], Outcome.FAIL),
        ([evidence(status=Status.NOT_APPLICABLE, coverage=())], Outcome.FAIL),
        ([], Outcome.FAIL),
    ],
)
def test_everything_planned_ran(items: list[Evidence], outcome: Outcome) -> None:
    found = answer("GATE-01", *items)
    assert found.outcome is outcome
    assert found.evidence == tuple(item.check for item in items)


def test_an_empty_plan_fails() -> None:
    assert answer("GATE-01", planned=()).outcome is Outcome.FAIL


def test_one_check_may_have_nothing_to_do() -> None:
    idle = evidence("container", status=Status.NOT_APPLICABLE, coverage=())
    found = answer("GATE-01", evidence(), idle, planned=("dependencies", "container"))
    assert found.outcome is Outcome.PASS
    assert found.reason == "2 required checks ran in full"


def test_only_what_the_policy_requires_gates() -> None:
    broken = evidence("secrets", status=Status.ERRORED)
    planned = ("dependencies", "secrets")
    optional = answer("GATE-01", evidence(), broken, planned=planned, required=("dependencies",))
    assert optional.outcome is Outcome.PASS
    assert optional.reason == "1 required check ran in full"
    assert answer("GATE-01", evidence(), broken, planned=planned).outcome is Outcome.FAIL


# ---------------------------------------------------------------------------------- GATE-02

LOCK = Lock(path="uv.lock", format="uv", ecosystem="PyPI", digest="sha256:aa")
RAW = Artefact(path="evidence/audit.json", digest="sha256:bb", media_type="application/json")
CITED = ("OSV advisories sha256:dd", "evidence/audit.json sha256:bb", "uv.lock sha256:aa")


@pytest.mark.parametrize(
    ("signed", "outcome", "words"),
    [
        (None, Outcome.NOT_EVALUATED, "made before its signature"),
        (False, Outcome.FAIL, "does not verify"),
        (True, Outcome.PASS, "binds 3 digests"),
    ],
)
def test_the_evidence_is_signed(signed: bool | None, outcome: Outcome, words: str) -> None:
    item = evidence(artefacts=(RAW,), data=(OLD,))
    found = answer("GATE-02", item, locks=(LOCK,), signed=signed)
    assert found.outcome is outcome
    assert words in found.reason
    assert found.evidence == CITED


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "no evidence"),
        ([evidence(artefacts=(replace(RAW, digest=""),))], "evidence/audit.json"),
    ],
)
def test_a_signature_over_nothing_proves_nothing(items: list[Evidence], words: str) -> None:
    found = answer("GATE-02", *items, signed=True)
    assert found.outcome is Outcome.NOT_EVALUATED
    assert words in found.reason
