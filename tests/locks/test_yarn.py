from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.locks import yarn
from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

FILE = "yarn.lock"
HEAD = "# yarn lockfile v1\n\n"
BERRY = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"
SHA512 = "sha512-" + "A" * 86 + "=="
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
HASH = "sha512:" + "00" * 64


def by_key(lock: Lock) -> dict[str, Package]:
    return {package.key: package for package in lock.packages}


def manifest(**tables: Any) -> dict[str, str | bytes]:
    return {"package.json": json.dumps({"name": "app", **tables})}


# ------------------------------------------------------------------------------------ version 1


def test_version_1(lock_of: Reading) -> None:
    text = (
        HEAD
        + f"""a@^1.0.0, "a@npm:^1.1.0":
  version "1.2.0"
  resolved "https://registry.yarnpkg.com/a/-/a-1.2.0.tgz#{SHA1}"
  integrity {SHA512}
  dependencies:
    "@x/b" "^2.0.0"
  optionalDependencies:
    c "*"

"@x/b@^2.0.0":
  version "2.0.0"
  resolved "https://u:p@npm.example.com/b.tgz?token=t#{SHA1}"

"alias@npm:c@^3.0.0", c@*:
  version "3.0.0"
"""
    )
    wanted = {"a": "^1.0.0"}
    read = lock_of(FILE, text, manifest(dependencies=wanted, devDependencies={"c": "*"}))
    assert read.unread == ()
    packages = by_key(read)
    assert {key: package.location.line for key, package in packages.items()} == {
        "a==1.2.0": 3,
        "@x/b==2.0.0": 12,
        "c==3.0.0": 16,
    }
    assert packages["a==1.2.0"].hashes == (HASH,)
    assert packages["a==1.2.0"].requires == ("@x/b", "c")
    assert packages["@x/b==2.0.0"].hashes == (f"sha1:{SHA1}",)
    assert packages["@x/b==2.0.0"].source == Source(
        origin=Origin.INDEX, url="https://npm.example.com/b.tgz"
    )
    assert {key: package.groups for key, package in packages.items()} == {
        "a==1.2.0": ("default",),
        "@x/b==2.0.0": ("default",),
        "c==3.0.0": ("default", "dev"),
    }
    assert {key: package.direct for key, package in packages.items()} == {
        "a==1.2.0": True,
        "@x/b==2.0.0": False,
        "c==3.0.0": True,
    }


@pytest.mark.parametrize(
    ("files", "direct"),
    [({}, None), (manifest(), False), (manifest(workspaces=["*"]), None)],
)
def test_version_1_tells_direct_packages_by_the_whole_manifest_only(
    lock_of: Reading, files: dict[str, str | bytes], direct: bool | None
) -> None:
    read = lock_of(FILE, HEAD + 'a@1:\n  version "1.0.0"\n', files)
    assert [package.direct for package in read.packages] == [direct]


@pytest.mark.parametrize(
    ("pattern", "resolved", "origin"),
    [
        ("a@git+https://u:p@example.com/a.git", "git+https://u:p@example.com/a.git#0", Origin.VCS),
        ("a@x/a", "https://codeload.github.com/x/a/tar.gz/0123", Origin.VCS),
        ("a@https://example.com/a.tgz", f"https://example.com/a.tgz#{SHA1}", Origin.URL),
        ("a@file:vendor/a", "", Origin.PATH),
        ("a@./vendor/a", "", Origin.PATH),
        ("a@link:../a", "", Origin.PATH),
        ("a@^1", "", Origin.REGISTRY),
    ],
)
def test_sources_of_version_1(
    lock_of: Reading, pattern: str, resolved: str, origin: Origin
) -> None:
    text = HEAD + f'"{pattern}":\n  version "1.0.0"\n'
    text += f'  resolved "{resolved}"\n' if resolved else ""
    read = lock_of(FILE, text)
    assert [package.source.origin for package in read.packages] == [origin]
    assert read.unread == ()
    assert "u:p" not in repr(read)


