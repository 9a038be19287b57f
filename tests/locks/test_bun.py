from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

FILE = "bun.lock"
SHA512 = "sha512-" + "A" * 86 + "=="
HASH = "sha512:" + "00" * 64


def lock(packages: dict[str, Any], **root: Any) -> str:
    workspaces = {"": {"name": "app", **root}}
    data = {"lockfileVersion": 1, "workspaces": workspaces, "packages": packages}
    return json.dumps(data, indent=1)


def by_key(lock: Lock) -> dict[str, Package]:
    return {package.key: package for package in lock.packages}


def test_the_binary_lock_is_unsupported(lock_of: Reading) -> None:
    read = lock_of("bun.lockb", b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\0\0")
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]
    assert read.files == ("bun.lockb",)
    assert read.digest


@pytest.mark.parametrize("version", [-1, 3, True, "1", None, [1]])
def test_unknown_versions_are_refused(lock_of: Reading, version: Any) -> None:
    read = lock_of(FILE, json.dumps({"lockfileVersion": version, "packages": {}}))
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


def test_comments_and_trailing_commas(lock_of: Reading) -> None:
    text = """{
  // "packages": {"no": []},
  "lockfileVersion": 1, /* "
  , } */
  "packages": {
    "a": ["a@1.0.0", "", {"os": "linux", "bin": {"x": "//,]"},}, "%s",], // ,
  },
}
"""
    read = lock_of(FILE, text % SHA512)
    assert [(p.key, p.location.line, p.markers, p.hashes) for p in read.packages] == [
        ("a==1.0.0", 6, "os: linux", (HASH,))
    ]
    assert read.unread == ()


def test_syntax_errors_keep_their_place(lock_of: Reading) -> None:
    read = lock_of(FILE, '{\n  // comment\n  "lockfileVersion": 1,\n  "packages": oh,\n}\n')
    where = read.unread[0].location
    assert (where.line, where.column) == (4, 15)
    read = lock_of(FILE, '{"lockfileVersion": 1,\n"packages": {"a": [],\n"a": [],}}')
    assert read.unread[0].location.line == 3


def test_who_asks_finds_the_nearest(lock_of: Reading) -> None:
    text = lock(
        {
            "a": ["a@1.0.0", "", {"dependencies": {"b": "2", "@s/c": "1"}}, SHA512],
            "b": ["b@1.0.0", "", {}, SHA512],
            "@s/c": ["@s/c@1.0.0", "", {"peerDependencies": {"b": "*", "gone": "*"}}, SHA512],
            "@s/b": ["@s/b@9.0.0", "", {}, SHA512],
            "a/b": ["b@2.0.0", "", {"bundled": True}],
            "alias": ["@s/real@3.0.0", "", {}, SHA512],
        },
        dependencies={"a": "1"},
        devDependencies={"alias": "npm:@s/real@3"},
    )
    packages = by_key(lock_of(FILE, text))
    assert {key: package.requires for key, package in packages.items() if package.requires} == {
        "app": ("@s/real", "a"),
        "a==1.0.0": ("@s/c", "b==2.0.0"),
        "@s/c==1.0.0": ("b==1.0.0",),
    }
    assert packages["b==2.0.0"].groups == ("bundled", "default")
    assert packages["@s/real==3.0.0"].groups == ("dev",)
    assert {key for key, package in packages.items() if package.direct} == {
        "a==1.0.0",
        "@s/real==3.0.0",
    }


def test_members_of_the_workspace(lock_of: Reading) -> None:
    text = json.dumps(
        {
            "lockfileVersion": 1,
            "workspaces": {
                "": {"name": "app"},
                "packages/w": {"name": "w", "version": "0.1.0", "dependencies": {"a": "1"}},
                "packages/unnamed": {},
            },
            "packages": {
                "w": ["w@workspace:packages/w"],
                "x": ["x@workspace:packages/x"],
                "a": ["a@2.0.0", "", {}, SHA512],
                "w/a": ["a@1.0.0", "", {}, SHA512],
            },
        },
        indent=1,
    )
    read = lock_of(f"sub/{FILE}", text)
    assert {key: package.source for key, package in by_key(read).items()} == {
        "app": Source(origin=Origin.WORKSPACE, url="sub"),
        "w==0.1.0": Source(origin=Origin.WORKSPACE, url="sub/packages/w"),
        "x": Source(origin=Origin.WORKSPACE, url="sub/packages/x"),
        "a==2.0.0": Source(),
        "a==1.0.0": Source(),
    }
    assert by_key(read)["w==0.1.0"].requires == ("a==1.0.0",)
    assert [(unread.location.line, unread.why) for unread in read.unread] == [
        (14, "a member of the workspace without a valid name")
    ]


@pytest.mark.parametrize(
    ("entry", "source", "version"),
    [
        (["a@1.0.0", "", {}, SHA512], Source(), "1.0.0"),
        (
            ["a@1.0.0", "https://u:p@npm.example.com/a.tgz", {}, SHA512],
            Source(origin=Origin.INDEX, url="https://npm.example.com/a.tgz"),
            "1.0.0",
        ),
        (
            ["a@https://example.com/a.tgz", {}, SHA512],
            Source(origin=Origin.URL, url="https://example.com/a.tgz"),
            None,
        ),
        (
            ["a@https://registry.npmjs.org/a/-/a-1.2.3.tgz", {}, SHA512],
            Source(url="https://registry.npmjs.org/a/-/a-1.2.3.tgz"),
            "1.2.3",
        ),
        (
            ["a@github:x/a#0123", {}, "x-a-0123"],
            Source(origin=Origin.VCS, url="https://github.com/x/a"),
            None,
        ),
        (
            ["a@git+ssh://git@example.com/a#0123", {}, "0123"],
            Source(origin=Origin.VCS, url="git+ssh://example.com/a"),
            None,
        ),
        (["a@file:v/a", {}], Source(origin=Origin.PATH, url="v/a"), None),
        (["a@v/a-1.0.0.tgz", {}, SHA512], Source(origin=Origin.PATH, url="v/a-1.0.0.tgz"), None),
        (["a@link:../a", {}], Source(origin=Origin.PATH, url="../a"), None),
    ],
)
def test_sources(lock_of: Reading, entry: list[Any], source: Source, version: str | None) -> None:
    read = lock_of(FILE, lock({"a": entry}))
    assert [(p.source, p.version) for p in read.packages[1:]] == [(source, version)]
    assert read.unread == ()


@pytest.mark.parametrize(
    ("key", "entry"),
    [("a", {}), ("a", []), ("a", [1]), ("a", ["no name@1"]), ("/".join("a" * 90), ["a@1.0.0"])],
)
def test_what_cannot_be_read_is_named(lock_of: Reading, key: str, entry: Any) -> None:
    read = lock_of(FILE, lock({key: entry}))
    assert [(unread.location.line, unread.why) for unread in read.unread] == [
        (9, "a package without a valid name or content")
    ]


def test_no_packages_is_not_the_same_as_none(lock_of: Reading) -> None:
    assert [u.why for u in lock_of(FILE, '{"lockfileVersion": 1}').unread] == ["no `packages`"]
