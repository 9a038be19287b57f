"""Locks that stand in the folder and not in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.discover.strays import Strays, find_strays
from pipeline.model import Excluded, Project
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def find(
    root: Path,
    *,
    files: set[str],
    untracked: frozenset[str] = frozenset(),
    excluded: tuple[str, ...] = (),
) -> Strays:
    for name in ("uv.lock", "web/package-lock.json", "web/yarn.lock"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    projects = (
        Project(path=".", ecosystem="PyPI", locks=("uv.lock",)),
        Project(path="web", ecosystem="npm", locks=("web/yarn.lock",)),
        Project(path="lib", ecosystem="Zig"),
    )
    return find_strays(
        Tree.at(root),
        projects,
        files=files,
        untracked=untracked,
        excluded=[Excluded(path=path, why="") for path in excluded],
    )


ALL = {"uv.lock", "web/package-lock.json", "web/yarn.lock"}


def test_what_counts_and_is_tracked_is_no_stray(tmp_path: Path) -> None:
    assert find(tmp_path, files=ALL) == Strays((), ())


def test_what_is_there_and_does_not_count_is_ignored(tmp_path: Path) -> None:
    found = find(tmp_path, files={"web/yarn.lock"})
    assert found == Strays((), ("uv.lock", "web/package-lock.json"))


def test_what_counts_and_is_not_tracked_is_untracked(tmp_path: Path) -> None:
    assert find(tmp_path, files=ALL, untracked=frozenset({"uv.lock", "x"})) == Strays(
        ("uv.lock",), ()
    )


def test_what_was_left_out_on_purpose_is_not_ignored(tmp_path: Path) -> None:
    assert find(tmp_path, files={"uv.lock"}, excluded=("web",)) == Strays((), ())
    found = find(tmp_path, files={"uv.lock", "web/yarn.lock"}, excluded=("we",))
    assert found == Strays((), ("web/package-lock.json",))
