"""What is made of Trivy's answer: without Trivy, from what it writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.checks.hardening.configuration import copies, trivy
from pipeline.checks.hardening.configuration.copies import CANARY, Copies
from pipeline.checks.hardening.configuration.trivy import ALIKE, SAME, Answer, aliases
from pipeline.checks.hardening.rules import CHECK, RULES
from pipeline.checks.job import Job, Ran
from pipeline.errors import UnreadableOutputError
from pipeline.model import Severity
from pipeline.tools.trivy import OUTPUT


def row(name: str = "DS-0017", line: int | None = 3, **more: Any) -> dict[str, Any]:
    cause = {"StartLine": line, "EndLine": line} if line else {}
    return {
        "ID": name,
        "Title": "A title",
        "Message": "A message",
        "Resolution": "Mend it",
        "Severity": "HIGH",
        "PrimaryURL": "https://example.org/x",
        "Status": "FAIL",
        "CauseMetadata": cause,
        **more,
    }


def result(target: str, kind: str, *rows: dict[str, Any], successes: int = 20) -> dict[str, Any]:
    return {
        "Target": target,
        "Class": "config",
        "Type": kind,
        "MisconfSummary": {"Successes": successes, "Failures": len(rows)},
        "Misconfigurations": list(rows),
    }


def ran(of: Copies, *results: dict[str, Any], output: bytes | None = None) -> Ran:
    job = copies.job("x", of)
    content = json.dumps({"SchemaVersion": 2, "Results": list(results)}).encode()
    return Ran(job=job, exit_code=0, outputs={OUTPUT: content if output is None else output})


def answer(of: Copies, *results: dict[str, Any]) -> Answer:
    return trivy.answer(ran(of, *results))


DOCKER = copies.dockerfiles({"a/Dockerfile.prod": b"FROM x\n", "b.dockerfile": b"FROM y\n"})


def test_a_file_with_an_entry_was_read() -> None:
    found = answer(DOCKER, result("0/Dockerfile", "dockerfile", row()))
    assert found.read == {"0/Dockerfile"}
    (one,) = found.sightings
    assert (one.id, one.path, one.line, one.end) == ("DS-0017", "a/Dockerfile.prod", 3, 3)
    assert (one.severity, one.title, one.message) == (Severity.HIGH, "A title", "A message")


@pytest.mark.parametrize(
    "one",
    [
        result("0/Dockerfile", "dockerfile", successes=0),
        result("0/Dockerfile", "kubernetes"),
        result("2/Dockerfile", "dockerfile"),
        result("0/Dockerfile", "dockerfile") | {"Class": "secret"},
    ],
)
def test_what_proves_nothing(one: dict[str, Any]) -> None:
    assert answer(DOCKER, one) == Answer(sightings=(), read=frozenset())


def test_what_passed_is_no_finding() -> None:
    found = answer(DOCKER, result("0/Dockerfile", "dockerfile", row(Status="PASS")))
    assert found == Answer(sightings=(), read=frozenset({"0/Dockerfile"}))


def test_a_message_that_may_hold_a_secret_is_not_repeated() -> None:
    found = answer(DOCKER, result("0/Dockerfile", "dockerfile", row("DS-0031", Message="q7Zr")))
    assert "q7Zr" not in repr(found)


@pytest.mark.parametrize("name", ["AVD-DS-0002", "DS002", "DS-0002"])
def test_a_check_under_any_of_its_names(name: str) -> None:
    (one,) = answer(DOCKER, result("0/Dockerfile", "dockerfile", row(name))).sightings
    assert one.id == "DS-0002"


def test_former_names() -> None:
    assert aliases("DS-0002") == ("AVD-DS-0002", "DS002")
    assert aliases("KSV-0104") == ("AVD-KSV-0104", "KSV104")
    assert aliases("AWS-0086") == ("AVD-AWS-0086",)


def test_terraform_is_read_where_our_fault_is_found() -> None:
    files = {"main.tf": b"x\n", "m/x.tf.json": b"{}", "other.tf": b"\n"}
    made = copies.terraform(files)
    found = answer(
        made,
        result("tree", "terraform", row("AWS-0001", None)),
        result("tree/main.tf", "terraform", row(CANARY, 3), row("AWS-0086", 1), successes=0),
        result("tree/m/x.tf.json", "terraform", row(CANARY, 1), row(CANARY, 2), successes=0),
        result("tree/other.tf", "terraform", row(CANARY, 1), successes=0),
    )
    assert found.read == {"tree/main.tf", "tree/m/x.tf.json"}
    assert [(one.id, one.path, one.line) for one in found.sightings] == [
        ("AWS-0001", ".", None),
        ("AWS-0086", "main.tf", 1),
        (CANARY, "m/x.tf.json", 1),
        (CANARY, "other.tf", 1),
    ]


def test_lines_of_a_chart_are_not_those_of_its_files() -> None:
    files = {"c/Chart.yaml": b"", "c/templates/d.yaml": b"", "c/charts/s.tgz": b""}
    made = copies.charts(files, ["c/"])
    found = answer(
        made,
        result("0/templates/d.yaml", "helm", row("KSV-0001", 9)),
        result("0/charts/s.tgz:templates/x.yaml", "helm", row("KSV-0001", 9)),
    )
    assert found.read == {"0/templates/d.yaml"}
    assert [(one.path, one.line) for one in found.sightings] == [
        ("c/templates/d.yaml", None),
        ("c/Chart.yaml", None),
    ]


def test_a_template_in_which_nothing_is_filled_in_was_read() -> None:
    made = copies.charts({"c/Chart.yaml": b"", "c/templates/d.yaml": b""}, ["c/"])
    assert answer(made, result("0/templates/d.yaml", "kubernetes")).read == {"0/templates/d.yaml"}
    assert answer(made, result("0/templates/d.yaml", "dockerfile")).read == frozenset()


@pytest.mark.parametrize(
    "results",
    [
        [result("7/Dockerfile", "dockerfile", row())],
        [result("0/Dockerfile", "dockerfile", row("what is this"))],
        [result("0/Dockerfile", "dockerfile", row(Severity="AWFUL"))],
        [result("0/Dockerfile", "dockerfile", row(CauseMetadata=None))],
        [{"Class": "config"}],
        [result("0/Dockerfile", "dockerfile") | {"MisconfSummary": None}],
        [result("0/Dockerfile", "dockerfile") | {"Misconfigurations": [1]}],
    ],
)
def test_an_answer_that_makes_no_sense(results: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreadableOutputError):
        answer(DOCKER, *results)


@pytest.mark.parametrize("output", [b"", b"{", b"[]", b'{"SchemaVersion": 1}'])
def test_an_answer_that_is_none(output: bytes) -> None:
    with pytest.raises(UnreadableOutputError):
        trivy.answer(ran(DOCKER, output=output))


def test_a_run_without_an_output_file() -> None:
    job: Job = copies.job("x", DOCKER)
    with pytest.raises(UnreadableOutputError):
        trivy.answer(Ran(job=job, exit_code=0, outputs={}))


def test_every_check_that_is_ours_as_well_has_a_rule() -> None:
    assert {f"{CHECK}/{rule}" for rule in {*SAME.values(), *ALIKE.values()}} <= RULES.keys()
    assert not SAME.keys() & ALIKE.keys()


def test_the_order_is_ours() -> None:
    results = [result("1/Dockerfile", "dockerfile", row("DS-0017"), row("DS-0001"))]
    found = answer(DOCKER, *results, result("0/Dockerfile", "dockerfile", row("DS-0017")))
    assert list(trivy.by_rule(found.sightings)) == [
        ("DS-0001", "b.dockerfile"),
        ("DS-0017", "a/Dockerfile.prod"),
        ("DS-0017", "b.dockerfile"),
    ]
