"""Runs that a repository brings along, and those that only look like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.cli import main
from pipeline.errors import IncompleteError
from pipeline.stages import prepare, refuse_brought
from pipeline.store import Output
from tests.kit.git import git

from .conftest import request


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """A clone of a repository in which a whole, compliant run was committed."""
    _, output = prepare(request(repository, checks=("lockfiles",)))
    stages.check((), output)
    stages.report(output)
    assert stages.gate(output).exit_code == 0
    return cloned(repository, tmp_path / "clone")


def cloned(repository: Path, goal: Path) -> Path:
    git(repository, "init", "-q")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "-qm", "approved")
    git(repository, "clone", "-q", str(repository), str(goal))
    return goal


@pytest.mark.parametrize(
    "words",
    [
        ["gate"],
        ["report"],
        ["check"],
        ["sign", "--unsigned"],
        ["tools", "install", "--planned", ".supply-chain"],
    ],
)
def test_no_stage_goes_on_with_a_run_that_was_committed(
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    monkeypatch.chdir(clone)
    before = {path: path.read_bytes() for path in clone.rglob("*") if path.is_file()}
    assert main(words) == 3
    assert "this run came with the repository" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in clone.rglob("*") if path.is_file()} == before


def test_a_run_that_begins_there_is_ones_own(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    words = ("--only", "lockfiles", "--offline", "--quiet")
    assert main(["plan", *words]) == 0
    assert main(["check", "--quiet"]) == 0
    assert main(["report", "--quiet"]) == 0
    assert main(["gate", "--quiet"]) == 0
    assert main(["run", *words]) == 0


def test_a_report_without_any_plan(clone: Path) -> None:
    output = Output(clone / ".supply-chain")
    (output.folder / "plan.json").unlink()
    with pytest.raises(IncompleteError, match="came with the repository"):
        refuse_brought(output)


@pytest.mark.parametrize(
    "attributes", ["* text eol=crlf", "* ident", "*.json text working-tree-encoding=UTF-8"]
)
def test_what_git_does_to_files_hides_nothing(
    repository: Path, tmp_path: Path, attributes: str
) -> None:
    _, output = prepare(request(repository, checks=("lockfiles",), notices=("$Id$",)))
    assert b"$Id$" in (output.folder / "plan.json").read_bytes()
    (repository / ".gitattributes").write_text(f"{attributes}\n")
    (output.folder / ".gitignore").unlink()
    there = cloned(repository, tmp_path / "clone")
    with pytest.raises(IncompleteError, match="came with the repository"):
        refuse_brought(Output(there / ".supply-chain"))


@pytest.mark.parametrize("token", ["$Id$", "", None, 7])
def test_a_token_that_no_plan_has(repository: Path, tmp_path: Path, token: object) -> None:
    _, output = prepare(request(repository, checks=("lockfiles",)))
    plan = output.folder / "plan.json"
    plan.write_text(json.dumps({**json.loads(plan.read_bytes()), "token": token}))
    there = cloned(repository, tmp_path / "clone")
    (there / ".supply-chain/plan.json").write_bytes(plan.read_bytes().replace(b"$Id$", b"$Id: 1$"))
    with pytest.raises(IncompleteError, match="came with the repository"):
        refuse_brought(Output(there / ".supply-chain"))


def test_a_link_to_a_run_that_is_called_otherwise(repository: Path, tmp_path: Path) -> None:
    prepare(request(repository, checks=("lockfiles",)))
    (repository / ".supply-chain").rename(repository / "docs")
    (repository / ".supply-chain").symlink_to("docs")
    there = cloned(repository, tmp_path / "clone")
    with pytest.raises(IncompleteError, match="came with the repository"):
        refuse_brought(Output(there / ".supply-chain"))


def test_a_run_that_nobody_committed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, output = prepare(request(repository, checks=("lockfiles",)))
    refuse_brought(output)
    git(repository, "init", "-q")
    git(repository, "add", "--all")
    git(repository, "commit", "-qm", "its own .gitignore keeps it out")
    refuse_brought(output)
    git(repository, "add", "--all", "--force")
    monkeypatch.setenv("PATH", str(tmp_path))
    refuse_brought(output)  # there is nobody to ask
