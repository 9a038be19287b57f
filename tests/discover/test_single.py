"""Single questions that git answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.discover.past import past
from pipeline.discover.single import (
    committed,
    content,
    days,
    earliest,
    identify,
    together,
    unreached,
)
from pipeline.errors import IncompleteError
from tests.kit.git import git

from .histories import commit


def test_nothing_is_known_of_a_folder_without_git(tmp_path: Path) -> None:
    assert days(tmp_path, ["a" * 40]) == {}
    assert committed(tmp_path, ["a"]) == {}
    assert list(content(tmp_path, ["a" * 40], limit=9)) == []
    assert together(tmp_path, {"a" * 40: 1}) == {}
    assert unreached(tmp_path, ["a" * 40]) == frozenset()
    assert identify(tmp_path, [("a" * 40, "x")]) == {}
    assert earliest(tmp_path, [["a" * 40, "b" * 40]]) == [{"a" * 40, "b" * 40}]


def test_days_are_the_authors(root: Path) -> None:
    id_ = commit(root, a="1")
    assert days(root, [id_]) == {id_: date(2024, 3, 1)}
    with pytest.raises(IncompleteError):
        days(root, ["b" * 40])


def test_contents_up_to_a_limit(root: Path) -> None:
    commit(root, a="1", b="22222")
    ids = [git(root, "rev-parse", f"HEAD:{name}") for name in "ab"]
    assert list(content(root, ids, limit=3)) == [(ids[0], b"1")]


def test_what_the_index_has_of_some_files(root: Path, tmp_path: Path) -> None:
    commit(root, a="1", b="2")
    (root / "a").write_text("changed")
    (root / "c").write_text("3")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b").symlink_to(root / "b")
    assert committed(root, ["a", "c", "d"]) == {"a": b"1"}
    assert committed(tmp_path / "elsewhere", ["b"]) == {"b": b"2"}


def test_commits_that_nothing_leads_to(root: Path) -> None:
    commit(root, a="12345")
    lost = commit(root, b="1234567")
    git(root, "reset", "-q", "--hard", "HEAD~1")
    kept = git(root, "rev-parse", "HEAD")
    assert unreached(root, [lost, kept]) == {lost}
    assert unreached(root, []) == frozenset()


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
    assert earliest(root, [[one]]) == [{one}]
    assert earliest(root, [[one, two, three]]) == [{one}]
    assert earliest(root, [[two, three], [one, two], []]) == [{two, three}, {one}, set()]
    with pytest.raises(IncompleteError, match="could not read"):
        earliest(root, [[one, "b" * 40]])
