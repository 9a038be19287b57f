"""What Trivy is given: copies that nothing in them can silence, each with a proof of being read."""

from __future__ import annotations

import json

import pytest

from pipeline.checks.hardening.configuration import copies

DOCKER = copies.dockerfiles({"a/Dockerfile.prod": b"FROM x\n", "b.dockerfile": b"FROM y\n"})


def test_dockerfiles_have_the_name_that_trivy_knows() -> None:
    assert list(DOCKER.contents) == ["0/Dockerfile", "1/Dockerfile"]
    assert DOCKER.given["0/Dockerfile"].path == "a/Dockerfile.prod"


def test_nothing_in_a_file_silences_trivy() -> None:
    text = b"# trivy:ignore:DS-0002\nFROM x # tfsec:ignore:* exp:2030-01-01\nFROM trivy:0.74\n"
    (content,) = copies.dockerfiles({"Dockerfile": text}).contents.values()
    assert content == text.replace(b"trivy:ignore", b"trivy_ignore").replace(
        b"tfsec:ignore", b"tfsec_ignore"
    )


def test_manifests_are_handed_over_object_by_object() -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {}\n"
    text = b"# intro\n---\n" + pod + b"--- # two\n" + pod + b"---\nkind: Kustomization\n---\n\n"
    made = copies.manifests({"x.yaml": text})
    assert list(made.contents) == ["0-1.yaml", "0-2.yaml"]
    first, second = made.contents.values()
    assert first == b"\n" + b"\n" + pod
    # What Trivy reads no further than the first of stands alone, on the lines where it stood.
    assert second.splitlines().index(b"kind: Pod") == text.splitlines().index(b"kind: Pod", 5)
    assert {one.path for one in made.given.values()} == {"x.yaml"}


def test_the_way_in_which_lines_end_hides_no_object() -> None:
    pod = b"kind: Pod\rmetadata: {}\r"
    made = copies.manifests({"x.yaml": b"\xef\xbb\xbf" + pod, "y.yaml": b"---\r\n" + pod})
    assert [*made.contents.values()] == [
        b"kind: Pod\nmetadata: {}\n",
        b"\nkind: Pod\nmetadata: {}\n",
    ]


def test_lists_are_objects_as_well() -> None:
    assert copies.manifests({"x.yaml": b'"kind": List\n"items": []\n'}).given


def test_templates_are_called_by_what_is_in_them() -> None:
    made = copies.templates({"a.template": b' {"Resources": {}}', "b.template": b"Resources:\n"})
    assert list(made.contents) == ["0.json", "1.yaml"]


def test_each_terraform_file_has_a_fault_of_ours_on_a_line_of_its_own() -> None:
    made = copies.terraform(
        {"a/main.tf": b"one\ntwo", "a/x.tf.json": b'{\n"a": 1}', "a/ä.tf": b"", "../x.tf": b""}
    )
    assert list(made.contents) == ["tree/a/main.tf", "tree/a/x.tf.json"]
    text, json_text = (content.decode().splitlines() for content in made.contents.values())
    main, second = made.given.values()
    assert text[:2] == ["one", "two"]
    assert text[main.canary - 1].startswith('resource "aws_kms_key"')
    assert "aws_kms_key" in json_text[second.canary - 1]
    assert json.loads("".join(json_text))[1] == {"a": 1}
    assert json_text[second.shift] == "{"


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
    made = copies.charts(files, ["c/"])
    assert len(made.contents) == 6
    expected = [name for name, given in made.given.items() if given.kind == copies.HELM]
    assert expected == ["0/templates/d.yaml", "0/charts/s/templates/d.yml"]


def test_files_that_stand_alone_share_a_run_and_others_have_their_own() -> None:
    pods = copies.manifests({"x.yaml": b"kind: Pod\nmetadata: {}\n"})
    stacks = copies.templates({"a.template": b"Resources:\n"})
    modules = copies.terraform({"main.tf": b""})
    kinds = [
        (copies.DOCKERFILE, DOCKER),
        (copies.KUBERNETES, pods),
        (copies.HELM, copies.Copies()),
        (copies.TERRAFORM, modules),
        (copies.CLOUDFORMATION, stacks),
    ]
    alone, terraform = copies.jobs(kinds)
    assert (alone.name, terraform.name) == (copies.ALONE, copies.TERRAFORM)
    # None of them takes the name, and with it the place, of another.
    assert alone.notes == DOCKER.given | pods.given | stacks.given
    assert len(alone.notes) == len(DOCKER.given) + len(pods.given) + len(stacks.given)
    assert terraform.notes == modules.given


def test_the_run_is_sealed_and_adds_to_an_answer() -> None:
    job = copies.job("dockerfile", DOCKER)
    assert job.optional
    assert job.private
    assert not job.network
    assert job.inputs["files/0/Dockerfile"] == b"FROM x\n"
    assert job.arguments[-1] == "files"
    assert "own-settings.yaml" in job.inputs


def test_an_object_whose_name_is_made_later_has_one_now() -> None:
    text = b"kind: Pod\nmetadata: {generateName: x-, labels: {a: b}}\n"
    (content,) = copies.manifests({"x.yaml": text}).contents.values()
    assert content == b"kind: Pod\nmetadata: {name:         x-, labels: {a: b}}\n"
    assert len(content) == len(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # What was taken from a cluster has both, and a key may not be given twice.
        (b"kind: Pod\nmetadata:\n  generateName: x-\n  name: x-1\n", True),
        (b"kind: Pod\nmetadata:\n  generateName: x-\nspec:\n  name: x\n", False),
        (b'kind: Pod\nmetadata:\n  note: "a\n  name: b"\n  generateName: x-\n', False),
        (b"kind: Pod\nmetadata:\n  generateName: x-\n  a: [\n", False),
        (b"- kind: Pod\nkind: [generateName: x]\nmetadata:\n", False),
    ],
)
def test_an_object_that_has_a_name_keeps_it(text: bytes, kept: bool) -> None:
    (content,) = copies.manifests({"x.yaml": text}).contents.values()
    assert (content == text) is kept
    assert len(content) == len(text)
