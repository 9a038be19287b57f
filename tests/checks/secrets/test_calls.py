"""How the engine is called: what is foreseen is what is run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pipeline import checks
from pipeline.checks.job import Job, Options, Skip
from pipeline.checks.secrets import calls, plan
from pipeline.checks.secrets.engine import TOOL
from pipeline.model import SecretSettings
from pipeline.tools import python

from .conftest import TARGET, Repository, make_token, search


def foreseen(root: Path, **settings: bool) -> tuple[list[Job], list[Job]]:
    """What was started ahead, and what the plan came to."""
    started: list[Job] = []
    options = Options(
        root=str(root),
        secrets=SecretSettings(**settings),
        tool=python.find(TOOL.distribution),
        ahead=started.append,
    )
    jobs = plan(TARGET, options)
    return started, [] if isinstance(jobs, Skip) else list(jobs)


def command(job: Job) -> tuple[object, ...]:
    return job.name, job.arguments, job.env, job.timeout, job.late


def test_of_a_plain_folder_it_is_known_at_once(tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    started, (job,) = foreseen(root)
    assert [command(one) for one in started] == [command(job)] * 2
    (root / ".supply-chain").mkdir()
    started, (job,) = foreseen(root)
    assert command(started[0]) != command(job), "what must not be entered was not known"
    assert command(started[-1]) == command(job)


def test_of_a_repository_where_nobody_works_too(repository: Repository) -> None:
    repository.write("a.py", "x = 1\n")
    repository.write("b/c.py", "x = 1\n")
    repository.commit()
    started, (job,) = foreseen(repository.root)
    assert job.name == calls.ALL
    assert [command(one) for one in started] == [command(job)] * 2
    repository.write(".gitignore", "ignored/\n")
    repository.write("ignored/a.py", "x = 1\n")
    repository.commit()
    started, (job,) = foreseen(repository.root)
    assert [command(one) == command(job) for one in started] == [False, True]
    started, (job,) = foreseen(repository.root, history=False)
    assert job.name == calls.FILES
    assert [command(one) for one in started] == [command(job)]


def test_of_one_with_too_much_in_it_nothing_is(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="x = 1\n", b="x = 1\n")
    monkeypatch.setattr(calls, "MAX_ENTRIES", 1)
    started, jobs = foreseen(repository.root)
    assert started == []
    assert [job.name for job in jobs] == [calls.FILES, calls.HISTORY]
    assert {job.scratch for job in jobs} == {""}, "there is memory for one of them"


def test_of_what_is_new_in_a_repository(repository: Repository) -> None:
    repository.commit(a="x = 1\n")
    search(repository.root)
    for text in ("y = 2\n", "y = 3\n"):
        repository.commit(b=text)
        started, (job,) = foreseen(repository.root)
        assert job.name == calls.HISTORY
        assert "--since-commit" in job.arguments
        assert [command(one) for one in started] == [command(job)]


def test_of_what_is_staged(repository: Repository) -> None:
    repository.commit(a="x = 1\n")
    repository.write("b.py", "x = 2\n")
    repository.git("add", "b.py")
    started, (job,) = foreseen(repository.root, staged=True)
    assert [command(one) for one in started] == [command(job)]


def test_all_that_arrives_late_lies_in_the_folders_that_are_named(repository: Repository) -> None:
    """Else a tool that was started ahead would never be given it."""
    repository.write("a.db", b"SQLite format 3\0")
    found = []
    _, jobs = foreseen(repository.root)
    found += jobs
    repository.commit(a="x = 1\n")
    _, jobs = foreseen(repository.root)
    found += jobs
    search(repository.root)
    repository.write("b.db", b"SQLite format 3\0")
    _, jobs = foreseen(repository.root)
    found += jobs
    assert [job.name for job in found] == [calls.FILES, calls.ALL, calls.HISTORY, calls.APART]
    for job in found:
        assert {name.partition("/")[0] for name in job.inputs} == set(job.late)
        assert not job.links
        assert job.fill is None


@pytest.mark.parametrize("kind", ["plain", "history", "news"])
def test_each_folder_that_arrives_late_holds_a_canary(repository: Repository, kind: str) -> None:
    """So an engine that looked before it was there cannot have reported all of them."""
    repository.commit(a="x = 1\n")
    if kind == "news":
        search(repository.root)
        repository.commit(a="x = 2\n")
    _, (job,) = foreseen(repository.root, history=kind != "plain")
    assert len(list(job.notes.canaries)) == len(job.late)


@pytest.mark.parametrize("blind", [0.0, 60.0], ids=["held", "never held"])
def test_a_secret_is_found_whoever_is_faster(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, blind: float
) -> None:
    """The plan takes longer than the engine to start, which is held or looks in vain."""
    token = make_token()
    repository.commit(a="x = 1\n")
    repository.write("go.sum", f"key = '{token}'\n")
    repository.commit()
    quick = search(repository.root, history=False)
    check = checks.CHECKS["secrets"]
    plan = check.plan

    def late(*arguments: object) -> object:
        jobs = plan(*arguments)  # type: ignore[arg-type]
        time.sleep(3)
        return jobs

    monkeypatch.setattr(calls, "_BLIND", blind)
    monkeypatch.setattr(check, "plan", late)
    assert search(repository.root, history=False) == quick
    assert len(quick.findings) == 1
