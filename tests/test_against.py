"""A base that can be used, and every way in which one cannot: then everything is judged.

Whole runs against a base are held by tests/e2e/test_base.py, reviews by
tests/commands/test_diff.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline import against
from pipeline.discover import discover
from pipeline.model import Base, Evidence, Policy, Status, Target
from pipeline.policy import NOTHING
from pipeline.registries.ask import Told
from pipeline.registries.release import Pin, Release
from pipeline.store import Output, Plan, encode
from pipeline.tree import Tree
from tests.advice import make_store
from tests.kit.git import git


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Two commits: one lock changes, one stays, one cannot be read."""
    root = (tmp_path / "shop").resolve()
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "requirements.txt").write_text("six==1.16.0\n")
    (root / "tools").mkdir()
    (root / "tools" / "requirements.txt").write_text("six==1.16.0\n")
    (root / "out").symlink_to("../elsewhere")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    (root / "requirements.txt").write_text("six==1.17.0\n")
    git(root, "commit", "-qam", "two")
    return Tree(root)


def find(tree: Tree, name: str, target: Target | None = None) -> against.Found:
    return against.find(name, tree, target or discover(tree), exclude=())


def test_a_usable_base(tree: Tree) -> None:
    found = find(tree, "HEAD~1")
    commit = git(tree.root, "rev-parse", "HEAD~1")
    assert found.base == Base(asked="HEAD~1", commit=commit)
    assert found.unchanged == ("tools/requirements.txt",)
    assert found.target
    assert [lock.path for lock in found.target.locks] == [
        "requirements.txt",
        "tools/requirements.txt",
    ]
    assert found.target.git
    assert found.target.git.commit == commit
    assert any("leaves the repository" in part.why for part in found.target.unread)


@pytest.mark.parametrize("name", ["", "nothing", "HEAD", "-x", "main"])
def test_a_base_that_cannot_be_used_says_why(tree: Tree, name: str) -> None:
    found = find(tree, name)
    assert (found.base.commit, found.target, found.unchanged) == (None, None, ())
    assert found.base.why
    assert str(tree.root) not in found.base.why


def test_a_folder_without_any_commit_has_no_base(tree: Tree) -> None:
    assert "no commit stands" in find(tree, "HEAD~1", Target(name="x", git=None, files=0)).base.why


def test_a_file_that_cannot_be_read_is_not_called_unchanged(tree: Tree) -> None:
    target = discover(tree)
    (tree.root / "tools" / "requirements.txt").unlink()
    assert find(tree, "HEAD~1", target).unchanged == ()


def plan(tree: Tree, output: Output, *checks: str) -> Plan:
    found = find(tree, "HEAD~1")
    made = output.begin(
        Plan(
            root=str(tree.root),
            as_of=date(2026, 11, 1),
            offline=True,
            checks=checks,
            target=discover(tree),
            policy=Policy(),
            base=found.base,
            unchanged=found.unchanged,
        )
    )
    against.begin(made, found, output)
    return made


def test_only_checks_that_can_be_compared_are_planned_on_the_base(
    tree: Tree, tmp_path: Path
) -> None:
    output = Output(tmp_path / "out")
    made = plan(tree, output, "dependencies", "workflows")
    base = output.base.plan()
    assert (base.checks, base.token, base.root) == (("dependencies",), made.token, "")
    against.collect(["workflows"], made, output)
    assert output.base.evidence(base) == ()


def test_without_such_a_check_everything_is_judged(tree: Tree, tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    made = plan(tree, output, "workflows")
    base, baseline = against.baseline(made, output)
    assert base
    assert (base.checks, baseline) == ((), NOTHING)
    assert "no planned check" in base.why


@pytest.mark.parametrize(
    ("status", "usable"),
    [
        (Status.CLEAN, True),
        (Status.FOUND, True),
        (Status.PARTIAL, True),
        (Status.NOT_APPLICABLE, True),
        (Status.ERRORED, False),
        (Status.SKIPPED, False),
    ],
)
def test_how_the_check_of_the_base_must_have_ended(
    tree: Tree, tmp_path: Path, status: Status, usable: bool
) -> None:
    output = Output(tmp_path / "out")
    made = plan(tree, output, "dependencies")
    evidence = Evidence(check="dependencies", status=status, reason="because")
    output.base.record(output.base.plan(), evidence, seconds=0.0)
    base, _ = against.baseline(made, output)
    assert base
    assert base.checks == (("dependencies",) if usable else ())
    assert ("because" in base.why) is not usable


def test_the_base_is_checked_where_it_lies(tree: Tree, tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    made = replace(
        plan(tree, output, "dependencies"), advisories=str(make_store(tmp_path / "a.sqlite"))
    )
    base = replace(output.base.plan(), advisories=made.advisories)
    (output.base.folder / "plan.json").write_bytes(encode(base))
    against.collect(["dependencies"], made, output)
    (recorded,) = output.base.evidence(base)
    assert recorded.evidence.status is Status.CLEAN
    found, _ = against.baseline(made, output)
    assert found
    assert (found.checks, found.why) == (("dependencies",), "")


def test_a_base_that_is_gone_by_then_is_errored(tree: Tree, tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    made = plan(tree, output, "dependencies")
    (tree.root / ".git").rename(tmp_path / "elsewhere")
    against.collect(["dependencies"], made, output)
    found, baseline = against.baseline(made, output)
    assert found
    assert (found.checks, baseline) == ((), NOTHING)
    assert "errored on the base: there is no git repository" in found.why


def test_a_base_that_was_not_checked_is_said(tree: Tree, tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    found, baseline = against.baseline(plan(tree, output, "dependencies"), output)
    assert found
    assert (found.why, baseline) == ("dependencies: it left no evidence of the base", NOTHING)


def test_a_run_without_a_base_has_none(tree: Tree, tmp_path: Path) -> None:
    output = Output(tmp_path / "out")
    made = replace(plan(tree, output, "dependencies"), base=None)
    assert against.baseline(made, output) == (None, NOTHING)
    against.collect(["dependencies"], made, output)
    assert not list((output.base.folder / "evidence").iterdir())


def test_registries_are_asked_only_with_a_network(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = find(tree, "HEAD~1").target, discover(tree)
    assert before
    asked: list[Pin] = []

    def ask(pins: list[Pin], *, licences: bool) -> Told:
        asked.extend(pins)
        return Told({pin: Release(licence="MIT") for pin in pins}, ())

    monkeypatch.setattr("pipeline.registries.ask.ask", ask)
    assert against._releases(before, after, offline=True) == {}
    assert asked == []
    known = against._releases(before, after, offline=False)
    assert asked == [Pin("PyPI", "six", "1.16.0"), Pin("PyPI", "six", "1.17.0")]
    assert known["PyPI", "six", "1.17.0"].licence == "MIT"
