"""What a history consists of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.discover.past import past, staged
from pipeline.discover.single import content
from pipeline.errors import IncompleteError
from tests.kit.git import git

from .histories import commit


def test_a_folder_without_git_has_none(tmp_path: Path) -> None:
    assert past(tmp_path) is None
    assert staged(tmp_path) is None


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


def test_a_summary_that_came_with_the_repository_is_not_believed(root: Path) -> None:
    """The file `commit-graph` says again what commits say, and git would take its word."""
    commit(root, a="1")
    harmless = bytes.fromhex(git(root, "rev-parse", "HEAD^{tree}"))
    commit(root, a="2")
    guilty = bytes.fromhex(git(root, "rev-parse", "HEAD^{tree}"))
    commit(root, a="1")
    git(root, "commit-graph", "write", "--reachable")
    graph = root / ".git" / "objects" / "info" / "commit-graph"
    graph.chmod(0o600)
    graph.write_bytes(graph.read_bytes().replace(guilty, harmless))
    assert "a" not in git(root, "show", "--format=", "--name-only", "HEAD~1")
    found = past(root)
    assert found is not None
    assert len(found.blobs) == 2


@pytest.mark.parametrize("kind", ["tree", "commit"])
def test_a_hole_elsewhere_raises_too(root: Path, kind: str) -> None:
    first = commit(root, a="1")
    commit(root, a="2")
    id_ = git(root, "rev-parse", f"{first}^{{{kind}}}")
    (root / ".git" / "objects" / id_[:2] / id_[2:]).unlink()
    with pytest.raises(IncompleteError, match="cannot be trusted"):
        past(root)


def test_every_path_of_a_file_version_is_known(root: Path) -> None:
    commit(root, a="1", b="2")
    git(root, "mv", "a", "c")
    commit(root, d="1")
    found = past(root)
    assert found is not None
    paths = {blob.id: found.paths(blob) for blob in found.blobs}
    one, two = (git(root, "hash-object", name) for name in "cb")
    assert paths == {one: ("c", "d", "a"), two: ("b",)}
    assert found.others.keys() == {one}


def test_a_reference_may_name_a_folder_or_a_file(root: Path) -> None:
    commit(root, a="1")
    (root / "b").write_text("2")
    (root / "c").write_text("3")
    git(root, "add", "b")
    tree = git(root, "write-tree")
    git(root, "reset", "-q")
    git(root, "tag", "folder", tree)
    git(root, "tag", "-m", "x", "told", tree)
    blob = git(root, "hash-object", "-w", "c")
    git(root, "tag", "-m", "x", "file", blob)
    found = past(root)
    assert found is not None
    assert sorted(one.path for one in found.blobs) == ["a", "b"]
    assert found.loose == (blob,)


def test_the_first_commit_is_of_the_history_that_is_checked_out(root: Path) -> None:
    mine = commit(root, a="1")
    commit(root, a="2")
    git(root, "checkout", "-q", "--orphan", "other")
    other = commit(root, b="1")
    found = past(root)
    assert found is not None
    assert found.root == other
    git(root, "checkout", "-q", "main")
    found = past(root)
    assert found is not None
    assert found.root == mine
    git(root, "checkout", "-q", "--orphan", "unborn")
    found = past(root)
    assert found is not None
    assert found.root == min(mine, other)


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


def test_everything_that_git_keeps_is_counted(root: Path) -> None:
    commit(root, a="12345")
    commit(root, b="1234567")
    git(root, "reset", "-q", "--hard", "HEAD~1")
    found = past(root)
    assert found is not None
    assert sorted(found.stored.values()) == [5, 7]
    assert [blob.path for blob in found.blobs] == ["a"]
    kept = git(root, "rev-parse", "HEAD")
    again = past(root, since=lambda _: (kept,))
    assert again is not None
    assert not again.stored
