"""The verdict as a verification summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.model import Status
from tests.signing.reports import evidence, finding
from tests.signing.statements.making import HOLDER, facts, made


def test_a_compliant_report_passes_and_claims_no_level_of_slsa(tmp_path: Path) -> None:
    given = facts(tmp_path)
    assert given.report["verdict"]["decision"] == "compliant"
    predicate = made(given)[0]["vsa"].predicate
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == (
        "PASSED",
        ["SUPPLY_CHAIN_POLICY"],
    )
    assert predicate["verifier"]["id"] == HOLDER.identity
    assert predicate["policy"] == given.policy
    assert {item["uri"] for item in predicate["inputAttestations"]} == {
        "plan.json",
        "evidence/dependencies.json",
    }


@pytest.mark.parametrize(
    "item", [evidence(status=Status.FOUND, findings=(finding(),)), evidence(status=Status.ERRORED)]
)
def test_anything_else_fails(tmp_path: Path, item: Any) -> None:
    found = made(facts(tmp_path, item))[0]
    assert found["vsa"].predicate["verificationResult"] == "FAILED"
    assert found["vsa"].predicate["verifiedLevels"] == ["FAILED"]
