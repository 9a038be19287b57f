from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.locks.node import (
    MAX_MANIFEST_BYTES,
    beside,
    manifest_of,
    name_of,
    source_of,
    split,
    version_in,
    version_of,
)
from pipeline.model import Origin, Source
from pipeline.tree import Tree


@pytest.mark.parametrize("name", ["a", "@x/a", "JSONStream", "a.b-c_d~e", "a" * 214])
def test_names(name: str) -> None:
    assert name_of(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "@x",
        "@x/",
        "a/b",
        "a@1",
        "https://u:p@x",
        "../a",
        "a\n",
        "a\0",
        "a" * 215,
        1,
        None,
    ],
)
def test_what_is_no_name(name: Any) -> None:
    assert name_of(name) is None


@pytest.mark.parametrize(
    ("value", "version"),
    [
        ("1.0.0-rc.1+build", "1.0.0-rc.1+build"),
        ("file:x", None),
        ("https://u:p@x", None),
        ("", None),
        (1, None),
    ],
)
def test_versions(value: Any, version: str | None) -> None:
    assert version_of(value) == version


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a@1", ("a", "1")),
        ("@x/a@npm:b@1", ("@x/a", "npm:b@1")),
        ("a", ("a", "")),
        ("@x/a", ("@x/a", "")),
        ("a b@1", (None, "1")),
        ("", (None, "")),
    ],
)
def test_split(text: str, parts: tuple[str | None, str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("https://registry.npmjs.org/a/-/a-1.2.3.tgz", "1.2.3"),
        ("https://registry.npmjs.org/@x/a-b2/-/a-b2-1.2.3-rc.1.tgz#0", "1.2.3-rc.1"),
        ("https://example.com/a/-/a-1.2.3.tgz", None),
        ("https://registry.npmjs.org/a", None),
    ],
)
def test_versions_in_addresses(url: str, version: str | None) -> None:
    assert version_in(url) == version


def test_the_registry_stays_itself_even_when_asked_by_url() -> None:
    url = "https://registry.npmjs.org/a/-/a-1.0.0.tgz"
    assert source_of(url, "", asked_by_url=True) == Source(url=url)
    assert source_of(None, "") == source_of("", "") == source_of(["x"], "") == Source()
    assert source_of("./a", "sub", own=True) == Source(origin=Origin.WORKSPACE, url="sub/a")


def test_manifests() -> None:
    manifest = manifest_of(
        {
            "name": "@x/app",
            "dependencies": {"a": "1", "b": 2},
            "devDependencies": {"a": "1"},
            "optionalDependencies": [],
            "workspaces": ["*"],
        }
    )
    assert manifest.name == "@x/app"
    assert manifest.shared
    assert manifest.groups("a") == {"default", "dev"}
    assert manifest.groups("b") == set()


@pytest.mark.parametrize("content", [None, "{", "[]", " " * (MAX_MANIFEST_BYTES + 1)])
def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "package.json").write_text(content)
    assert beside(Tree.at(tmp_path), "") is None
    assert beside(Tree.at(tmp_path), "..") is None


def test_the_manifest_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/package.json").write_text(json.dumps({"name": "app"}))
    manifest = beside(Tree.at(tmp_path), "sub")
    assert manifest
    assert (manifest.name, manifest.shared) == ("app", False)
