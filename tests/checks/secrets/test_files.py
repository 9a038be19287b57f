"""What the engine is going to meet, counted beforehand."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.checks.secrets import files as room
from pipeline.checks.secrets.engine import MAX_BYTES
from pipeline.checks.secrets.files import look, spelt
from pipeline.model import Excluded, Target

from .conftest import Repository

TARGET = Target(name="t", git=None, files=0)


def test_a_plain_folder_is_counted_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("x")
    (tmp_path / "c.txt").write_text("x")
    (tmp_path / "link").symlink_to("c.txt")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    found = look(tmp_path, TARGET)
    assert set(found.own) == {"a/b.txt", "c.txt"}
    assert found.met == 2
    assert not found.skips


def test_what_does_not_belong_is_not_entered(repository: Repository) -> None:
    repository.write(".gitignore", "*.log\nbuild/\n")
    repository.write("build/x.py", "x")
    repository.write("a.log", "x")
    repository.commit(a="x")
    repository.write("new.py", "x")
    repository.write(".supply-chain/plan.json", "x")
    found = look(repository.root, TARGET)
    assert set(found.own) == {".gitignore", "a.py", "new.py"}
    assert set(found.skips) == {".git/", "build/", ".supply-chain/"}
    assert found.met == 4, "an ignored file beside others is met, and dropped later"


def test_what_the_policy_excludes_is_not_entered(repository: Repository) -> None:
    repository.write("third/a.py", "x")
    repository.commit(b="x")
    out = Target(
        name="t",
        git=None,
        files=0,
        excluded=(Excluded(path="third", why="excluded by the policy"),),
    )
    assert set(look(repository.root, out).own) == {"b.py"}


def test_repositories_of_their_own_are_named(tmp_path: Path) -> None:
    Repository(tmp_path / "inner").write("a.py", "x")
    (tmp_path / "b.py").write_text("x")
    found = look(tmp_path, TARGET)
    assert found.repositories == ("inner",)
    assert set(found.own) == {"b.py"}
    assert "inner/" in found.skips


def test_large_files_are_named_and_not_met(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    found = look(tmp_path, TARGET)
    assert (found.large, found.met, set(found.own)) == (("large",), 0, {"large"})


def test_a_command_line_has_an_end(tmp_path: Path, monkeypatch: object) -> None:
    repository = Repository(tmp_path / "r")
    repository.write(".gitignore", "out*/\n")
    for number in range(room.MAX_SKIPS + 5):
        repository.write(f"out{number}/x", "x")
    repository.commit(a="x")
    found = look(repository.root, TARGET)
    assert len(found.skips) == room.MAX_SKIPS
    assert set(found.own) == {".gitignore", "a.py"}
    assert found.met > 2


def test_names_as_the_engine_spells_them(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.txt")
    (tmp_path / name).write_text("x")
    found = look(tmp_path, TARGET)
    assert spelt(name) == "\ufffd.txt"
    assert found.path("\ufffd.txt") == name


def test_a_member_of_an_archive_is_the_archives(tmp_path: Path) -> None:
    (tmp_path / "a!b.zip").write_text("x")
    found = look(tmp_path, TARGET)
    assert found.path("a!b.zip!inner/c.py") == "a!b.zip"
    assert found.path("elsewhere!x") is None
