from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.model import Gap, Origin

from .conftest import Reading

FILE = "packages.lock.json"
HASH = "A" * 86 + "=="


def lock(frameworks: Any, version: Any = 1) -> str:
    return json.dumps({"version": version, "dependencies": frameworks}, indent=1)


@pytest.mark.parametrize("version", [0, 3, "1", True, 1.0, None, {}])
def test_unknown_versions_are_refused(lock_of: Reading, version: Any) -> None:
    read = lock_of(FILE, lock({}, version))
    assert [unread.gap for unread in read.unread] == [Gap.UNSUPPORTED_INPUT]


def test_packages(lock_of: Reading) -> None:
    text = lock(
        {
            "net8.0": {
                "My.Package": {
                    "type": "Direct",
                    "requested": "[1.0.0, )",
                    "resolved": "1.0.0",
                    "contentHash": HASH,
                    "dependencies": {"other": "2.0.0", "gone": "1.0.0"},
                },
                "Other": {"type": "Transitive", "resolved": "2.5.0", "contentHash": "AAAA"},
                "core": {"type": "Project", "dependencies": {"Other": "1.0.0"}},
            },
            "net48": {"Other": {"type": "CentralTransitive", "resolved": "1.0.0"}},
        }
    )
    read = lock_of(FILE, text)
    assert read.unread == ()
    first, other, core, old = read.packages
    assert (first.key, first.hashes, first.direct, first.markers) == (
        "my.package==1.0.0",
        ("nuget:" + "00" * 64,),
        True,
        "net8.0",
    )
    assert first.requires == ("other==2.5.0",)
    assert (other.key, other.hashes, other.direct) == ("other==2.5.0", (), True)
    assert (core.key, core.source.origin, core.direct, core.requires) == (
        "core",
        Origin.WORKSPACE,
        None,
        ("other==2.5.0",),
    )
    assert (old.key, old.direct, old.markers) == ("other==1.0.0", False, "net48")
    assert [package.location.line for package in read.packages] == [5, 15, 20, 28]


@pytest.mark.parametrize(
    ("name", "entry"),
    [("a", 1), ("a", {}), ("a", {"type": "New"}), ("a", {"type": []}), ("a b", {"type": "Direct"})],
)
def test_what_cannot_be_read_is_named(lock_of: Reading, name: str, entry: Any) -> None:
    read = lock_of(FILE, lock({"net8.0": {name: entry}}))
    assert read.packages == ()
    assert [(u.location.line, u.why) for u in read.unread] == [
        (5, "a package without a valid name or type")
    ]


def test_a_framework_without_content(lock_of: Reading) -> None:
    read = lock_of(FILE, lock({"net8.0": []}))
    assert [unread.why for unread in read.unread] == ["a target framework without content"]
    assert [unread.why for unread in lock_of(FILE, lock([])).unread] == ["no `dependencies`"]


@pytest.mark.parametrize("version", [1, None, "", "https://u:p@x", "[1.0.0]"])
def test_versions_that_are_none(lock_of: Reading, version: Any) -> None:
    read = lock_of(FILE, lock({"x": {"a": {"type": "Direct", "resolved": version}}}))
    assert [package.version for package in read.packages] == [None]
