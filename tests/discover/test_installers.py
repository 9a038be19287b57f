"""Settings of installers, read as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.discover.installers import MAX_BYTES, Found, find_installers
from pipeline.model import InstallerSettings
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def find(root: Path, path: str, content: str | bytes) -> Found:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return find_installers(Tree.at(root), [path, "README.md"])


NPMRC = """\
# a comment
; another
registry=https://user:secret@npm.example.com/api/?token=1
@x:registry = "http://npm.example.org/"
//npm.example.com/:_authToken=secret
strict-ssl=false
ignore-scripts=true
fund
"""


def test_npmrc(tmp_path: Path) -> None:
    (found,) = find(tmp_path, "web/.npmrc", NPMRC).installers
    assert found == InstallerSettings(
        path="web/.npmrc",
        installer="npm",
        registries=("https://npm.example.com/api/", "@x=http://npm.example.org/"),
        risks=(("a registry over plain http", 4), ("certificates are not checked", 6)),
        scripts=False,
    )
    assert "secret" not in repr(found)


PIP = """\
[global]
index-url = https://user:secret@pypi.example.com/simple
extra-index-url =
    https://pypi.example.org/simple
    http://pypi.example.net/simple
trusted_host = pypi.example.net other
only-binary = :all:
"""


def test_pip_conf(tmp_path: Path) -> None:
    (found,) = find(tmp_path, "pip.conf", PIP).installers
    assert found.registries == (
        "https://pypi.example.com/simple",
        "https://pypi.example.org/simple",
        "http://pypi.example.net/simple",
    )
    assert found.risks == (
        ("a second index, whose names compete with the first's", 4),
        ("an index over plain http", 5),
        ("a second index, whose names compete with the first's", 5),
        ("certificates are not checked for pypi.example.net", 6),
    )
    assert found.scripts is False
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("ignore-scripts", False), ("ignore-scripts=false", True), ("fund=false", None), ("", None)],
)
def test_whether_scripts_run(content: str, expected: bool | None, tmp_path: Path) -> None:
    (found,) = find(tmp_path, ".npmrc", content).installers
    assert (found.scripts, found.risks) == (expected, ())


def test_loopback_may_speak_plain_http(tmp_path: Path) -> None:
    (found,) = find(tmp_path, ".npmrc", "registry=http://localhost:4873/\n").installers
    assert found.risks == ()


def test_a_broken_address_is_no_risk_and_no_registry(tmp_path: Path) -> None:
    (found,) = find(tmp_path, ".npmrc", "registry=http://[broken\n").installers
    assert (found.registries, found.risks) == ((), ())


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * (MAX_BYTES + 1)])
def test_what_cannot_be_read_is_named(content: bytes, tmp_path: Path) -> None:
    found = find(tmp_path, "pip.ini", content)
    assert found.installers == ()
    assert [part.location.path for part in found.unread] == ["pip.ini"]
