from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.locks import draft, npm
from pipeline.model import Gap, Lock, Origin, Package, Source

from .conftest import Reading

FILE = "package-lock.json"
SHA512 = "sha512-" + "A" * 86 + "=="
HASH = "sha512:" + "00" * 64


def lock(version: Any, **tables: Any) -> str:
    return json.dumps({"name": "app", "lockfileVersion": version, **tables}, indent=2)


def v3(packages: dict[str, Any], root: dict[str, Any] | None = None) -> str:
    return lock(3, packages={"": {"name": "app", **(root or {})}, **packages})


def one(lock: Lock, name: str) -> Package:
    (package,) = [package for package in lock.packages if package.name == name]
    return package


def whys(lock: Lock) -> list[str]:
    return [unread.why for unread in lock.unread]


@pytest.mark.parametrize("version", [0, 4, "3", True, 1.0, None, [3]])
def test_unknown_versions_are_refused(lock_of: Reading, version: Any) -> None:
    read = lock_of(FILE, lock(version, packages={"": {}}, dependencies={}))
    assert read.packages == ()
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


@pytest.mark.parametrize(
    ("resolved", "spec", "source"),
    [
        (None, "^1", Source()),
        (
            "https://registry.npmjs.org/a/-/a-1.0.0.tgz",
            "^1",
            Source(url="https://registry.npmjs.org/a/-/a-1.0.0.tgz"),
        ),
        (
            "http://registry.npmjs.org/a/-/a-1.0.0.tgz",
            "^1",
            Source(url="http://registry.npmjs.org/a/-/a-1.0.0.tgz"),
        ),
        (
            "https://u:p@npm.example.com:8443/a/-/a-1.0.0.tgz?t=s#x",
            "^1",
            Source(origin=Origin.INDEX, url="https://npm.example.com:8443/a/-/a-1.0.0.tgz"),
        ),
        (
            "https://registry.npmjs.org.example.com/a.tgz",
            "^1",
            Source(origin=Origin.INDEX, url="https://registry.npmjs.org.example.com/a.tgz"),
        ),
        (
            "https://registry.npmjs.org@example.com/a.tgz",
            "^1",
            Source(origin=Origin.INDEX, url="https://example.com/a.tgz"),
        ),
        (
            "https://example.com/a.tgz",
            "https://example.com/a.tgz",
            Source(origin=Origin.URL, url="https://example.com/a.tgz"),
        ),
        (
            "git+ssh://git@github.com/a/a.git#0123",
            "github:a/a",
            Source(origin=Origin.VCS, url="git+ssh://github.com/a/a.git"),
        ),
        ("file:../a.tgz", "file:../a.tgz", Source(origin=Origin.PATH, url="../a.tgz")),
    ],
)
def test_sources(lock_of: Reading, resolved: str | None, spec: str, source: Source) -> None:
    entry = {"version": "1.0.0", "integrity": SHA512, "resolved": resolved}
    read = lock_of(FILE, v3({"node_modules/a": entry}, {"dependencies": {"a": spec}}))
    assert one(read, "a").source == source
    assert one(read, "a").hashes == (HASH,)
    assert read.unread == ()


def test_a_place_that_is_no_url_is_not_shown(lock_of: Reading) -> None:
    entry = {"version": "1.0.0", "resolved": "token:hunter2"}
    read = lock_of(FILE, v3({"node_modules/a": entry}))
    assert one(read, "a").source == Source(origin=Origin.INDEX)
    assert whys(read) == ["a package from a place that is no URL"]
    assert "hunter2" not in repr(read)


@pytest.mark.parametrize(
    ("integrity", "hashes"),
    [
        (f"sha1-{'A' * 27}= {SHA512}", ("sha1:" + "00" * 20, HASH)),
        (f"{SHA512}?option", (HASH,)),
        ("sha512-AAAA", ()),
        ("sha512-!", ()),
        ("sha3-" + "A" * 86 + "==", ()),
        ("", ()),
        (7, ()),
    ],
)
def test_only_whole_hashes_count(lock_of: Reading, integrity: Any, hashes: tuple[str, ...]) -> None:
    entry = {"version": "1.0.0", "integrity": integrity}
    assert one(lock_of(FILE, v3({"node_modules/a": entry})), "a").hashes == hashes


