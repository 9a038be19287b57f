"""Locks that are missing, elsewhere, or open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.checks.lockfiles.repositories import (
    PYPROJECT,
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


def test_every_manifest_without_a_lock_is_named(tmp_path: Path) -> None:
    files = {f"{name}/pyproject.toml": PYPROJECT.format('"a", "b"') for name in ("x", "y")}
    reading = read(write(tmp_path, files))
    assert [(one.subject, one.detail) for one in reading.findings] == [
        ("x/pyproject.toml", "it asks for 2 packages, and nothing locks them"),
        ("y/pyproject.toml", "it asks for 2 packages, and nothing locks them"),
    ]


def test_a_member_that_a_lock_holds_needs_none_of_its_own(tmp_path: Path) -> None:
    member = '[[package]]\nname = "lib"\nversion = "1"\nsource = { editable = "lib" }\n'
    files = uv("a", packages=wheel("a") + member, edges="a lib")
    reading = read(write(tmp_path, {**files, "lib/pyproject.toml": PYPROJECT.format('"a"')}))
    assert rules(reading) == set()


def test_a_lock_of_something_else_locks_nothing(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYPROJECT.format('"a"'), "requirements-dev.txt": pinned("b==1.0")}
    found = only(read(write(tmp_path, files)), "missing-lock")
    assert found.detail == "it asks for 1 package, and nothing locks them"


def test_a_lock_of_a_part_is_out_of_step_and_not_missing(tmp_path: Path) -> None:
    files = {"pyproject.toml": PYPROJECT.format('"a", "b"'), "requirements.txt": pinned("b==1.0")}
    assert rules(read(write(tmp_path, files))) == {"out-of-step"}


def test_a_manifest_that_only_running_it_explains_is_a_gap(tmp_path: Path) -> None:
    reading = read(write(tmp_path, {"setup.py": "raise SystemExit"}))
    (part,) = reading.coverage
    assert (part.required, part.evaluated, part.missing[0].subject) == (True, 0, "setup.py")
    assert reading.findings == ()


def test_such_a_manifest_beside_a_lock_is_a_gap_beside_the_question(tmp_path: Path) -> None:
    files = {"setup.py": "", "requirements.txt": f"a==1.0 --hash=sha256:{'0' * 64}\n"}
    reading = read(write(tmp_path, files))
    gaps = {part.scope: part.required for part in reading.coverage if not part.complete}
    assert gaps == {"setup.py": False, "requirements.txt": False}  # the other one: offline


def test_open_versions_are_one_finding_with_all_their_lines(tmp_path: Path) -> None:
    found = only(read(write(tmp_path, {"requirements.txt": "a\nb>1\nc==1\n"})), "unpinned")
    assert [place.line for place in found.locations] == [1, 2]
    assert found.detail == "without an exact version: a, b"


def test_a_lock_that_no_reader_knows_is_a_gap(tmp_path: Path) -> None:
    reading = read(write(tmp_path, {"package.json": "{}", "bun.lockb": "\0"}))
    (part,) = (one for one in reading.coverage if one.scope == "bun.lockb")
    assert part.required
    assert part.missing[0].gap == "unsupported_input"
