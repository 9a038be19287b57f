"""What a history consists of."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from pipeline.discover.past import (
    content,
    days,
    earliest,
    identify,
    past,
    staged,
    together,
    unreached,
)
from pipeline.errors import IncompleteError

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": "2024-03-01T12:00:00Z",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_COMMITTER_DATE": "2025-05-05T12:00:00Z",
}


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def commit(root: Path, **files: str) -> str:
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")


def test_a_folder_without_git_has_none(tmp_path: Path) -> None:
    assert past(tmp_path) is None
    assert staged(tmp_path) is None
    assert days(tmp_path, ["a" * 40]) == {}
    assert list(content(tmp_path, ["a" * 40], limit=9)) == []
    assert together(tmp_path, {"a" * 40: 1}) == {}
    assert unreached(tmp_path, ["a" * 40]) == frozenset()
    assert identify(tmp_path, [("a" * 40, "x")]) == {}
    assert earliest(tmp_path, ["a" * 40, "b" * 40]) == {"a" * 40, "b" * 40}


def test_a_repository_without_commits(root: Path) -> None:
    found = past(root)
    assert found is not None
    assert (found.tips, found.commits, found.blobs, found.root) == ((), 0, (), "")


def test_everything_and_only_what_is_new(root: Path) -> None:
    first = commit(root, a="1")
    tip = commit(root, a="2", b="3")
    found = past(root)
    assert found is not None
    assert (found.tips, found.commits, found.root) == ((tip,), 2, first)
    assert sorted(blob.path for blob in found.blobs) == ["a", "a", "b"]
    new = past(root, since=lambda root_: (first,) if root_ == first else ())
    assert new is not None
    assert new.since == (first,)
    assert sorted(blob.path for blob in new.blobs) == ["a", "b"]
    lost = past(root, since=lambda _: ("b" * 40,))
    assert lost is not None
    assert lost.since == ()
    assert lost.blobs == found.blobs


def test_a_hole_raises(root: Path) -> None:
    commit(root, a="1")
    blob = git(root, "rev-parse", "HEAD:a")
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(IncompleteError, match="cannot be trusted"):
        past(root)


def test_other_ids_are_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    with pytest.raises(IncompleteError, match="SHA-1"):
        past(tmp_path)


def test_what_is_staged(root: Path) -> None:
    (root / "a").write_text("1")
    git(root, "add", "a")
    before = staged(root)
    assert before is not None
    assert [blob.path for blob in before[1]] == ["a"]
    commit(root)
    (root / "b").write_text("2")
    git(root, "add", "b")
    (root / "c").write_text("3")
    after = staged(root)
    assert after is not None
    assert [blob.path for blob in after[1]] == ["b"]


def test_days_are_the_authors(root: Path) -> None:
    id_ = commit(root, a="1")
    assert days(root, [id_]) == {id_: date(2024, 3, 1)}
    with pytest.raises(IncompleteError):
        days(root, ["b" * 40])


def test_contents_up_to_a_limit(root: Path) -> None:
    commit(root, a="1", b="22222")
    ids = [git(root, "rev-parse", f"HEAD:{name}") for name in "ab"]
    assert list(content(root, ids, limit=3)) == [(ids[0], b"1")]


def test_a_partial_clone_is_known(root: Path, tmp_path: Path) -> None:
    commit(root, a="1")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{root}", "part")
    found = past(tmp_path / "part")
    assert found is not None
    assert found.partial


def test_a_folder_that_only_lies_in_a_repository_has_no_history(root: Path) -> None:
    commit(root, **{".gitignore": "build\n", "a": "1"})
    for name in ("build", "untracked"):
        (root / name).mkdir()
        (root / name / "x").write_text("1")
        assert past(root / name) is None
    (root / "part").mkdir()
    commit(root, **{"part/x": "1"})
    found = past(root / "part")
    assert found is not None
    assert (found.below, found.commits) == ("part/", 2)


def test_a_broken_repository_is_told_whatever_is_asked(root: Path) -> None:
    commit(root, a="1")
    id_ = git(root, "rev-parse", "HEAD:a")
    (root / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(IncompleteError, match="git could not tell: HEAD names no commit"):
        staged(root)
    with pytest.raises(IncompleteError, match="git could not read a file: HEAD names no commit"):
        list(content(root, [id_], limit=3))


def test_more_stashes_than_are_looked_at_are_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(root, a="1")
    for number in "23":
        (root / "a").write_text(number)
        git(root, "stash")
    found = past(root)
    assert found is not None
    assert found.commits > 3, "the lower stash, too, is part of it"
    monkeypatch.setattr("pipeline.discover.past._MAX_STASHES", 1)
    with pytest.raises(IncompleteError, match="more than 1 stashes"):
        past(root)


# ------------------------------------------------------------------------------- single questions


def test_everything_that_git_keeps_is_counted(root: Path) -> None:
    commit(root, a="12345")
    lost = commit(root, b="1234567")
    git(root, "reset", "-q", "--hard", "HEAD~1")
    found = past(root)
    assert found is not None
    assert sorted(found.stored.values()) == [5, 7]
    assert [blob.path for blob in found.blobs] == ["a"]
    kept = git(root, "rev-parse", "HEAD")
    assert unreached(root, [lost, kept]) == {lost}
    assert unreached(root, []) == frozenset()
    again = past(root, since=lambda _: (kept,))
    assert again is not None
    assert not again.stored


def test_small_files_are_read_together(root: Path) -> None:
    commit(root, a="1", b="\n\n", c="", d="x" * 19)
    found = past(root)
    assert found is not None
    ids = {path: git(root, "rev-parse", f"HEAD:{path}") for path in "abcd"}
    assert together(root, found.stored) == {
        ids["a"]: b"1",
        ids["b"]: b"\n\n",
        ids["c"]: b"",
        ids["d"]: b"x" * 19,
    }
    with pytest.raises(IncompleteError, match="could not read"):
        together(root, {"a" * 40: 1})


def test_content_is_known_by_its_place(root: Path) -> None:
    one = commit(root, a="1")
    places = [(one, "a"), (one, "missing"), ("b" * 40, "a")]
    assert identify(root, places) == {(one, "a"): git(root, "rev-parse", "HEAD:a")}
    assert identify(root, places[:1]) == identify(root, places)


def test_the_earliest_commits_are_those_that_no_other_leads_to(root: Path) -> None:
    one = commit(root, a="1")
    git(root, "checkout", "-q", "-b", "side")
    two = commit(root, b="1")
    git(root, "checkout", "-q", "main")
    three = commit(root, c="1")
    assert earliest(root, [one]) == {one}
    assert earliest(root, [one, two, three]) == {one}
    assert earliest(root, [two, three]) == {two, three}
    with pytest.raises(IncompleteError, match="could not read"):
        earliest(root, [one, "b" * 40])
