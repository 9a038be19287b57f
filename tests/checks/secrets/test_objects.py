"""The stand-in, as git itself reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipeline.checks.secrets.objects import StandIn
from tests.kit.git import ENVIRONMENT

from .conftest import Repository


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "--git-dir", str(folder), *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["plain", 'odd "name\n', "#odd"])
def test_git_walks_from_our_commit_into_the_real_history(tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path / name)
    tip = repository.commit(a="x = 1\n")
    stand_in = StandIn(repository.root / ".git" / "objects")
    blob = stand_in.blob(b"content")
    paths = ["a.txt", "b", "c/d/e", "c/d.x", "c.x", "c/d-", "z/\udcff"]
    commit = stand_in.commit(dict.fromkeys(paths, blob), [tip])
    for path, content in stand_in.files("in", commit).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    folder = tmp_path / "in"
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""
    assert git(folder, "rev-list", "HEAD").split() == [commit, tip]
    listed = git(folder, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
    assert sorted(listed[:-1]) == sorted(paths)
    assert git(folder, "show", "HEAD:b") == "content"


def test_a_boundary_is_kept() -> None:
    files = StandIn(shallow=["a" * 40]).files("in", "b" * 40)
    assert files["in/shallow"] == b"a" * 40 + b"\n"
    assert "in/objects/info/alternates" not in files
