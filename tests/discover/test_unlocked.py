"""What manifests ask for and no lock holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline.discover import discover
from pipeline.discover.unlocked import needs_nothing, unlocked
from pipeline.model import (
    Dependency,
    Gap,
    Location,
    Lock,
    Manifest,
    Origin,
    Package,
    Source,
    Unread,
)
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = "[project]\nname = 'own'\nversion = '1'\ndependencies = [{}]\n"
NPM = {"name": "own", "lockfileVersion": 3, "packages": {"": {"name": "own"}}}
NO_LOCK = "its dependencies have no lockfile, so nobody knows their versions"
NOT_HELD = "it asks for what no lockfile of its project holds: "

OPEN: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no lock": ({"pyproject.toml": PYPROJECT.format("'a'")}, {"pyproject.toml": NO_LOCK}),
    "a script without a lock": (
        {"setup.py": ""},
        {"setup.py": "it may have dependencies, and there is no lockfile"},
    ),
    "a script beside an empty lock": (
        {"setup.py": "", "requirements.txt": "# nothing\n"},
        {"setup.py": "it may have dependencies, and its lockfile is empty"},
    ),
    "a lock of something else": (
        {"pyproject.toml": PYPROJECT.format("'a==1.0'"), "requirements-dev.txt": "b==1.0\n"},
        {"pyproject.toml": NOT_HELD + "a"},
    ),
    "a lock of something else, and a marker": (
        {
            "pyproject.toml": PYPROJECT.format("'a==1.0; python_version > \"3\"'"),
            "requirements.txt": "b==1.0\n",
        },
        {"pyproject.toml": NOT_HELD + "a"},
    ),
    "an empty lock": (
        {"pyproject.toml": PYPROJECT.format("'a==1.0'"), "requirements.txt": ""},
        {"pyproject.toml": NOT_HELD + "a"},
    ),
    "a lock that grew old": (
        {"pyproject.toml": PYPROJECT.format("'a', 'b'"), "requirements.txt": "b==1.0\n"},
        {"pyproject.toml": NOT_HELD + "a"},
    ),
    "npm, for development": (
        {
            "package.json": json.dumps({"name": "own", "devDependencies": {"a": "1.0.0"}}),
            "package-lock.json": json.dumps(NPM),
        },
        {"package.json": NOT_HELD + "a"},
    ),
    "a lock that nobody reads": (
        {"conda-lock.yml": "version: 1\n", "environment.yml": "dependencies: [a]\n"},
        {"conda-lock.yml": "no reader knows this lock format yet"},
    ),
}
CLOSED: dict[str, dict[str, str]] = {
    "it asks for nothing": {"pyproject.toml": PYPROJECT.format("")},
    "all is locked": {
        "pyproject.toml": PYPROJECT.format("'a', 'B_c>=1'"),
        "requirements.txt": "a==1.0\nb-c==1.0\n",
    },
    "its own name": {
        "pyproject.toml": PYPROJECT.format("'a', 'own[x]'"),
        "requirements.txt": "a==1.0\n",
    },
    "only on some platforms": {
        "pyproject.toml": PYPROJECT.format("'a', 'b; sys_platform == \"win32\"'"),
        "requirements.txt": "a==1.0\n",
    },
    "what is optional": {
        "pyproject.toml": PYPROJECT.format("'a'")
        + "[project.optional-dependencies]\nx = ['b']\n[dependency-groups]\ndev = ['c']\n",
        "requirements.txt": "a==1.0\n",
    },
    "two locks together": {
        "pyproject.toml": PYPROJECT.format("'a', 'b'"),
        "requirements.txt": "a==1.0\n",
        "requirements-more.txt": "b==1.0\n",
    },
    "a line of the lock that was not understood may hold it": {
        "pyproject.toml": PYPROJECT.format("'a'"),
        "requirements.txt": "b==1.0\n$A\n",
    },
    "a script beside a lock with something in it": {"setup.py": "", "requirements.txt": "a==1.0\n"},
    "one lock of two is not empty": {
        "setup.py": "",
        "requirements.txt": "",
        "requirements-more.txt": "a==1.0\n",
    },
    "go.mod is read with its lock": {
        "go.mod": "module own\n\ngo 1.22\n\nrequire example.com/a v1.0.0\n",
        "go.sum": "",
    },
}


def told(root: Path, files: dict[str, str]) -> dict[str, str]:
    for name, content in files.items():
        (root / name).write_text(content)
    return {part.location.path: part.why for part in unlocked(discover(Tree.at(root)))}


@pytest.mark.parametrize("name", OPEN)
def test_what_no_lock_holds_is_named(name: str, tmp_path: Path) -> None:
    files, expected = OPEN[name]
    assert told(tmp_path, files) == expected


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_locked_is_not(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, CLOSED[name]) == {}


def test_each_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "conda-lock.yml").touch()
    (tmp_path / "setup.py").touch()
    found = {part.location.path: part.gap for part in unlocked(discover(Tree.at(tmp_path)))}
    assert found == {"conda-lock.yml": Gap.UNSUPPORTED_INPUT, "setup.py": Gap.INPUT_MISSING}


def package(name: str, origin: Origin) -> Package:
    place = Location(path="Cargo.lock")
    source = Source(origin=origin)
    return Package(ecosystem="crates.io", name=name, version="1.0.0", location=place, source=source)


def lock(*packages: Package, unread: tuple[Unread, ...] = ()) -> Lock:
    return Lock(
        path="Cargo.lock",
        format="Cargo.lock",
        ecosystem="crates.io",
        digest="",
        packages=packages,
        unread=unread,
    )


MEMBERS = lock(package("own", Origin.WORKSPACE), package("lib", Origin.WORKSPACE))
ODD = Unread(location=Location(path="Cargo.lock"), why="not understood")


@pytest.mark.parametrize(
    ("declared", "names", "locks", "nothing"),
    [
        (0, (), (), True),
        (0, (), (None,), True),
        (1, ("lib",), (MEMBERS,), True),
        (1, ("lib",), (MEMBERS, lock()), True),
        (1, ("lib",), (), False),
        (1, ("lib",), (None,), False),
        (1, ("serde",), (MEMBERS,), False),
        # Of what could not be counted or named, nobody knows whose it is.
        (None, ("lib",), (MEMBERS,), False),
        (2, ("lib",), (MEMBERS,), False),
        (1, (), (MEMBERS,), False),
        # A lock that holds more, or was not understood, may mean another package of that name.
        (1, ("lib",), (lock(package("lib", Origin.REGISTRY)),), False),
        (1, ("lib",), (lock(*MEMBERS.packages, unread=(ODD,)),), False),
    ],
)
def test_members_alone_are_nothing_of_others(
    declared: int | None, names: tuple[str, ...], locks: tuple[Lock | None, ...], nothing: bool
) -> None:
    requires = tuple(Dependency(name=name) for name in names)
    manifest = Manifest(path="Cargo.toml", declared=declared, requires=requires)
    assert needs_nothing(manifest, locks) is nothing
