"""Locks against their manifests, and against each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.checks.lockfiles.repositories import (
    PYPROJECT,
    entry,
    npm,
    only,
    pinned,
    read,
    rules,
    uv,
    wheel,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checks.lockfiles.repositories import Files

POETRY = (
    '[[package]]\nname = "a"\nversion = "1.5.0"\nfiles = '
    '[{ file = "a-1.5.0-py3-none-any.whl", hash = "sha256:' + "ab" * 32 + '" }]\n\n'
    '[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "' + "0" * 64 + '"\n'
)
CARGO_LOCK = (
    'version = 4\n\n[[package]]\nname = "shop"\nversion = "1.0.0"\n'
    'dependencies = [\n "serde",\n]\n\n'
    '[[package]]\nname = "serde"\nversion = "1.0.150"\n'
    'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
    f'checksum = "{"ab" * 32}"\n'
)


def poetry(spec: str) -> Files:
    return {
        "pyproject.toml": f'[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\n'
        f'python = "^3.11"\na = {spec}\n',
        "poetry.lock": POETRY,
    }


def cargo(spec: str) -> Files:
    manifest = f'[package]\nname = "shop"\nversion = "1.0.0"\n[dependencies]\nserde = {spec}\n'
    return {"Cargo.toml": manifest, "Cargo.lock": CARGO_LOCK}


IN_STEP: list[Files] = [
    uv("a ; python_version < '3'", packages=""),
    uv("a>=2 ; python_version < '3'", "a>=1", packages=wheel("a"), edges="a"),
    uv("a @ git+https://git.example.com/a", packages=wheel("a"), edges="a"),
    {"requirements.in": "a\n-r other.in\n", "requirements.txt": pinned("a==1.0")},
    {"dev-requirements.in": "a~=1.0", "dev-requirements.txt": pinned("a==1.3")},
    {"requirements.in": "zzz", "other/requirements.txt": pinned("a==1.0")},
    # Not made from this manifest: it locks the documentation's tools.
    {"pyproject.toml": PYPROJECT.format('"a"'), "docs-requirements.txt": pinned("sphinx==1.0")},
    # Made for one platform: which of the alternatives holds there cannot be told.
    {
        "requirements.in": "a<1 ; python_version < '3'\na>=2 ; python_version >= '3'\n",
        "requirements.txt": pinned("a==1.5"),
    },
    poetry('"^1.2"'),
    poetry('"~1.5"'),
    poetry('"1.*"'),
    poetry('{ version = ">=1,<2", extras = ["x"] }'),
    poetry('"*"'),
    poetry('[{ version = "^2", python = "<3" }, { version = "^1" }]'),
    cargo('"1"'),
    cargo('{ version = "1.0", features = ["derive"] }'),
    cargo("{ workspace = true }"),
    npm({"a": "latest"}, a=entry("a")),
    npm({"a": "^0.9 || ^1"}, a=entry("a")),
    npm({"a": "workspace:*"}, a=entry("a")),
    {
        "Pipfile": '[packages]\na = "*"\n[dev-packages]\nb = { version = ">=1", markers = "x" }\n',
        "Pipfile.lock": json.dumps(
            {
                "_meta": {"pipfile-spec": 6, "sources": []},
                "default": {"a": {"version": "==1.0", "hashes": ["sha256:" + "ab" * 32]}},
                "develop": {},
            }
        ),
    },
]
OUT_OF_STEP: list[tuple[Files, str]] = [
    (uv("a", "b", packages=wheel("a"), edges="a"), "not locked: b"),
    (uv("a>=2", packages=wheel("a"), edges="a"), "a >=2 (locked: 1.0)"),
    (
        {"requirements.in": "a>=2\nb\n", "requirements.txt": pinned("a==1.0")},
        "not locked: b; locked outside the range: a >=2 (locked: 1.0)",
    ),
    (
        {"pyproject.toml": PYPROJECT.format('"a>=2", "b"'), "requirements.txt": pinned("a==1.0")},
        "not locked: b; locked outside the range: a >=2 (locked: 1.0)",
    ),
    (poetry('"^2.0"'), "a >=2.0,<3 (locked: 1.5.0)"),
    (poetry('"~1.4"'), "a >=1.4,<1.5 (locked: 1.5.0)"),
    (poetry('"1.4.0"'), "a ==1.4.0 (locked: 1.5.0)"),
    (cargo('"2"'), "serde 2 (locked: 1.0.150)"),
    (npm({"a": "^2.0.0"}, a=entry("a")), "a ^2.0.0 (locked: 1.0.0)"),
    (npm({"a": "1", "b": "1"}, a=entry("a")), "not locked: b"),
]


@pytest.mark.parametrize("files", IN_STEP)
def test_a_lock_in_step_is_not_told(files: Files, tmp_path: Path) -> None:
    assert "out-of-step" not in rules(read(write(tmp_path, files)))


@pytest.mark.parametrize(("files", "expected"), OUT_OF_STEP)
def test_a_lock_out_of_step_names_the_requirement(
    files: Files, expected: str, tmp_path: Path
) -> None:
    found = only(read(write(tmp_path, files)), "out-of-step")
    assert expected in found.detail
    assert len(found.locations) >= 2


def test_a_package_that_overrides_decide_is_not_held_against_its_range(tmp_path: Path) -> None:
    files = npm({"a": "^2.0.0"}, a=entry("a"))
    manifest = {**json.loads(files["package.json"]), "overrides": {"a": "1.0.0"}}
    files["package.json"] = json.dumps(manifest)
    assert rules(read(write(tmp_path, files))) == set()


def test_members_of_a_workspace_need_not_be_locked(tmp_path: Path) -> None:
    yarn = "# yarn lockfile v1\n\n\n"
    files = {
        "package.json": '{"name": "root", "workspaces": ["p/*"], "dependencies": {"lib": "^1"}}',
        "p/lib/package.json": '{"name": "lib", "version": "1.0.0"}',
        "yarn.lock": yarn,
    }
    assert rules(read(write(tmp_path, files))) == set()


def test_what_was_not_understood_may_hold_what_is_missing(tmp_path: Path) -> None:
    files = {"requirements.in": "a\nb\n", "requirements.txt": pinned("a==1.0") + "???\n"}
    reading = read(write(tmp_path, files))
    assert rules(reading) == set()
    (part,) = (one for one in reading.coverage if one.scope == "requirements.txt" and one.required)
    assert (part.expected, part.evaluated) == (2, 1)
    assert part.missing[0].subject == "line 2"


def test_the_lock_of_a_script_is_not_the_projects(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": PYPROJECT.format('"a"'),
        "uv.lock": uv("a", packages=wheel("a"), edges="a")["uv.lock"],
        "tool.py.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
        '[manifest]\nrequirements = [{ name = "b" }]\n\n' + wheel("b"),
    }
    assert rules(read(write(tmp_path, files))) == set()


# ----------------------------------------------------------------------------------- unneeded


def test_a_cycle_that_nothing_leads_to_is_unneeded(tmp_path: Path) -> None:
    files = npm(
        {"a": "1"},
        a=entry("a"),
        b=entry("b", dependencies={"c": "1"}),
        c=entry("c", dependencies={"b": "1"}),
    )
    found = only(read(write(tmp_path, files)), "unneeded")
    assert found.detail == "2 packages that nothing leads to: b==1.0.0, c==1.0.0"


def test_what_is_needed_through_others_is_needed(tmp_path: Path) -> None:
    files = npm(
        {"a": "1"},
        a=entry("a", dependencies={"b": "1"}),
        b=entry("b", peerDependencies={"c": "1"}),
        c=entry("c", optionalDependencies={"a": "1"}),
    )
    assert rules(read(write(tmp_path, files))) == set()


def test_nothing_is_unneeded_in_a_lock_without_a_project(tmp_path: Path) -> None:
    files = {"uv.lock": 'version = 1\nrequires-python = ">=3.11"\n\n' + wheel("a")}
    assert rules(read(write(tmp_path, files))) == set()


# -------------------------------------------------------------------------------- disagreeing


@pytest.mark.parametrize(
    ("other", "expected"),
    [("a==1.1", {"disagreeing-locks"}), ("a==1.0", set()), ("b==3", set())],
)
def test_only_direct_dependencies_are_compared(
    other: str, expected: set[str], tmp_path: Path
) -> None:
    files = {
        **uv("a", packages=wheel("a") + wheel("b", "2"), edges="a b"),
        "requirements.txt": pinned(other),
    }
    # "b" is asked for by nobody's manifest, and yet by the lock's own project.
    found = rules(read(write(tmp_path, files)))
    assert found == (expected or ({"disagreeing-locks"} if other.startswith("b") else set()))


def test_two_locks_of_one_format_disagree_less_badly(tmp_path: Path) -> None:
    files = {
        "requirements.in": "a\n",
        "requirements.txt": pinned("a==1.0"),
        "requirements-old.txt": pinned("a==0.9"),
    }
    found = only(read(write(tmp_path, files)), "disagreeing-locks")
    assert found.severity == "low"
    assert found.subject == "pkg:pypi/a"
    assert found.detail == "requirements-old.txt locks 0.9, requirements.txt locks 1.0"


def test_another_name_that_is_not_locked_is_another_finding_to_a_base(tmp_path: Path) -> None:
    details = set()
    for last in "xy":
        files = {
            "requirements.in": f"a\nb\nc\nd\n{last}\n",
            "requirements.txt": pinned("a==1.0"),
        }
        details.add(only(read(write(tmp_path / last, files)), "out-of-step").detail)
    assert len(details) == 2