def test_version_1_with_other_line_ends_and_a_byte_order_mark(lock_of: Reading) -> None:
    text = (HEAD + 'a@1:\n  version "1.0.0"\n').replace("\n", "\r\n")
    read = lock_of(FILE, b"\xef\xbb\xbf" + text.encode())
    assert [(package.key, package.location.line) for package in read.packages] == [("a==1.0.0", 3)]
    assert read.unread == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a@1:\n  version "1"\n  version "2"\n', 5),
        ('a@1:\n  version "1"\n\na@1:\n  version "2"\n', 6),
        ('a@1:\n  version "1"\n<<<<<<< HEAD\n', 5),
        ('a@1:\n  version "1"\n   odd "1"\n', 5),
        ('a@1:\n  version "1"\n    b "1"\n', 5),
        ('a@1:\n  version "1"\n  dependencies\n', 5),
        ('a@1:\n  version "1"\n  dependencies:\n    b\n', 6),
        ('  version "1"\na@1:\n', 3),
        ('a@1, b@2:\n  version "1"\n', 3),
        ('"no name@1":\n  version "1"\n', 3),
        ('"a@1\\q":\n  version "1"\n', 3),
        ("a@1, " * 20_001 + "a@1:\n", 3),
    ],
)
def test_version_1_names_the_line_it_cannot_read(lock_of: Reading, text: str, line: int) -> None:
    read = lock_of(FILE, HEAD + text)
    assert line in [unread.location.line for unread in read.unread]


# ---------------------------------------------------------------------------------------- berry


@pytest.mark.parametrize(
    "text",
    [
        "__metadata:\n  version: 3\n",
        "__metadata:\n  version: 99\n",
        "__metadata:\n  version: [8]\n",
        "a: {}\n",
        "",
        "# yarn lockfile v2",
    ],
)
def test_unknown_versions_are_refused(lock_of: Reading, text: str) -> None:
    read = lock_of(FILE, text)
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


def test_berry(lock_of: Reading) -> None:
    text = (
        BERRY
        + f"""
"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.2.0
  resolution: "a@npm:1.2.0"
  dependencies:
    b: "npm:^2.0.0"
    c: ^3.0.0
  checksum: 10c0/{"ab" * 64}
  conditions: os=linux
  languageName: node
  linkType: hard

"alias@npm:b@^2.0.0, b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0::__archiveUrl=https%3A%2F%2Fnpm.example.com%2Fb.tgz&x=1"

"c@npm:^3.0.0":
  version: 3.0.0
  resolution: "c@npm:3.0.0"
  checksum: 10c0/short

"c@patch:c@npm%3A^3.0.0#~builtin<compat/c>":
  version: 3.0.0
  resolution: "c@patch:c@npm%3A3.0.0#~builtin<compat/c>::version=3.0.0&hash=0"

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    a: "npm:^1.0.0"
    b: "npm:^2.0.0"
  linkType: soft
"""
    )
    files = manifest(dependencies={"a": "^1.0.0"}, devDependencies={"b": "^2.0.0"})
    read = lock_of(FILE, text, files)
    assert read.unread == ()
    a, b, c, patched, app = read.packages
    assert [package.location.line for package in read.packages] == [6, 17, 21, 26, 30]
    assert a.hashes == ("yarn:" + "ab" * 64,)
    assert (a.requires, a.markers, a.groups, a.direct) == (
        ("b", "c"),
        "os=linux",
        ("default",),
        True,
    )
    assert b.source == Source(origin=Origin.INDEX, url="https://npm.example.com/b.tgz")
    assert (b.groups, b.direct, c.groups, c.direct) == (
        ("default", "dev"),
        True,
        ("default",),
        False,
    )
    assert c.hashes == ()
    assert (patched.key, patched.source, patched.groups) == ("c==3.0.0", Source(), ("default",))
    assert (app.key, app.source.origin, app.direct) == ("app", Origin.WORKSPACE, None)


