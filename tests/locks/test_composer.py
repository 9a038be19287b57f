from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.model import Lock, Origin, Source

from .conftest import Reading

FILE = "composer.lock"
SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
PACKAGIST = "https://packagist.org/downloads/"
ZIP = "https://api.github.com/repos/a/b/zipball/0123"
GIT = {"type": "git", "url": "https://u:p@github.com/a/b.git", "reference": "0123"}


def entry(name: str = "a/b", **fields: Any) -> dict[str, Any]:
    return {"name": name, "version": "v1.0.0", **fields}


def lock(*packages: Any, dev: tuple[Any, ...] = ()) -> str:
    return json.dumps({"packages": packages, "packages-dev": dev}, indent=1)


def only(lock: Lock) -> Source:
    (package,) = lock.packages
    return package.source


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({}, Source()),
        ({"notification-url": PACKAGIST}, Source()),
        ({"notification-url": PACKAGIST, "dist": {"type": "zip", "url": ZIP}}, Source(url=ZIP)),
        (
            {"notification-url": PACKAGIST, "source": GIT},
            Source(url="https://github.com/a/b.git"),
        ),
        (
            {"notification-url": PACKAGIST, "dist": {"url": "https://evil.example.com/b.zip"}},
            Source(origin=Origin.INDEX, url="https://evil.example.com/b.zip"),
        ),
        (
            {"notification-url": "https://packagist.org.example.com/", "dist": {"url": ZIP}},
            Source(origin=Origin.INDEX, url=ZIP),
        ),
        (
            {"source": GIT, "dist": {"url": ZIP}},
            Source(origin=Origin.VCS, url="https://github.com/a/b.git"),
        ),
        (
            {"dist": {"type": "zip", "url": "https://u:p@example.com/b.zip?t=1"}},
            Source(origin=Origin.URL, url="https://example.com/b.zip"),
        ),
        ({"dist": {"type": "path", "url": "../b"}}, Source(origin=Origin.PATH, url="../b")),
    ],
)
def test_sources(lock_of: Reading, fields: dict[str, Any], source: Source) -> None:
    read = lock_of(FILE, lock(entry(**fields)))
    assert only(read) == source
    assert "u:p" not in repr(read)


def test_packages(lock_of: Reading) -> None:
    text = lock(
        entry("Vendor/Name", require={"php": ">=8", "ext-json": "*", "a/b": "^1"}),
        entry(dist={"url": ZIP, "shasum": SHA1}, abandoned=True),
        dev=(entry("d/plugin", type="composer-plugin", abandoned="d/new"),),
    )
    manifest = '{"require": {"php": ">=8", "vendor/name": "*"}, "require-dev": {"d/plugin": "*"}}'
    read = lock_of(FILE, text, {"composer.json": manifest})
    first, second, plugin = read.packages
    assert (first.name, first.requires, first.direct, first.groups) == (
        "vendor/name",
        ("a/b",),
        True,
        ("default",),
    )
    assert (second.hashes, second.direct, second.deprecated) == (
        (f"sha1:{SHA1}",),
        False,
        "abandoned",
    )
    assert (plugin.install_script, plugin.groups, plugin.deprecated) == (
        True,
        ("dev",),
        "abandoned: use d/new",
    )
    rows = text.split("\n")
    assert ["name" in rows[(p.location.line or 0) - 1] for p in read.packages] == [True] * 3
    assert [package.location.line for package in read.packages] == [4, 13, 24]


@pytest.mark.parametrize("manifest", [None, "{", "[]"])
def test_without_a_manifest_nobody_knows_what_is_direct(
    lock_of: Reading, manifest: str | None
) -> None:
    files: dict[str, str | bytes] = {"composer.json": manifest} if manifest else {}
    assert [p.direct for p in lock_of(FILE, lock(entry()), files).packages] == [None]


@pytest.mark.parametrize("bad", [1, {}, {"name": "noslash"}, {"name": "a/b/c"}, {"name": ["a/b"]}])
def test_what_cannot_be_read_is_named(lock_of: Reading, bad: Any) -> None:
    read = lock_of(FILE, lock(entry(), bad))
    assert [package.name for package in read.packages] == ["a/b"]
    assert [unread.why for unread in read.unread] == ["a package without a valid name"]


def test_sections_must_be_lists(lock_of: Reading) -> None:
    read = lock_of(FILE, '{"packages": {"a": 1}, "packages-dev": null}')
    assert [unread.why for unread in read.unread] == ["a section that is not a list"]
    assert [unread.why for unread in lock_of(FILE, "{}").unread] == ["no `packages`"]


@pytest.mark.parametrize("version", [1, None, "", "https://u:p@x", "a b"])
def test_versions_that_are_none(lock_of: Reading, version: Any) -> None:
    read = lock_of(FILE, lock(entry(version=version)))
    assert [package.version for package in read.packages] == [None]
