"""From a request to a plan, from a plan to evidence, from evidence to a verdict."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.checks import CHECKS
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Evidence, Status
from pipeline.stages import prepare
from pipeline.tools import surroundings
from tests.advice import make_store
from tests.kit.git import git

from .conftest import request


def test_a_part_of_a_repository_is_named_with_its_place(repository: Path) -> None:
    plan, _ = prepare(request(repository, part="services/api", notices=("said before",)))
    assert plan.target.name == "repository/services/api"
    assert plan.notices == ("said before",)


def test_every_check_is_planned_unless_some_are_named(repository: Path) -> None:
    assert prepare(request(repository))[0].checks == tuple(CHECKS)
    with pytest.raises(UsageError, match="no check 'nonsense'"):
        prepare(request(repository, checks=("nonsense",)))


def test_the_day_is_today_unless_it_is_said(repository: Path) -> None:
    assert prepare(request(repository))[0].as_of == datetime.now(UTC).date()
    assert prepare(request(repository, as_of=date(2020, 1, 2)))[0].as_of == date(2020, 1, 2)


def test_no_time_is_kept_under_source_date_epoch(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare(request(repository))[0].started is not None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert prepare(request(repository))[0].started is None


def test_a_target_that_is_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        prepare(request(tmp_path / "missing"))


@pytest.mark.parametrize("part", [".", "services/api"])
@pytest.mark.parametrize("place", ["bin", "node_modules/.bin"])
def test_a_program_of_the_scanned_repository_never_runs(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, part: str
) -> None:
    (repository / part).mkdir(parents=True, exist_ok=True)
    (repository / part / "poetry.lock").write_text("")
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    (repository / place).mkdir(parents=True)
    ran = tmp_path / "ran"
    (repository / place / "git").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (repository / place / "git").chmod(0o755)
    (tmp_path / "link").symlink_to(repository / place)
    both = (str(repository / place), str(tmp_path / "link"))
    monkeypatch.setenv("PATH", os.pathsep.join((*both, os.environ["PATH"])))
    plan, output = prepare(request(repository / part, checks=("secrets",), base="HEAD~1"))
    assert plan.target.git
    assert plan.target.git.commit, "git itself was found"
    surroundings.shun(tmp_path / "another")  # as a stage in a process of its own begins
    (evidence,) = stages.check((), output)
    assert evidence.status is not Status.ERRORED, evidence.reason
    assert not ran.exists()


def test_checks_are_told_as_they_end(repository: Path, tmp_path: Path) -> None:
    store = make_store(tmp_path / "advisories.sqlite")
    _, output = prepare(request(repository, advisories=store, as_of=date(2026, 11, 1)))
    told: list[Evidence] = []
    found = stages.check((), output, tell=told.append)
    assert {item.check for item in told} == {item.check for item in found} == CHECKS.keys()
    assert next(item for item in found if item.check == "dependencies").status is Status.CLEAN
    assert stages.report(output).verdict == stages.gate(output)


def test_a_check_that_runs_again_takes_the_report_with_it(repository: Path) -> None:
    _, output = prepare(request(repository, checks=("lockfiles",)))
    stages.check((), output)
    stages.report(output)
    before = stages.gate(output)
    stages.check((), output)
    with pytest.raises(IncompleteError, match="there is no report"):
        stages.gate(output)
    stages.report(output)
    assert stages.gate(output) == before


def test_a_report_without_evidence_is_incomplete(repository: Path) -> None:
    _, output = prepare(request(repository))
    assert stages.report(output).verdict.exit_code == 3


def test_there_is_no_verdict_without_a_report(repository: Path) -> None:
    _, output = prepare(request(repository))
    with pytest.raises(IncompleteError, match="there is no report"):
        stages.gate(output)
