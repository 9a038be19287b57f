"""How a control is written: one decorated function becomes data and answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.controls.entry import (
    broken,
    control,
    errored,
    failed,
    not_applicable,
    passed,
    unheard,
    unknown,
    waived,
)
from pipeline.controls.frameworks import CRA, OSPS
from pipeline.model import Answer, Evidence, Gap, Gate, Outcome, Requirement, Severity, Status

if TYPE_CHECKING:
    from pipeline.controls.entry import Facts


@control(
    "X-01",
    title="A question",
    rationale="Because.",
    how="By looking.",
    fix="Mend it.",
    severity=Severity.LOW,
    gate=Gate.WARN,
    checks=("secrets",),
    evidence_for={OSPS: ("A", "B")},
    related={OSPS: ("C",), CRA: ("D",)},
)
def example(facts: Facts) -> Answer:
    return passed(f"seen {facts}")


def test_a_decorated_function_is_an_entry() -> None:
    assert example.control.id == "X-01"
    assert example.control.checks == ("secrets",)
    assert (example.control.severity, example.control.gate) == (Severity.LOW, Gate.WARN)
    assert example.answer("facts").reason == "seen facts"  # type: ignore[arg-type]


def test_what_fits_only_indirectly_is_not_counted() -> None:
    assert example.control.requirements == (
        Requirement(framework=OSPS.id, id="A"),
        Requirement(framework=OSPS.id, id="B"),
        Requirement(framework=OSPS.id, id="C", counted=False),
        Requirement(framework=CRA.id, id="D", counted=False),
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "gap"),
    [
        (passed("why", "a"), Outcome.PASS, None),
        (failed("why", "a"), Outcome.FAIL, None),
        (waived("why", "a"), Outcome.WAIVED, None),
        (not_applicable("why", "a"), Outcome.NOT_APPLICABLE, None),
        (unknown(Gap.DATA_STALE, "why", "a"), Outcome.NOT_EVALUATED, Gap.DATA_STALE),
        (errored("why", "a"), Outcome.ERROR, Gap.TOOL_FAILED),
    ],
)
def test_answers(answer: Answer, outcome: Outcome, gap: Gap | None) -> None:
    assert answer == Answer(outcome=outcome, reason="why", evidence=("a",), gap=gap)


@pytest.mark.parametrize(
    ("status", "broke", "silent"),
    [
        (None, Gap.INPUT_MISSING, Gap.INPUT_MISSING),
        (Status.ERRORED, Gap.TOOL_FAILED, Gap.TOOL_FAILED),
        (Status.SKIPPED, None, Gap.NOT_CONFIGURED),
        (Status.PARTIAL, None, None),
        (Status.CLEAN, None, None),
    ],
)
def test_a_check_that_did_not_look_answers_nothing(
    status: Status | None, broke: Gap | None, silent: Gap | None
) -> None:
    found = None if status is None else Evidence(check="sbom", status=status, reason="r")
    one, other = broken(found, "sbom"), unheard(found, "sbom")
    assert (one and one.gap, other and other.gap) == (broke, silent)
    assert not any(answer and answer.outcome is Outcome.PASS for answer in (one, other))
