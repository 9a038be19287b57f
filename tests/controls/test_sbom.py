from __future__ import annotations

from typing import Any

import pytest

from pipeline.model import (
    Artefact,
    Coverage,
    Evidence,
    Finding,
    Gap,
    Kind,
    Missing,
    Outcome,
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
    TODAY,
    WAIVED,
    answer,
)

ALL = ("SBOM-01", "SBOM-02", "SBOM-03")
MADE = (Artefact(path="sbom/1.7/repository.cdx.json", digest="sha256:0", media_type="x"),)
WHOLE = Coverage(scope="uv.lock", unit="packages", expected=3, evaluated=3)


def evidence(status: Status = Status.CLEAN, **more: Any) -> Evidence:
    values: dict[str, Any] = {"artefacts": MADE, "coverage": (WHOLE,)}
    return Evidence(check="sbom", status=status, **(values | more))


def found(rule: str, severity: Severity = Severity.HIGH) -> Evidence:
    finding = Finding(
        check="sbom",
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title="t",
        subject="pkg:pypi/a@1",
        locations=(),
    )
    return evidence(Status.FOUND, findings=(finding,))


def outcomes(*items: Evidence, **policy: Any) -> list[Outcome]:
    return [answer(name, LOCKED, *items, **policy).outcome for name in ALL]


def test_a_whole_sbom_passes_and_cites_its_documents() -> None:
    assert outcomes(evidence()) == [PASS, PASS, PASS]
    assert answer("SBOM-01", LOCKED, evidence()).evidence == (MADE[0].path,)
    assert "3 locked packages" in answer("SBOM-03", LOCKED, evidence()).reason


def test_a_repository_that_takes_nothing_needs_no_sbom() -> None:
    assert {answer(name, EMPTY).outcome for name in ALL} == {NOT_APPLICABLE}


@pytest.mark.parametrize("rule", ["sbom/package-missing", "sbom/component-surplus"])
def test_a_difference_to_the_locks_fails_coverage(rule: str) -> None:
    assert outcomes(found(rule)) == [PASS, PASS, FAIL]
    assert "pkg:pypi/a@1" in answer("SBOM-03", LOCKED, found(rule)).reason


def test_a_silent_field_fails_even_below_the_threshold() -> None:
    assert outcomes(found("sbom/field-missing", Severity.LOW)) == [PASS, FAIL, PASS]


def test_an_accepted_difference_is_waived() -> None:
    waiver = Waiver(id="sbom/package-missing", reason="r", owner="o", expires=TODAY)
    item = found("sbom/package-missing")
    assert outcomes(item, waivers=(waiver,)) == [PASS, PASS, WAIVED]


def test_what_no_lock_speaks_of_leaves_coverage_open() -> None:
    gap = Missing(subject="setup.py", gap=Gap.INPUT_MISSING, why="no lock")
    part = Coverage(scope="setup.py", unit="files", expected=1, evaluated=0, missing=(gap,))
    item = evidence(Status.PARTIAL, coverage=(WHOLE, part))
    assert outcomes(item) == [PASS, PASS, OPEN]
    told = answer("SBOM-03", LOCKED, item)
    assert told.gap is Gap.INPUT_MISSING
    assert "setup.py" in told.reason


def test_gaps_beside_the_question_do_not_count() -> None:
    gap = Missing(subject="x", gap=Gap.NETWORK_OFF, why="offline")
    part = Coverage(
        scope="x", unit="facts", expected=1, evaluated=0, missing=(gap,), required=False
    )
    assert outcomes(evidence(coverage=(WHOLE, part))) == [PASS, PASS, PASS]


def test_without_documents_nobody_can_tell() -> None:
    assert outcomes() == [OPEN] * 3
    assert outcomes(evidence(Status.ERRORED, artefacts=(), reason="no tool")) == [ERROR] * 3
    assert outcomes(evidence(Status.SKIPPED, artefacts=(), reason="why")) == [OPEN] * 3
    assert outcomes(evidence(Status.PARTIAL, artefacts=())) == [OPEN] * 3
    skipped = answer("SBOM-01", LOCKED, evidence(Status.SKIPPED, artefacts=(), reason="why"))
    assert skipped.gap is Gap.NOT_CONFIGURED