def test_flags(lock_of: Reading) -> None:
    read = lock_of(
        FILE,
        v3(
            {
                "node_modules/a": {"version": "1.0.0", "devOptional": True},
                "node_modules/b": {
                    "version": "1.0.0",
                    "peer": True,
                    "hasInstallScript": True,
                    "deprecated": "see https://u:p@example.com\nnow",
                },
                "node_modules/b/node_modules/c": {"version": "1.0.0", "inBundle": True},
                "node_modules/d": {"version": "1.0.0", "extraneous": True},
            }
        ),
    )
    assert {package.name: package.groups for package in read.packages[1:]} == {
        "a": ("dev", "optional"),
        "b": ("peer",),
        "c": ("bundled", "default"),
        "d": ("extraneous",),
    }
    assert [package.install_script for package in read.packages] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert one(read, "b").deprecated == "see https://example.com now"


def test_who_asks_finds_the_nearest(lock_of: Reading) -> None:
    entry = {"version": "2.0.0", "dependencies": {"c": "*"}}
    read = lock_of(
        FILE,
        v3(
            {
                "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "2"}},
                "node_modules/a/node_modules/b": entry,
                "node_modules/b": {"version": "1.0.0", "peerDependencies": {"gone": "1"}},
                "node_modules/c": {"version": "1.0.0"},
                "node_modules/w": {"resolved": "packages/w", "link": True},
                "packages/w": {"name": "@x/w", "version": "0.1.0", "dependencies": {"b": "3"}},
                "packages/w/node_modules/b": {"version": "3.0.0"},
            },
            {"workspaces": ["packages/*"], "dependencies": {"a": "1", "w": "*"}},
        ),
    )
    assert {package.key: package.requires for package in read.packages} == {
        "app": ("@x/w", "a"),
        "a==1.0.0": ("b==2.0.0",),
        "b==2.0.0": ("c",),
        "b==1.0.0": (),
        "c==1.0.0": (),
        "@x/w==0.1.0": ("b==3.0.0",),
        "b==3.0.0": (),
    }
    assert {package.key: package.direct for package in read.packages} == {
        "app": None,
        "a==1.0.0": True,
        "b==2.0.0": False,
        "b==1.0.0": False,
        "c==1.0.0": False,
        "@x/w==0.1.0": None,
        "b==3.0.0": True,
    }
    assert one(read, "@x/w").source == Source(origin=Origin.WORKSPACE, url="packages/w")


def test_folders_that_are_asked_for_by_path_are_somebody_elses(lock_of: Reading) -> None:
    read = lock_of(
        f"sub/{FILE}",
        v3(
            {
                "vendor/a": {"version": "1.0.0"},
                "node_modules/a": {"resolved": "vendor/a", "link": True},
                "../../b": {"version": "1.0.0"},
                "node_modules/b": {"resolved": "../../b", "link": True},
                "node_modules/c": {"resolved": "../c", "link": True},
            },
            {"dependencies": {"a": "file:vendor/a"}},
        ),
    )
    assert {package.name: package.source for package in read.packages} == {
        "app": Source(origin=Origin.WORKSPACE, url="sub"),
        "a": Source(origin=Origin.PATH, url="sub/vendor/a"),
        "b": Source(origin=Origin.PATH, url="../b"),
        "c": Source(origin=Origin.PATH, url="c"),
    }


def test_a_link_hides_no_package(lock_of: Reading) -> None:
    entry = {"version": "1.0.0", "link": True}
    read = lock_of(FILE, v3({"node_modules/a": entry, "node_modules/b": {**entry, "resolved": 1}}))
    assert [(unread.location.line, unread.why) for unread in read.unread] == [
        (8, "a link that leads nowhere"),
        (12, "a link that leads nowhere"),
    ]
    old = lock_of(FILE, lock(1, dependencies={"a": entry}))
    assert [package.key for package in old.packages] == ["a==1.0.0"]


def test_aliases_carry_the_real_name(lock_of: Reading) -> None:
    entries = {
        "node_modules/a": {"name": "real", "version": "1.0.0"},
        "node_modules/b": {"name": "no name", "version": "1.0.0"},
    }
    read = lock_of(FILE, v3(entries, {"dependencies": {"a": "npm:real@1"}}))
    assert [package.key for package in read.packages] == ["app", "real==1.0.0"]
    assert one(read, "real").direct is True
    assert [(unread.location.line, unread.why) for unread in read.unread] == [
        (15, "a package without a valid name")
    ]


def test_without_the_project_nothing_is_known_to_be_direct(lock_of: Reading) -> None:
    read = lock_of(FILE, lock(3, packages={"node_modules/a": {"version": "1.0.0"}}))
    assert [package.direct for package in read.packages] == [None]
    assert whys(read) == ["no entry for the project itself"]