@pytest.mark.parametrize(
    ("resolution", "source"),
    [
        ("a@workspace:packages/a", Source(origin=Origin.WORKSPACE, url="packages/a")),
        ("a@workspace:../a", Source(origin=Origin.PATH, url="../a")),
        ("a@file:v/a#v/a::hash=0&locator=x", Source(origin=Origin.PATH, url="v/a")),
        ("a@portal:../a::locator=x", Source(origin=Origin.PATH, url="../a")),
        (
            "a@https://u:p@github.com/a/a.git#commit=0",
            Source(origin=Origin.VCS, url="https://github.com/a/a.git"),
        ),
        (
            "a@https://example.com/a.tgz",
            Source(origin=Origin.URL, url="https://example.com/a.tgz"),
        ),
    ],
)
def test_sources_of_berry(lock_of: Reading, resolution: str, source: Source) -> None:
    text = BERRY + f'"{resolution}":\n  version: 1.0.0\n  resolution: "{resolution}"\n'
    read = lock_of(FILE, text)
    assert [package.source for package in read.packages] == [source]
    assert read.unread == ()


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ('"a@npm:1": text\n', 5),
        ('"a@npm:1":\n  version: 1.0.0\n', 5),
        ('"a@npm:1":\n  resolution: "a@exotic:1"\n', 5),
        ('"a@npm:1":\n  resolution: "a"\n', 5),
        ('"a@npm:1":\n  resolution: "a@npm:1"\n"a@npm:1, a@npm:2":\n  resolution: "a@npm:2"\n', 7),
        ('"a@npm:1":\n  resolution: "a@npm:1"\n"a@npm:1":\n  resolution: "a@npm:2"\n', 7),
        ('"a@npm:1": &x\n  resolution: "a@npm:1"\n', 5),
        ('"a@npm:1": *x\n', 5),
        ("--- a\n", 5),
    ],
)
def test_berry_names_the_line_it_cannot_read(lock_of: Reading, entry: str, line: int) -> None:
    read = lock_of(FILE, BERRY + entry)
    assert line in [unread.location.line for unread in read.unread]


def test_berry_without_a_member_does_not_tell_what_is_direct(lock_of: Reading) -> None:
    read = lock_of(FILE, BERRY + '"a@npm:1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n')
    assert [package.direct for package in read.packages] == [None]


def test_too_many_members_are_not_all_looked_at(
    lock_of: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yarn, "MAX_MEMBERS", 0)
    text = BERRY + '"app@workspace:.":\n  resolution: "app@workspace:."\n'
    text += '"a@npm:1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n'
    assert [package.direct for package in lock_of(FILE, text).packages] == [None, None]


def test_what_resolutions_override_is_still_needed(lock_of: Reading) -> None:
    text = BERRY + (
        '"app@workspace:.":\n  resolution: "app@workspace:."\n'
        '  dependencies:\n    a: "npm:^1.0.0"\n'
        '"a@npm:1.2.0":\n  version: 1.2.0\n  resolution: "a@npm:1.2.0"\n'
        '  dependencies:\n    b: "npm:^3.0.0"\n    c: "npm:^9.0.0"\n'
        '"b@npm:4.0.0":\n  version: 4.0.0\n  resolution: "b@npm:4.0.0"\n'
        # Of two versions nobody can tell which one is meant.
        '"c@npm:1.0.0":\n  version: 1.0.0\n  resolution: "c@npm:1.0.0"\n'
        '"c@npm:2.0.0":\n  version: 2.0.0\n  resolution: "c@npm:2.0.0"\n'
    )
    packages = {package.key: package for package in lock_of(FILE, text).packages}
    assert packages["a==1.2.0"].requires == ("b",)
    assert packages["a==1.2.0"].direct
    assert not packages["b==4.0.0"].direct


def test_classic_resolutions(lock_of: Reading) -> None:
    text = '# yarn lockfile v1\n\n\na@1:\n  version "1.0.0"\n  dependencies:\n    b "^1"\n\n'
    text += 'b@2.0.0:\n  version "2.0.0"\n'
    packages = {package.key: package for package in lock_of(FILE, text).packages}
    assert packages["a==1.0.0"].requires == ("b",)
