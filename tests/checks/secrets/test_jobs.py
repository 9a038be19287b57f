"""What is run, and where nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.job import Options, Skip
from pipeline.checks.secrets.calls import ALL, APART, FILES, HISTORY
from pipeline.checks.secrets.engine import TOOL
from pipeline.checks.secrets.jobs import plan
from pipeline.checks.secrets.overlooked import NOTHING
from pipeline.checks.secrets.work import Task
from pipeline.model import Status
from pipeline.tools import python

from .conftest import TARGET, Repository, make_token, names, search, skipped


def task(root: Path) -> Task:
    jobs = plan(TARGET, Options(root=str(root)))
    assert not isinstance(jobs, Skip)
    *_, found = (job.notes for job in jobs if job.name in {FILES, ALL})
    assert isinstance(found, Task)
    return found


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
    assert names(repository.root) == [HISTORY, APART]


@pytest.mark.parametrize(
    ("limit", "name"), [("today.MAX_FRESH", "b.py"), ("jobs.MAX_APART", "b.pyc")]
)
def test_much_that_changed_is_read_where_it_lies(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, limit: str, name: str
) -> None:
    monkeypatch.setattr(f"pipeline.checks.secrets.{limit}", 0)
    repository.write("a.py", "x\n")
    repository.commit()
    search(repository.root)
    assert names(repository.root) == [HISTORY]
    repository.write(name, "y\n")
    assert names(repository.root) == [FILES]
    repository.commit()
    repository.write(f"more/{name}", "z\n")
    assert names(repository.root) == [FILES, HISTORY]


def test_what_is_passed_over_lies_beside_todays_files(repository: Repository) -> None:
    repository.write("a.py", "x\n")
    assert task(repository.root).laid == NOTHING
    repository.write("go.sum", "y\n")
    found = task(repository.root)
    assert list(found.laid.names.values()) == [("go.sum",)]
    assert found.looked_again == 1
    repository.commit()
    found = task(repository.root)
    assert list(found.laid.names.values()) == [("go.sum",)]
    assert found.beside == 2, "it, and a canary"
    search(repository.root)
    repository.write("go.sum", "z\n")
    options = Options(root=str(repository.root), tool=python.find(TOOL.distribution))
    jobs = plan(TARGET, options)
    assert not isinstance(jobs, Skip)
    (found,) = (job.notes for job in jobs)
    assert list(found.laid.names.values()) == [("go.sum",), ()]
    assert set(found.laid.canary.values).isdisjoint(found.canary.values)


def test_no_content_of_the_repository_is_on_a_disk_in_the_clear(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.checks.secrets.calls.in_memory", lambda: "")
    token = make_token()
    repository.write("package-lock.json", token)
    repository.commit()
    jobs = plan(TARGET, Options(root=str(repository.root)))
    assert not isinstance(jobs, Skip)
    for job in jobs:
        assert not any(token.encode() in content for content in job.inputs.values())
        assert not any(token in argument for argument in job.arguments)