@pytest.mark.parametrize("packages", [None, [], "x"])
def test_no_packages_is_not_the_same_as_none(lock_of: Reading, packages: Any) -> None:
    assert whys(lock_of(FILE, lock(2, packages=packages))) == ["no `packages`"]


def test_entries_without_content_are_unread(lock_of: Reading) -> None:
    deep = "/".join(["node_modules/a"] * 60)
    read = lock_of(FILE, v3({"node_modules/a": 1, deep: {}, "node_modules/" + "a" * 3000: {}}))
    assert whys(read) == ["a package without content", "a folder too deep", "a folder too deep"]
    assert all(unread.location.line for unread in read.unread)


# ------------------------------------------------------------------------------------ version 1


def test_version_1(lock_of: Reading) -> None:
    text = lock(
        1,
        dependencies={
            "a": {
                "version": "1.0.0",
                "requires": {"b": "2"},
                "dependencies": {"b": {"version": "2.0.0", "bundled": True}},
            },
            "b": {"version": "1.0.0", "dev": True},
            "c": {"version": "npm:@x/real@3.0.0"},
            "d": {"version": "https://registry.npmjs.org/d/-/d-4.0.0.tgz"},
            "e": {"version": "git+https://github.com/e/e.git#0123"},
            "f": {"version": "https://example.com/f.tgz"},
            "g": {"version": "file:vendor/g"},
        },
    )
    manifest = json.dumps({"name": "app", "dependencies": {"a": "1"}})
    read = lock_of(FILE, text, {"package.json": manifest})
    assert {package.key: package.source.origin for package in read.packages} == {
        "a==1.0.0": Origin.REGISTRY,
        "b==2.0.0": Origin.REGISTRY,
        "b==1.0.0": Origin.REGISTRY,
        "@x/real==3.0.0": Origin.REGISTRY,
        "d==4.0.0": Origin.REGISTRY,
        "e": Origin.VCS,
        "f": Origin.URL,
        "g": Origin.PATH,
    }
    assert one(read, "a").requires == ("b==2.0.0",)
    assert {package.name for package in read.packages if package.direct} == {"a"}
    assert read.packages[1].groups == ("bundled", "default")
    assert read.unread == ()


def test_version_1_without_a_manifest_does_not_tell_what_is_direct(lock_of: Reading) -> None:
    read = lock_of(FILE, lock(1, dependencies={"a": {"version": "1.0.0"}}))
    assert [package.direct for package in read.packages] == [None]


def test_version_1_names_what_it_cannot_read(lock_of: Reading) -> None:
    nested: dict[str, Any] = {"version": "1.0.0"}
    for _ in range(npm.MAX_DEPTH):
        nested = {"version": "1.0.0", "dependencies": {"a": nested}}
    long: dict[str, Any] = {"version": "1.0.0"}
    for _ in range(12):
        long = {"version": "1.0.0", "dependencies": {"b" * 200: long}}
    read = lock_of(
        FILE, lock(1, dependencies={"a": nested, "b": long, "no name": {}, "c": "1.0.0"})
    )
    assert set(whys(read)) == {
        "packages nested too deeply",
        "a folder too deep",
        "a package without a valid name or content",
    }
    assert all(unread.location.line for unread in read.unread)


# --------------------------------------------------------------------------- the two halves of 2


@pytest.mark.parametrize(
    "old",
    [
        {"a": {"version": "0.9.0", "integrity": SHA512}},
        {"a": {"version": "1.0.0"}},
        {"a": {"version": "1.0.0", "integrity": SHA512, "resolved": "https://example.com/a"}},
        {"a": {"version": "1.0.0", "integrity": SHA512}, "b": {"version": "1.0.0"}},
    ],
)
def test_the_halves_of_version_2_must_agree(lock_of: Reading, old: dict[str, Any]) -> None:
    packages = {"": {}, "node_modules/a": {"version": "1.0.0", "integrity": SHA512}}
    read = lock_of(FILE, lock(2, packages=packages, dependencies=old))
    assert whys(read) == ["the two halves of the lock disagree on this package"]
    assert (read.unread[0].location.line or 0) > 10


def test_many_packages_are_refused(lock_of: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MAX_PACKAGES", 1)
    read = lock_of(FILE, v3({f"node_modules/a{n}": {"version": "1.0.0"} for n in range(3)}))
    assert read.packages == ()
    assert [unread.gap for unread in read.unread] == [Gap.TOO_LARGE]
