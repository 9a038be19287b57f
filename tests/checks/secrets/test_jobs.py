"""What is run, and where nothing is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.checks.job import Options, Skip
from pipeline.checks.secrets.engine import TOOL
from pipeline.checks.secrets.jobs import plan
from pipeline.checks.secrets.passed import NOTHING
from pipeline.checks.secrets.work import ALL, FILES, HISTORY, REPEATED, UNPACKED, Task
from pipeline.model import SecretSettings, Status, Target
from pipeline.tools import python

from .conftest import Repository, is_whole, make_token, only, search

TARGET = Target(name="t", git=None, files=0)


def names(root: Path, **settings: bool) -> list[str]:
    options = Options(
        root=str(root), secrets=SecretSettings(**settings), tool=python.find(TOOL.distribution)
    )
    jobs = plan(TARGET, options)
    assert not isinstance(jobs, Skip)
    assert all(job.private for job in jobs)
    return [job.name for job in jobs]


def task(root: Path) -> Task:
    jobs = plan(TARGET, Options(root=str(root)))
    assert not isinstance(jobs, Skip)
    *_, found = (job.notes for job in jobs if job.name in {FILES, ALL, REPEATED})
    assert isinstance(found, Task)
    return found


def skipped(root: Path, **settings: bool) -> Status:
    found = plan(TARGET, Options(root=str(root), secrets=SecretSettings(**settings)))
    assert isinstance(found, Skip)
    return found.status


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert skipped(tmp_path / "empty") is Status.NOT_APPLICABLE


def test_jobs_follow_from_what_is_there(repository: Repository) -> None:
    repository.write("a.py", "x\n")
    assert names(repository.root) == [FILES]
    repository.commit()
    assert names(repository.root) == [ALL]
    assert names(repository.root, history=False) == [FILES]
    search(repository.root)
    assert names(repository.root) == [HISTORY], "a walk of what is new"
    repository.write("b.sqlite", "x")
    assert names(repository.root) == [HISTORY, UNPACKED]


@pytest.mark.parametrize("limit", ["MAX_FRESH", "MAX_UNPACKED"])
def test_much_that_no_commit_has_is_read_where_it_lies(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    module = "today" if limit == "MAX_FRESH" else "jobs"
    monkeypatch.setattr(f"pipeline.checks.secrets.{module}.{limit}", 0)
    repository.write("a.py", "x\n")
    repository.commit()
    search(repository.root)
    assert names(repository.root) == [HISTORY]
    repository.write("a.pyc", "y\n")
    assert names(repository.root) == [ALL]
    monkeypatch.setattr("pipeline.checks.secrets.jobs.MAX_ENTRIES", 1)
    assert names(repository.root) == [FILES]
    repository.commit()
    repository.write("b.pyc", "z\n")
    assert names(repository.root) == [FILES, HISTORY]


def test_what_is_passed_over_lies_in_our_commit_with_a_canary(repository: Repository) -> None:
    repository.write("a.py", "x\n")
    assert task(repository.root).laid == NOTHING
    repository.write("go.sum", "y\n")
    found = task(repository.root)
    assert list(found.laid.names.values()) == [("go.sum",)]
    assert found.looked_again == 1
    repository.commit()
    found = task(repository.root)
    assert list(found.laid.names.values()) == [("go.sum",)]
    assert found.laid.canary is not None
    assert set(found.laid.canary.values).isdisjoint(found.canary.values)


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
    monkeypatch.setattr("pipeline.checks.secrets.jobs.MAX_ENTRIES", -1)
    for root in (tmp_path / "second", repository.root / "part"):
        assert names(root) == [FILES, REPEATED, HISTORY]


def test_what_is_staged_and_nothing_else(repository: Repository) -> None:
    repository.commit(a="x\n")
    assert skipped(repository.root, staged=True) is Status.NOT_APPLICABLE
    repository.write("b.py", "x\n")
    repository.git("add", "b.py")
    repository.write("c.py", "x\n")
    jobs = plan(TARGET, Options(root=str(repository.root), secrets=SecretSettings(staged=True)))
    assert not isinstance(jobs, Skip)
    (job,) = jobs
    assert list(job.notes.names.values()) == ["b.py"]


def test_nothing_is_staged_outside_git(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert skipped(tmp_path / "plain", staged=True) is Status.NOT_APPLICABLE


def test_no_content_of_the_repository_is_written_in_the_clear(repository: Repository) -> None:
    token = make_token()
    repository.write("package-lock.json", token)
    repository.commit()
    jobs = plan(TARGET, Options(root=str(repository.root)))
    assert not isinstance(jobs, Skip)
    for job in jobs:
        assert not any(token.encode() in content for content in job.inputs.values())
        assert not any(token in argument for argument in job.arguments)


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
