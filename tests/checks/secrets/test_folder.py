"""Today's files are read where they lie, and some of them a second time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.checks.secrets.calls import FILES, HISTORY

from .conftest import Repository, is_whole, make_token, names, only, scope, search


@pytest.mark.parametrize("kind", ["repository", "plain", "bare", "part"])
def test_whatever_the_folder_is_a_second_look_is_in_the_same_process(
    repository: Repository, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = make_token()
    root = repository.root / "part" if kind == "part" else repository.root
    repository.write("part/go.sum", f"key = '{token}'\n")
    if kind == "part":
        repository.commit()
        monkeypatch.setattr("pipeline.checks.secrets.calls.MAX_ENTRIES", -1)
    if kind in {"plain", "bare"}:
        shutil.rmtree(repository.root / ".git")
    if kind == "bare":
        for name in ("objects", "refs"):
            (repository.root / name).mkdir()
        repository.write("HEAD", "ref: refs/heads/main\n")
    assert names(root) == ([FILES, HISTORY] if kind == "part" else [FILES])
    reading = search(root)
    assert [place.line for place in only(reading).locations] == [1]
    assert scope(reading, "files that rules pass over").complete


def test_a_second_working_tree_is_no_plain_folder(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    assert (tmp_path / "second" / ".git").is_file()
    monkeypatch.setattr("pipeline.checks.secrets.calls.MAX_ENTRIES", -1)
    assert names(tmp_path / "second") == [FILES, HISTORY]


@pytest.mark.parametrize("has_commit", [True, False])
def test_folders_called_like_ours_are_told_from_them(
    repository: Repository, *, has_commit: bool
) -> None:
    for name in ("beside", "history"):
        repository.write(f"{name}/a.py", f"key = '{make_token()}'\n")
    repository.write("go.sum", f"key = '{make_token()}'\n")
    if has_commit:
        repository.commit()
    reading = search(repository.root)
    assert is_whole(reading)
    paths = {place.path for finding in reading.findings for place in finding.locations}
    assert paths == {"beside/a.py", "history/a.py", "go.sum"}


def test_files_of_ours_are_entered_whatever_must_not_be(repository: Repository) -> None:
    token = make_token()
    repository.write(".gitignore", "beside/\n")
    repository.write("beside/a.py", f"key = '{make_token()}'\n")
    repository.write("go.sum", f"key = '{token}'\n")
    reading = search(repository.root)
    assert only(reading).locations[0].path == "go.sum"
    assert is_whole(reading)


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
