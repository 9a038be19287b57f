"""What YAML and JSON files describe, in every form that means the same."""

from __future__ import annotations

import json

import pytest

from pipeline.discover.inside import kind_of_json, kind_of_yaml

OBJECT = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
STACK = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n"
COMPOSE = "services:\n  a:\n    image: a:1\n"
POD = {"apiVersion": "v1", "kind": "Pod"}


@pytest.mark.parametrize(
    "content",
    [
        OBJECT.encode(),
        b"#" + b"x" * 70_000 + b"\n" + OBJECT.encode(),
        b"\xef\xbb\xbf" + OBJECT.encode(),
        OBJECT.encode("utf-16"),
        b"\xfe\xff" + OBJECT.encode("utf-16-be"),
        OBJECT.replace("\n", "\r").encode(),
        OBJECT.replace("\n", "\r\n").encode(),
        "".join(f"        {line}\n" for line in OBJECT.splitlines()).encode(),
        b"{apiVersion: v1, kind: Pod}",
        json.dumps(POD).encode(),
        OBJECT.replace("apiVersion", '"api\\x56ersion"').encode(),
        b"a: 1\n--- {kind: Pod, apiVersion: v1}\n",
        b"{{ if x }}\napiVersion: v1\nkind: {{ kind }}\n{{ end }}\n",
    ],
)
def test_an_object_of_kubernetes(content: bytes) -> None:
    assert kind_of_yaml(content) == "kubernetes"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (STACK, "cloudformation"),
        (COMPOSE, "compose"),
        ("services:\n  a:\n    build: .\n", "compose"),
        ('"services" : {a: {"image": x}}\n', "compose"),
        # Services of other programs.
        ("services:\n  - image: a\n", ""),
        ("services:\n  a:\n    class: A\n    arguments: ['image: x']\n", ""),
        ("jobs:\n  a:\n    services:\n      b:\n        image: c\n", ""),
        ("services: [\nimage: a\n", ""),
        # Objects inside something else.
        ("a:\n  apiVersion: v1\n  kind: Pod\n", ""),
        ("- apiVersion: v1\n  kind: Pod\n", ""),
        (" apiVersion: v1\n kind: {{ x }\n", ""),
        ("apiVersion:\nkind:\n", ""),
        ("a text about apiVersion and kind", ""),
        ("", ""),
    ],
)
def test_other_yaml(content: str, kind: str) -> None:
    assert kind_of_yaml(content.encode()) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(POD, indent=1), "kubernetes"),
        (json.dumps({"items": [POD]}), ""),
        (json.dumps([POD]), ""),
        (json.dumps({"apiVersion": {"type": "string"}, "kind": {"type": "string"}}), ""),
        (json.dumps({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}), "cloudformation"),
        (json.dumps({"Resources": ["AWS::S3::Bucket"]}), ""),
        (json.dumps({"Resources": {"A": 1, "B": {"Type": ["AWS::"]}}}), ""),
        ('{"apiVersion": "v1", "kind": ', ""),
        ("{}", ""),
    ],
)
def test_json(content: str, kind: str) -> None:
    assert kind_of_json(content.encode()) == kind
