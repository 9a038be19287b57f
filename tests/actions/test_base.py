from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.actions import base
from pipeline.errors import PipelineError
from tests.actions.conftest import commit, git


class Forge(NamedTuple):
    """A clone as a runner has it: a branch of the base, and a merge commit checked out."""

    root: Path
    old: str
    main: str
    head: str
    merge: str


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    old = commit(root, {"a": "1"})
    git(root, "checkout", "--quiet", "-b", "feature")
    head = commit(root, {"b": "1"})
    git(root, "checkout", "--quiet", "main")
    main = commit(root, {"c": "1"})
    git(root, "update-ref", "refs/remotes/origin/main", main)
    git(root, "checkout", "--quiet", "--detach", main)
    git(root, "merge", "--quiet", "--no-ff", "--message", "merged", head)
    return Forge(root, old, main, head, git(root, "rev-parse", "HEAD"))


def change(forge: Forge, **parts: Any) -> dict[str, Any]:
    pull = {"base": {"ref": "main", "sha": forge.old}, "head": {"sha": forge.head}, **parts}
    return {"pull_request": pull}


def found(
    forge: Forge, event: str, payload: dict[str, Any], *, new_only: bool = True
) -> base.Basis:
    return base.find(forge.root, event, payload, new_only=new_only)


def test_a_pull_request_is_held_against_what_it_was_merged_into(forge: Forge) -> None:
    basis = found(forge, "pull_request", change(forge))
    assert basis == (forge.merge, forge.main, "compared with the base branch as it was merged")


def test_another_checkout_is_held_against_where_it_left_the_branch(forge: Forge) -> None:
    git(forge.root, "checkout", "--quiet", "--detach", forge.head)
    basis = found(forge, "pull_request", change(forge))
    assert (basis.commit, basis.base) == (forge.head, forge.old)
    assert basis.why == "compared with where the change left its base branch"


def test_a_merge_that_is_not_the_events_own_is_not_trusted(forge: Forge) -> None:
    basis = found(forge, "pull_request", change(forge, head={"sha": "f" * 40}))
    assert basis.base == forge.main
    assert "left its base branch" in basis.why


def test_the_events_commit_where_the_branch_was_not_fetched(forge: Forge) -> None:
    git(forge.root, "update-ref", "-d", "refs/remotes/origin/main")
    git(forge.root, "checkout", "--quiet", "--detach", forge.head)
    basis = found(forge, "pull_request", change(forge))
    assert (basis.base, basis.why) == (forge.old, "compared with where the change left its base")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"pull_request": None},
        {"pull_request": []},
        {"pull_request": {"base": {"ref": "", "sha": ""}, "head": {}}},
        {"pull_request": {"base": "main", "head": {"sha": 1}}},
    ],
)
def test_a_base_that_nobody_names_is_an_empty_name(forge: Forge, payload: dict[str, Any]) -> None:
    basis = found(forge, "pull_request", payload)
    assert (basis.base, basis.why) == ("", "everything is judged: the base cannot be told")


@pytest.mark.parametrize(
    "name", ["$(touch x)", "main\nx", "-x", "main..x", "x" * 9999, "a`id`", "{u}", "@{-1}"]
)
def test_hostile_branch_names_name_nothing(forge: Forge, name: str) -> None:
    payload = change(forge, base={"ref": name, "sha": name}, head={"sha": "e" * 40})
    basis = found(forge, "pull_request", payload)
    assert (basis.base, basis.why) == (name, "everything is judged: the base cannot be told")
    assert not (forge.root / "x").exists()


def test_a_merge_queue_is_held_against_the_branch_not_the_entry_before(forge: Forge) -> None:
    group = {"base_ref": "refs/heads/main", "base_sha": forge.head}
    basis = found(forge, "merge_group", {"merge_group": group})
    assert basis.base == forge.main


def test_the_entry_before_where_there_is_no_branch(forge: Forge) -> None:
    group = {"base_ref": "refs/heads/gone", "base_sha": forge.main}
    basis = found(forge, "merge_group", {"merge_group": group})
    assert (basis.base, basis.why) == (forge.main, "compared with the queue's entry before it")
    assert found(forge, "merge_group", {}).base == ""


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch", "release", ""])
def test_other_events_judge_everything(forge: Forge, event: str) -> None:
    basis = found(forge, event, {**change(forge), "before": forge.old})
    assert basis.base is None
    assert "has no base" in basis.why


def test_everything_is_judged_where_that_is_asked_for(forge: Forge) -> None:
    basis = found(forge, "pull_request", change(forge), new_only=False)
    assert (basis.base, basis.why) == (None, "everything is judged: new-only is off")


def test_without_a_commit_nothing_is_found(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(PipelineError):
        base.find(tmp_path, "push", {}, new_only=True)


def test_whether_a_change_alters_a_file(forge: Forge) -> None:
    assert base.changes(forge.root, forge.old, "c")
    assert not base.changes(forge.root, forge.main, "c")
    assert base.changes(forge.root, "nonsense", "c")
