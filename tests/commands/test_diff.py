"""`supply-chain diff` on real repositories: nothing checked out, nothing run, nothing guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.commands.diff import ends
from pipeline.errors import UsageError
from tests.advice import make_store
from tests.kit.git import git

DAY = "2026-11-01"
"""The day of the bundled advisories."""


def commit(root: Path, text: str, name: str = "requirements.txt") -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The main branch has one commit more than where the feature left it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "six==1.16.0\nidna==3.6\n")
    git(folder, "checkout", "-qb", "feature")
    commit(folder, "six==1.16.0\nidna==3.7\njinja2==2.4.1\n")
    git(folder, "checkout", "-q", "main")
    commit(folder, "six==1.16.0\nidna==3.6\npackaging==24.1\n")
    git(folder, "checkout", "-q", "feature")
    return folder


@pytest.fixture
def diff(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command, with the bundled advisories: exit code, output, errors."""
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", str(tmp_path / "cache" / "advisories.sqlite"))
    store = make_store(tmp_path / "advisories.sqlite")

    def diff(*arguments: str, where: Path = root) -> tuple[int, str, str]:
        options = ("--offline", "--advisories", str(store), "--as-of", DAY)
        code = main(["diff", *options, "--", *arguments, str(where)])
        output = capsys.readouterr()
        return code, output.out, output.err

    return diff


Diff = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], diff: Diff
) -> Callable[..., dict[str, Any]]:
    """The command's JSON."""

    def told(range_: str, *arguments: str) -> dict[str, Any]:
        store = tmp_path / "advisories.sqlite"
        options = ["--offline", "--advisories", str(store), "--as-of", DAY, "--json"]
        assert main(["diff", range_, str(root), *options, *arguments]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return told


def names(document: dict[str, Any]) -> set[str]:
    return {
        f"{change['change']} {change['name']}"
        for lock in document["locks"]
        for change in lock["changes"]
    }


def test_two_commits(told: Callable[..., dict[str, Any]], root: Path) -> None:
    before = git(root, "status", "--porcelain", "--branch")
    document = told("main..feature")
    assert names(document) == {"added jinja2", "upgraded idna", "removed packaging"}
    (added,) = (one for one in document["locks"][0]["changes"] if one["change"] == "added")
    assert added["brings"]
    assert added["advisories_evaluated"] is True
    assert document["head"]["commit"] == git(root, "rev-parse", "feature")
    assert git(root, "status", "--porcelain", "--branch") == before


def test_from_where_both_parted(told: Callable[..., dict[str, Any]], root: Path) -> None:
    document = told("main...feature")
    assert names(document) == {"added jinja2", "upgraded idna"}
    assert document["base"]["commit"] == git(root, "rev-parse", "main~1")


def test_the_folder_as_it_lies_there(told: Callable[..., dict[str, Any]], root: Path) -> None:
    (root / "requirements.txt").write_text("six==1.17.0\n")
    document = told("feature")
    assert names(document) == {"removed jinja2", "removed idna", "upgraded six"}
    assert document["head"] == {
        "asked": "",
        "commit": git(root, "rev-parse", "HEAD"),
        "working_tree": True,
        "changed": True,
    }
    assert not document["same"]


def test_a_merge_against_its_first_parent(told: Callable[..., dict[str, Any]], root: Path) -> None:
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-edit", "-X", "theirs", "feature")
    assert "added jinja2" in names(told("HEAD^..HEAD"))
    assert names(told("HEAD^2..HEAD")) == set()
    assert told("HEAD^1...HEAD")["base"]["commit"] == git(root, "rev-parse", "main^1")


def test_a_lock_that_was_moved(told: Callable[..., dict[str, Any]], root: Path) -> None:
    (root / "service").mkdir()
    git(root, "mv", "requirements.txt", "service/requirements.txt")
    commit(root, "six==1.16.0\nidna==3.7\njinja2==2.4.1\nflask==3.0\n", "service/requirements.txt")
    document = told("feature~1..feature")
    (lock,) = document["locks"]
    assert (lock["fate"], lock["base_path"]) == ("moved", "requirements.txt")
    assert names(document) == {"added flask"}


def test_a_folder_below_the_top(diff: Diff, root: Path) -> None:
    commit(root, "six==1.16.0\n", "service/requirements.txt")
    code, text, _ = diff("feature~1..feature", where=root / "service")
    assert code == 0
    assert "requirements.txt: a new lock of 1 package" in text


@pytest.mark.parametrize("range_", ["feature..feature", "feature...feature", "feature"])
def test_the_same_commit_is_never_told_as_no_change(diff: Diff, range_: str) -> None:
    code, text, _ = diff(range_)
    assert code == 0
    assert "nothing was compared" in text
    assert "It brings" not in text


@pytest.mark.parametrize(
    ("range_", "why"),
    [
        ("", "BASE is empty"),
        ("..feature", "BASE is empty"),
        ("main..", "HEAD is empty"),
        ("main...", "HEAD is empty"),
        (" ..feature", "BASE is empty"),
        ("--upload-pack=x", "cannot name a commit"),
        ("main..--upload-pack=x", "cannot name a commit"),
        ("main..x..y", "cannot name a commit"),
        ("nothing..feature", "no commit of this repository"),
        ("main:requirements.txt", "cannot name a commit"),
    ],
)
def test_what_means_no_two_commits_is_refused(diff: Diff, range_: str, why: str) -> None:
    code, text, errors = diff(range_)
    assert (code, text) == (2, "")
    assert why in errors
    assert "To mend it" in errors


def test_no_repository_is_refused(diff: Diff, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    code, _, errors = diff("main", where=folder)
    assert code == 2
    assert "no git repository" in errors


def test_without_advisories_the_change_is_told_and_the_rest_is_not_evaluated(
    diff: Diff, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "main..feature", str(root), "--offline"]) == 3
    text = capsys.readouterr().out
    assert "jinja2 2.4.1  added" in text
    assert "advisories were not evaluated" in text
    assert "For 2 changed packages nobody knows: not evaluated." in text


def test_markdown_is_a_comment(
    diff: Diff, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "advisories.sqlite")
    options = ["--offline", "--advisories", store, "--as-of", DAY, "--markdown"]
    assert main(["diff", "main..feature", str(root), *options]) == 0
    assert capsys.readouterr().out.startswith("<!-- supply-chain diff -->\n")


def test_the_policy_of_the_scanned_commit_does_not_count(diff: Diff, root: Path) -> None:
    commit(root, "exclude: ['*']\n", "supply-chain.yml")
    code, text, _ = diff("main..feature")
    assert code == 0
    assert "jinja2" in text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a", ("a", None, False)),
        ("a..b", ("a", "b", False)),
        ("a...b", ("a", "b", True)),
        ("v1.0..v2.0", ("v1.0", "v2.0", False)),
    ],
)
def test_how_a_range_is_read(text: str, wanted: tuple[str, str | None, bool]) -> None:
    assert ends(text) == wanted


@pytest.mark.parametrize("text", ["", "..", "...", "a..", "..b", "a...", "...b", " "])
def test_an_empty_side_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        ends(text)
