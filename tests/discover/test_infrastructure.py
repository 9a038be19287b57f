"""Containers and where they run: by name, and by a look inside."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pipeline.discover.infrastructure import find_infrastructure
from pipeline.model import Gap
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

_OBJECT = b"apiVersion: v1\nkind: Pod\n"


def kinds(root: Path, files: dict[str, bytes]) -> dict[str, list[str]]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    found = find_infrastructure(Tree.at(root), sorted(files))
    assert found.unread == []
    return {
        "docker": found.dockerfiles,
        "compose": found.compose,
        "kubernetes": found.kubernetes,
        "terraform": found.terraform,
        "helm": found.helm,
        "cloudformation": found.cloudformation,
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Dockerfile", "docker"), ("a/Dockerfile.prod", "docker"), ("web.dockerfile", "docker"),
        ("Containerfile", "docker"), ("dockerfile", "docker"), ("Dockerfile.dockerignore", None),
        ("dockerfile.py", None), ("Dockerfile.5.md", None), ("Dockerfile.tmpl", "docker"),
        ("Dockerfiles", None), ("MyDockerfile", None), ("compose.yml", "compose"),
        ("docker-compose.prod.yaml", "compose"), ("a/compose.override.yaml", "compose"),
        ("recompose.yml", None), ("main.tf", "terraform"), ("x.tf.json", "terraform"),
        ("x.tfvars", None), ("x.json", None), ("x.tofu", "terraform"),
    ],
)  # fmt: skip
def test_known_by_name(tmp_path: Path, name: str, kind: str | None) -> None:
    assert kinds(tmp_path, {name: b""}) == {
        one: [name] if one == kind else []
        for one in ("docker", "compose", "kubernetes", "terraform", "helm", "cloudformation")
    }


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile-alpine", "a/Dockerfile_dev", "web.docker", "prod-dockerfile",
        "images/Dockerfile/web", "dockerfiles/web",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("content", "is_one"), [(b"FROM a\n", True), (b"from a place\n", False)])
def test_what_is_nearly_named_like_a_dockerfile_has_to_begin_as_one(
    tmp_path: Path, name: str, content: bytes, *, is_one: bool
) -> None:
    assert kinds(tmp_path, {name: content})["docker"] == ([name] if is_one else [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (_OBJECT, True),
        (b"# a comment\r\nkind: List\r\napiVersion: v1\r\n", True),
        (b"{{ if x }}\napiVersion: {{ y }}\nkind: Job\n{{ end }}", True),
        (b"'apiVersion': v1\n\"kind\" : Pod\n", True),
        (b"a: 1\n---\napiVersion: v1\nkind: Pod", True),
        (b"kind: Pod\n", False),
        (b"x:\n  apiVersion: v1\n  kind: Pod\n", False),
        (b"apiVersion:\nkind:\n", False),
        (b"#" * 65536 + b"\n" + _OBJECT, True),
        (b"\xff\xfe\0", False),
    ],
)
def test_kubernetes_objects_are_known_by_their_keys(
    tmp_path: Path,
    content: bytes,
    expected: bool,
) -> None:
    found = kinds(tmp_path, {"deploy/x.yaml": content, ".github/workflows/x.yml": _OBJECT})
    assert found["kubernetes"] == (["deploy/x.yaml"] if expected else [])


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_kustomize_need_not_say_what_it_is(tmp_path: Path, name: str) -> None:
    assert kinds(tmp_path, {f"base/{name}": b"resources: []\n"})["kubernetes"] == [f"base/{name}"]


def test_what_cannot_be_looked_into_is_reported(tmp_path: Path) -> None:
    (tmp_path / "outside.yml").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.yml")
    found = find_infrastructure(Tree.at(tmp_path), ["outside.yml", "pipe.yml"])
    assert [(part.location.path, part.gap) for part in found.unread] == [
        ("outside.yml", Gap.INPUT_MISSING),
        ("pipe.yml", Gap.INPUT_MISSING),
    ]


def test_a_chart_and_what_it_is_rendered_with(tmp_path: Path) -> None:
    templates = [
        "web/charts/db/templates/x.yaml",
        "web/templates/_help.tpl",
        "web/templates/d.yaml",
    ]
    values = ["web/charts/db/Chart.yaml", "web/values.prod.yaml", "web/.helmignore"]
    values += ["web/requirements.lock"]
    beside = ["web/README.md", "web/ci/pod.yaml", "other/templates/d.yaml"]
    files = ["web/Chart.yaml", *templates, *values, *beside]
    found = kinds(tmp_path, dict.fromkeys(files, _OBJECT))
    assert found["helm"] == sorted(["web/Chart.yaml", *templates, *values])
    # What only a chart understands is no manifest; its other files may be both.
    assert found["kubernetes"] == [
        "other/templates/d.yaml",
        "web/ci/pod.yaml",
        "web/values.prod.yaml",
    ]


def test_a_chart_at_the_root_is_not_the_whole_repository(tmp_path: Path) -> None:
    found = kinds(
        tmp_path, dict.fromkeys(["Chart.yaml", "templates/a.yaml", "k8s/a.yaml"], _OBJECT)
    )
    assert found["helm"] == ["Chart.yaml", "templates/a.yaml"]
    assert found["kubernetes"] == ["k8s/a.yaml"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("s3.yaml", b"AWSTemplateFormatVersion: 2010-09-09\n", True),
        ("s3.yml", b"Resources:\n  B:\n    Type: AWS::S3::Bucket\n", True),
        ("my-stack.json", b'{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}', True),
        ("s3.template", b'{"AWSTemplateFormatVersion": "2010-09-09"}', True),
        ("s3.json", b'{"AWSTemplateFormatVersion": "2010-09-09"}', False),
        ("s3.yaml", b"see: AWS::S3\n", False),
    ],
)
def test_templates_of_cloudformation(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    assert kinds(tmp_path, {name: content})["cloudformation"] == ([name] if expected else [])


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (b"# a comment\n\n  FROM x\n", True),
        (b"ARG a\nFROM x\n", True),
        (b"from __future__ import annotations\n", False),
        (b'"""FROM x"""\n', False),
        (b"", False),
    ],
)
def test_code_about_dockerfiles_is_none(tmp_path: Path, content: bytes, is_one: bool) -> None:
    found = kinds(tmp_path, {"dockerfile.py": content})
    assert found["docker"] == (["dockerfile.py"] if is_one else [])
