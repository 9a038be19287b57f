"""The verdict as a list of what holds."""

from __future__ import annotations

from pathlib import Path

from pipeline.model import Status
from tests.signing.reports import evidence
from tests.signing.statements.making import HOLDER, facts, made


def test_a_property_for_each_control_that_passed_and_for_nothing_else(tmp_path: Path) -> None:
    given = facts(tmp_path)
    predicate = made(given)[0]["svr"].predicate
    passed = {item["id"] for item in given.report["controls"] if item["outcome"] == "pass"}
    assert "GATE-01" in passed
    assert "GATE-02" not in passed, "the report cannot vouch for its own signature"
    assert predicate["properties"] == sorted(
        ["supply-chain:compliant", *(f"supply-chain:control:{name}" for name in passed)]
    )
    assert predicate["verifier"] == {"id": HOLDER.identity, "policies": [given.policy]}


def test_what_is_not_compliant_is_not_said_to_be(tmp_path: Path) -> None:
    given = facts(tmp_path, evidence(status=Status.ERRORED))
    assert "supply-chain:compliant" not in made(given)[0]["svr"].predicate["properties"]
