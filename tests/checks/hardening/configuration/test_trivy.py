"""What Trivy is given, and what is made of its answer: without Trivy, from what it wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.checks.hardening.configuration import trivy
from pipeline.checks.hardening.configuration.trivy import (
    ALIKE,
    CANARY,
    SAME,
    Answer,
    Copies,
    aliases,
)
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


def ran(copies: Copies, *results: dict[str, Any], output: bytes | None = None) -> Ran:
    job = trivy.job("x", copies)
    content = json.dumps({"SchemaVersion": 2, "Results": list(results)}).encode()
    return Ran(job=job, exit_code=0, outputs={OUTPUT: content if output is None else output})


def answer(copies: Copies, *results: dict[str, Any]) -> Answer:
    return trivy.answer(ran(copies, *results))


DOCKER = trivy.dockerfiles({"a/Dockerfile.prod": b"FROM x\n", "b.dockerfile": b"FROM y\n"})


# ------------------------------------------------------------------------------------ copies


def test_dockerfiles_have_the_name_that_trivy_knows() -> None:
    assert list(DOCKER.contents) == ["0/Dockerfile", "1/Dockerfile"]
    assert DOCKER.given["0/Dockerfile"].path == "a/Dockerfile.prod"


def test_nothing_in_a_file_silences_trivy() -> None:
    text = b"# trivy:ignore:DS-0002\nFROM x # tfsec:ignore:* exp:2030-01-01\nFROM trivy:0.74\n"
    (content,) = trivy.dockerfiles({"Dockerfile": text}).contents.values()
    assert content == text.replace(b"trivy:ignore", b"trivy_ignore").replace(
        b"tfsec:ignore", b"tfsec_ignore"
    )


def test_manifests_are_handed_over_object_by_object() -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {}\n"
    text = b"# intro\n---\n" + pod + b"--- # two\n" + pod + b"---\nkind: Kustomization\n---\n\n"
    copies = trivy.manifests({"x.yaml": text})
    assert list(copies.contents) == ["0-1.yaml", "0-2.yaml"]
    first, second = copies.contents.values()
    assert first == b"\n" + b"\n" + pod
    # What Trivy reads no further than the first of stands alone, on the lines where it stood.
    assert second.splitlines().index(b"kind: Pod") == text.splitlines().index(b"kind: Pod", 5)
    assert {one.path for one in copies.given.values()} == {"x.yaml"}


def test_lists_are_objects_as_well() -> None:
    assert trivy.manifests({"x.yaml": b'"kind": List\n"items": []\n'}).given


def test_templates_are_called_by_what_is_in_them() -> None:
    copies = trivy.templates({"a.template": b' {"Resources": {}}', "b.template": b"Resources:\n"})
    assert list(copies.contents) == ["0.json", "1.yaml"]


def test_each_terraform_file_has_a_fault_of_ours_on_a_line_of_its_own() -> None:
    copies = trivy.terraform(
        {"a/main.tf": b"one\ntwo", "a/x.tf.json": b'{\n"a": 1}', "a/ä.tf": b"", "../x.tf": b""}
    )
    assert list(copies.contents) == ["tree/a/main.tf", "tree/a/x.tf.json"]
    text, made = (content.decode().splitlines() for content in copies.contents.values())
    main, second = copies.given.values()
    assert text[:2] == ["one", "two"]
    assert text[main.canary - 1].startswith('resource "aws_kms_key"')
    assert "aws_kms_key" in made[second.canary - 1]
    assert json.loads("".join(made))[1] == {"a": 1}
    assert made[second.shift] == "{"


def test_a_chart_is_copied_with_all_that_it_needs() -> None:
    files = {
        "c/Chart.yaml": b"",
        "c/values.yaml": b"",
        "c/templates/d.yaml": b"",
        "c/templates/_help.tpl": b"",
        "c/templates/_help.yaml": b"",
        "c/charts/s/templates/d.yml": b"",
        "c/templates/\n.yaml": b"",
        "other/Chart.yaml": b"",
    }
    copies = trivy.charts(files, ["c/"])
    assert len(copies.contents) == 6
    expected = [name for name, given in copies.given.items() if given.kind == trivy.HELM]
    assert expected == ["0/templates/d.yaml", "0/charts/s/templates/d.yml"]


def test_the_run_is_sealed_and_adds_to_an_answer() -> None:
    job = trivy.job("dockerfile", DOCKER)
    assert job.optional
    assert job.private
    assert not job.network
    assert job.inputs["files/0/Dockerfile"] == b"FROM x\n"
    assert job.arguments[-1] == "files"
    assert "own-settings.yaml" in job.inputs


# ------------------------------------------------------------------------------------ answers


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
    copies = trivy.terraform(files)
    found = answer(
        copies,
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
    copies = trivy.charts(files, ["c/"])
    found = answer(
        copies,
        result("0/templates/d.yaml", "helm", row("KSV-0001", 9)),
        result("0/charts/s.tgz:templates/x.yaml", "helm", row("KSV-0001", 9)),
    )
    assert found.read == {"0/templates/d.yaml"}
    assert [(one.path, one.line) for one in found.sightings] == [
        ("c/templates/d.yaml", None),
        ("c/Chart.yaml", None),
    ]


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
    job: Job = trivy.job("x", DOCKER)
    with pytest.raises(UnreadableOutputError):
        trivy.answer(Ran(job=job, exit_code=0, outputs={}))


def test_every_check_that_is_ours_as_well_has_a_rule() -> None:
    assert {f"{CHECK}/{rule}" for rule in {*SAME.values(), *ALIKE.values()}} <= RULES.keys()
    assert not SAME.keys() & ALIKE.keys()
