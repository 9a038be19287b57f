"""Today's files are read where they lie, in one process or in two."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.checks.secrets.work import FILES, HISTORY, REPEATED

from .conftest import Repository, is_whole, make_token, names, only, search


def test_second_looks_are_apart_where_the_folder_may_pass_for_a_repository(
    repository: Repository,
) -> None:
    repository.write("go.sum", "y\n")
    assert names(repository.root) == [FILES, REPEATED]
    shutil.rmtree(repository.root / ".git")
    assert names(repository.root) == [FILES]
    (repository.root / "objects").mkdir()
    (repository.root / "refs").mkdir()
    repository.write("HEAD", "ref: refs/heads/main\n")
    assert names(repository.root) == [FILES, REPEATED]


def test_a_second_working_tree_and_a_part_of_one_are_no_plain_folders(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("part/go.sum", "y\n")
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    assert (tmp_path / "second" / ".git").is_file()
    monkeypatch.setattr("pipeline.checks.secrets.folder.MAX_ENTRIES", -1)
    for root in (tmp_path / "second", repository.root / "part"):
        assert names(root) == [FILES, REPEATED, HISTORY]


@pytest.mark.parametrize("above", ["node_modules", "venv", "lib/python3.11"])
def test_a_repository_below_a_folder_that_the_engine_passes_over_is_searched(
    tmp_path: Path, above: str
) -> None:
    root = tmp_path / above / "repository"
    root.mkdir(parents=True)
    (root / "app.py").write_text(f"TOKEN = '{make_token()}'\n")
    reading = search(root)
    assert "betterleaks.github" in only(reading).rule
    assert is_whole(reading)
    assert [place.path for place in only(reading).locations] == ["app.py"]
