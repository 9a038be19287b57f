"""What git knows of a repository, asked of a stand-in for it (`pipeline.discover.standin`).

Source: git-status(1) "Porcelain Format Version 2".
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.discover.names import printable
from pipeline.discover.standin import Asker, Fault, Repository, opened
from pipeline.discover.top import top_of
from pipeline.model import Gap, Git, Location, Unread
from pipeline.text import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Asker",
    "Fault",
    "Repository",
    "Unknown",
    "WorkingTree",
    "is_bare",
    "is_possible",
    "is_shallow",
    "opened",
    "top_of",
    "working_tree",
]

_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTree:
    """A folder's files as git sees them.

    Paths are relative to the folder; bytes in them that are no text are surrogate escapes.
    `files` are the tracked ones that are there and the untracked ones that are not ignored;
    `repositories` are repositories of their own below the folder, `submodules` those of them that
    a commit names. `untracked` are those of the files that git does not track.
    """

    git: Git
    files: frozenset[str]
    repositories: frozenset[str]
    unread: tuple[Unread, ...]
    untracked: frozenset[str] = frozenset()
    submodules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is a repository, but git could not tell what belongs to it."""

    unread: Unread


def working_tree(root: Path) -> WorkingTree | Unknown | None:
    """What git says of the folder `root`; `None` when it belongs to no repository.

    `root` may be the top of a working tree (also a linked one, or a submodule) or a folder in
    it. A folder without a tracked file inside somebody's repository does not belong to it.
    Never raises for a broken repository or a missing program: that is `Unknown`.
    """
    top = top_of(root)
    if top is None:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="supply-chain-git-") as scratch:
            return _ask(top, root, Path(scratch))
    except Fault as fault:
        place = ".git" if top == root else "."
        why = f"git could not tell which files belong here: {fault}"
        return Unknown(unread=Unread(location=Location(path=place), why=why, gap=fault.gap))


def is_bare(root: Path) -> bool:
    """Whether `root` is a bare repository: git's data without any working tree."""
    return (root / "HEAD").is_file() and all((root / name).is_dir() for name in ("objects", "refs"))


def _ask(top: Path, root: Path, scratch: Path) -> WorkingTree | None:
    git, repository, settings = opened(top, root, scratch)
    index = _index(git.ask("ls-files", "-z", "--stage", "-v", "--full-name"))
    if top != root and not index.files:
        return None
    status = _status(
        git.ask(
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=all",
            "--no-renames",
            "--",
            ".",
        )
    )
    below = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    unread = []
    if absent := {path for path in index.hidden if not os.path.lexists(top / path)}:
        why = f"tracked files that are not checked out, and were not looked at: {len(absent)}"
        unread.append(Unread(location=Location(path="."), why=why, gap=Gap.INPUT_MISSING))
    dirty = _is_dirty(
        git, status, hides=bool(index.hidden - absent), output=f"{below}.supply-chain/"
    )
    if dirty is None:
        why = "whether files differ from the commit cannot be told without the repository's help"
        unread.append(Unread(location=Location(path="."), why=why, gap=Gap.NOT_ACCOUNTED_FOR))
    files = (index.files - absent - status.deleted) | status.untracked
    repositories = index.submodules | status.repositories
    for path in sorted(path for path in files | repositories if not is_possible(path)):
        why = "git's index names a path that no checkout can contain"
        unread.append(Unread(location=Location(path=printable(path)), why=why))
    return WorkingTree(
        git=Git(
            commit=status.commit,
            branch=status.branch,
            dirty=dirty,
            remote=_remote(settings),
            shallow=is_shallow(repository),
        ),
        files=frozenset(path.removeprefix(below) for path in files if is_possible(path)),
        repositories=frozenset(
            path.removeprefix(below) for path in repositories if is_possible(path)
        ),
        unread=tuple(unread),
        untracked=frozenset(path.removeprefix(below) for path in status.untracked),
        submodules=frozenset(
            path.removeprefix(below) for path in index.submodules if is_possible(path)
        ),
    )


def is_possible(path: str) -> bool:
    """Whether a checkout can contain a path: it stays inside, and outside git's own folder."""
    parts = path.split("/")
    return {"", ".", ".."}.isdisjoint(parts) and parts[0].lower() != ".git"


class _Index(NamedTuple):
    """`hidden` are files whose changes, or absence, git was told not to notice."""

    files: frozenset[str]
    submodules: frozenset[str]
    hidden: frozenset[str]


class _Status(NamedTuple):
    """`converted` differ on disk only, where a filter may be the reason; `changed` do for sure."""

    commit: str | None
    branch: str | None
    changed: frozenset[str]
    converted: frozenset[str]
    deleted: frozenset[str]
    untracked: frozenset[str]
    repositories: frozenset[str]


def _index(entries: list[str]) -> _Index:
    """Read `git ls-files -z --stage -v`: "H 100644 <object> 0<tab>path"."""
    files: set[str] = set()
    submodules: set[str] = set()
    hidden: set[str] = set()
    for entry in entries:
        facts, _, path = entry.partition("\t")
        tag, mode = facts.split(" ", 2)[:2]
        (submodules if mode == _SUBMODULE else files).add(path)
        if tag.islower() or tag == "S":  # "assume unchanged", "skip in the working tree"
            hidden.add(path)
    return _Index(frozenset(files), frozenset(submodules), frozenset(hidden))


def _status(entries: list[str]) -> _Status:
    """Read `git status --porcelain=v2 --branch -z --no-renames`."""
    headers: dict[str, str] = {}
    sets: dict[str, set[str]] = {name: set() for name in _Status._fields[2:]}
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        if kind == "#":
            key, _, headers[key] = rest.partition(" ")
        elif kind == "?":
            sets["repositories" if rest.endswith("/") else "untracked"].add(rest.rstrip("/"))
        else:
            # "1" has seven fields between its two letters and the path, "u" (unmerged) nine.
            in_index, on_disk = rest[0], rest[1]
            path = rest.split(" ", 7 if kind == "1" else 9)[-1]
            if on_disk == "D":
                sets["deleted"].add(path)
            certain = kind == "u" or in_index != "." or on_disk == "D"
            sets["changed" if certain else "converted"].add(path)
    commit, branch = headers["branch.oid"], headers["branch.head"]
    return _Status(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch == "(detached)" else branch,
        **{name: frozenset(paths) for name, paths in sets.items()},
    )


def _is_dirty(git: Asker, status: _Status, *, hides: bool, output: str) -> bool | None:
    """Whether anything differs from the commit, untracked files in the `output` folder aside.

    `None` where only the repository's own filters, or what it hides from git, could tell.
    """
    others = status.untracked | status.repositories
    if status.changed or any(not path.startswith(output) for path in others):
        return True
    if status.converted:
        # What a filter stores (as for large files) differs from the file until the filter ran.
        pathspecs = (":(top,attr:!filter)", ":(top,attr:-filter)")
        unfiltered = git.ask("ls-files", "-z", "--full-name", "--", *pathspecs)
        return True if status.converted.intersection(unfiltered) else None
    return None if hides else False


def _remote(settings: Mapping[str, str]) -> str | None:
    """The address of "origin", else of the first remote by name; `None` for a local path."""
    names = sorted(key for key in settings if re.fullmatch(r"remote\..+\.url", key))
    name = "remote.origin.url" if "remote.origin.url" in names else next(iter(names), None)
    return (without_credentials(settings[name]) or None) if name else None


def is_shallow(repository: Repository) -> bool:
    """Whether the history ends where somebody stopped fetching it."""
    file = repository.common / "shallow"
    return file.is_file() and file.stat().st_size > 0
