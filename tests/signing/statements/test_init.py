"""What is claimed, from whole reports: each predicate follows its schema and claims no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from pipeline.errors import SignatureError
from pipeline.signing import statements
from pipeline.signing.facts import gather_facts
from pipeline.signing.manifest import gather
from pipeline.signing.statements import BUILDERS, REQUIRED, SCHEMAS, Statement, build, fault
from tests.signing.statements.making import HOLDER, facts, made


def test_a_whole_report_gives_every_statement(tmp_path: Path) -> None:
    found, omitted = made(facts(tmp_path, run=True))
    assert list(found) == [
        *("provenance", "cyclonedx-sbom-1.7-repository", "vulns", "vsa", "svr", "report")
    ]
    assert omitted == {}
    assert {item.predicate_type for item in found.values()} == SCHEMAS.keys()
    assert {name: found[name].predicate_type for name in REQUIRED} == REQUIRED
    assert len(BUILDERS) == len(SCHEMAS)


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_schema_is_one_and_refuses_nothing_at_all(kind: str) -> None:
    schema = json.loads(SCHEMAS[kind].read_bytes())
    assert jsonschema_rs.meta.is_valid(schema)
    wrong: Any
    for wrong in ({}, [], None, "x"):
        assert fault(kind, wrong)


FIELDS = {
    "provenance": [
        "buildDefinition/buildType",
        "buildDefinition/externalParameters",
        "buildDefinition/resolvedDependencies",
        "runDetails/builder/id",
        "runDetails/metadata/invocationId",
    ],
    "vsa": [
        *("verifier/id", "timeVerified", "resourceUri", "policy/uri", "policy/digest/sha256"),
        *("inputAttestations", "verificationResult", "verifiedLevels"),
    ],
    "svr": ["verifier/id", "verifier/policies", "timeCreated", "properties"],
    "vulns": [
        *("scanner/uri", "scanner/version", "scanner/db/lastUpdate", "scanner/result"),
        *("metadata/scanStartedOn", "metadata/scanFinishedOn"),
    ],
    "cyclonedx-sbom-1.7-repository": ["bomFormat", "specVersion", "serialNumber"],
    "report": ["schema", "verdict", "policy", "evidence", "controls", "findings", "unevaluated"],
}


@pytest.mark.parametrize(("name", "path"), [(n, p) for n, paths in FIELDS.items() for p in paths])
def test_a_predicate_carries_every_required_field(tmp_path: Path, name: str, path: str) -> None:
    found = made(facts(tmp_path))[0][name]
    *places, last = path.split("/")
    copy = json.loads(json.dumps(found.predicate))
    assert fault(found.predicate_type, copy) == ""
    place = copy
    for part in places:
        place = place[part]
    del place[last]
    assert fault(found.predicate_type, copy)


def test_a_statement_that_would_not_be_valid_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = facts(tmp_path)
    broken = Statement(
        name="vsa", predicate_type=REQUIRED["vsa"], subjects=given.subjects, predicate={}
    )
    monkeypatch.setattr(statements, "BUILDERS", (lambda _: [broken],))
    with pytest.raises(SignatureError, match="the statement vsa would not be valid"):
        build(given)


def test_all_statements_but_those_of_sboms_are_about_the_same(tmp_path: Path) -> None:
    given = facts(tmp_path)
    for name, item in made(given)[0].items():
        if not name.startswith("cyclonedx"):
            assert item.subjects == given.subjects


def test_the_same_report_and_signer_give_the_same_bytes(tmp_path: Path) -> None:
    given = facts(tmp_path)
    again = gather_facts(tmp_path, gather(tmp_path), HOLDER)
    assert [item.payload() for item in build(given)[0]] == [
        item.payload() for item in build(again)[0]
    ]
