"""What other package managers leave in a repository; `test_projects` holds what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.discover import others
from pipeline.discover.manifests import NAMES
from pipeline.discover.projects import find_projects
from pipeline.locks import reader_of
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_in_here_that_a_reader_knows() -> None:
    assert not [name for name in others.LOCKS if reader_of(name)]
    assert not others.MANIFESTS.keys() & {*NAMES}
    assert not others.MANIFESTS.keys() & others.LOCKS.keys()


@pytest.mark.parametrize(
    ("name", "content", "asks"),
    [
        ("Package.swift", "dependencies: [ .package(url: x) ]", True),
        ("Package.swift", "let package = Package(name: x)", False),
        ("deno.jsonc", '// x\n{"imports": {"a": "npm:a@1"}}', True),
        ("deno.jsonc", '{"lint": {}}', False),
        ("vcpkg.json", '{"dependencies": [ { "name": "a" } ]}', True),
        ("vcpkg.json", '{"dependencies": []}', False),
        ("shard.yml", "dependencies:\n  a:\n    github: a/a\n", True),
        ("shard.yml", "name: dependencies\n", False),
        ("Podfile", "", True),  # only running it tells
        ("MODULE.bazel", 'module(name = "x")\nbazel_dep(name = "a", version = "1")\n', True),
        ("MODULE.bazel", 'module(name = "x")\n', False),
        (
            "WORKSPACE",
            'load("@b//:http.bzl", "http_archive")\nhttp_archive(\n    name = "a")',
            True,
        ),
        ("WORKSPACE", 'go_repository(name = "a")', True),
        ("WORKSPACE.bazel", 'workspace(name = "x")\n', False),
        ("bower.json", '{"devDependencies": {"a": "1"}}', True),
        ("bower.json", '{"dependencies": {}}', False),
        ("buf.yaml", "version: v1\ndeps:\n  - buf.build/a/b\n", True),
        ("buf.yaml", "version: v1\n", False),
        ("build.zig.zon", '.{ .dependencies = .{ .a = .{ .url = "https://x" } } }', True),
        ("build.zig.zon", ".{ .dependencies = .{} }", False),
        ("elm.json", '{"dependencies": {"direct": {"elm/core": "1.0.5"}}}', True),
        ("elm.json", '{"dependencies": {"direct": {}, "indirect": {}}}', False),
        ("flake.nix", '{ inputs.nixpkgs.url = "github:NixOS/nixpkgs"; }', True),
        ("flake.nix", "{ outputs = { self }: { }; }", False),
        ("jsonnetfile.json", '{"dependencies": [{"source": {"git": {"remote": "x"}}}]}', True),
        ("jsonnetfile.json", '{"dependencies": [{"source": {"local": {}}}]}', False),
        ("requirements.yml", "collections:\n  - name: a.b\n", True),
        ("requirements.yml", "- src: a.b\n  version: 1\n", True),
        ("requirements.yml", "---\n- name: a.b\n", True),
        ("requirements.yml", "# x\nroles:\n  - a.b\n", True),
        ("requirements.yml", "- a\n", False),
        ("requirements.yaml", "dependencies: []\n", False),
        ("requirements.yaml", "dependencies:\n- name: a\n  version: 1\n", False),
    ],
)
def test_a_manifest_may_ask_for_nothing(name: str, content: str, *, asks: bool) -> None:
    _, mark = others.MANIFESTS[name]
    assert bool(mark.search(content)) is asks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reqs.txt", True),
        ("test-deps.txt", True),
        ("requirements.pip", True),
        ("Requirements", True),
        ("packages.txt", True),
        ("requirements.md", False),
        ("depth.txt", False),
        ("robots.txt", False),
    ],
)
def test_names_of_requirements(name: str, *, expected: bool) -> None:
    assert others.may_be_requirements(name) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a==1.0\r\n\r\n# b\r\nc[x] >= 2 ; python_version > '3'\r\n", True),
        (b"-r other.txt\na @ https://example.com/a.whl\nb==1\n", True),
        (b"a\nb==1\n", True),
        (b"a  # why\n--hash=sha256:00\nb==1\n", True),
        (b"a b\nc==1\n", False),
        (b"a>=1\n", False),
        (b"if a == b then c\n", False),
        (b"", False),
        (b"\xff\xfe\x00", False),
    ],
)
def test_what_reads_like_requirements(content: bytes, *, expected: bool) -> None:
    assert others.reads_like_requirements(content) is expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("requirements.yaml", "dependencies: []\n", []),
        ("requirements.yml", "roles:\n  - a.b\n", [("Galaxy", None)]),
        ("WORKSPACE", "where we meet\n", []),
        ("MODULE.bazel", 'module(name = "x")\n', [("Bazel", 0)]),
    ],
)
def test_a_name_that_others_use_is_no_manifest_by_itself(
    tmp_path: Path, name: str, content: str, expected: list[tuple[str, int | None]]
) -> None:
    (tmp_path / name).write_text(content)
    found = find_projects(Tree.at(tmp_path), [name]).projects
    told = [(project.ecosystem, project.manifests[0].declared) for project in found]
    assert told == expected
