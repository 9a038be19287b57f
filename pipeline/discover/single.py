"""Single questions about commits and file versions, answered by git through the same stand-in."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.discover.git import Fault, opened
from pipeline.discover.past import stashes
from pipeline.discover.top import top_of
from pipeline.discover.versions import lines
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.discover.git import Asker, Repository

_Name = TypeVar("_Name", str, tuple[str, str])
_AT_ONCE = 500
"""Names in one command."""


@contextmanager
def _asking(top: Path, root: Path, what: str) -> Iterator[tuple[Asker, Repository]]:
    """Git and the repository for some questions; raises `IncompleteError` about `what`."""
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, repository, _ = opened(top, root, Path(scratch))
            yield git, repository
        except (Fault, ValueError) as fault:
            raise IncompleteError(f"git could not read a {what}: {fault}", where=".git") from fault


def content(root: Path, blobs: Sequence[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
    """The content of file versions, one by one; what is larger than `limit` bytes is left out."""
    top = top_of(root)
    if top is None or not blobs:
        return
    with _asking(top, root, "file") as (git, _):
        for blob in blobs:
            size = int(git.command("cat-file", "-s", blob).stdout)
            if size <= limit:
                yield blob, git.command("cat-file", "blob", blob).stdout


def committed(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """What git's index has of files below a folder, of those that it knows.

    Raises `IncompleteError` when git cannot tell.
    """
    found: dict[str, bytes] = {}
    for name in names:
        # A link in between leads to where git knows the file.
        path = (folder / name).resolve()
        top = top_of(path.parent)
        if top is None or not path.is_file():
            continue
        with _asking(top, top, "file") as (git, _):
            place = path.relative_to(top).as_posix()
            for entry in git.ask("ls-files", "-z", "--stage", "--", f":(top,literal){place}"):
                id_ = entry.split(" ")[1]
                found[name] = git.command("cat-file", "blob", id_).stdout
    return found


def together(root: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The content of many small file versions, given their sizes in bytes.

    Raises `IncompleteError` when git cannot read them.
    """
    found: dict[str, bytes] = {}
    top = top_of(root)
    if top is None or not sizes:
        return found
    with _asking(top, root, "file") as (git, _):
        for some in _parts(list(sizes)):
            # It writes one after the other, with nothing between them.
            rest = git.command("show", "--no-textconv", "--no-ext-diff", *some).stdout
            for id_ in some:
                found[id_], rest = rest[: sizes[id_]], rest[sizes[id_] :]
            assert not rest, "git says how large each of them is"
    return found


def days(root: Path, commits: Sequence[str]) -> dict[str, date]:
    """On which day each commit was written, as its author's clock had it.

    Raises `IncompleteError` when git cannot tell.
    """
    found: dict[str, date] = {}
    top = top_of(root)
    if top is None or not commits:
        return found
    with _asking(top, root, "commit") as (git, _):
        for some in _parts(commits):
            for line in lines(git, "log", "--no-walk=unsorted", "--format=%H %as", *some):
                id_, _, day = line.partition(" ")
                found[id_] = date.fromisoformat(day)
    return found


def unreached(root: Path, commits: Sequence[str]) -> frozenset[str]:
    """Those of the commits that no reference, stash or HEAD leads to.

    Raises `IncompleteError` when git cannot tell.
    """
    found: set[str] = set()
    top = top_of(root)
    if top is None or not commits:
        return frozenset()
    with _asking(top, root, "commit") as (git, repository):
        all_else = ("--not", "--all", *stashes(git, repository))
        for some in _parts(commits):
            found.update(lines(git, "rev-list", *some, *all_else))
    return frozenset(found.intersection(commits))


def identify(root: Path, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The id of each file's content, by commit and path from the top; unknown ones are left out.

    Raises `IncompleteError` when git cannot tell.
    """
    found: dict[tuple[str, str], str] = {}
    top = top_of(root)
    if top is None or not (wanted := tuple(places)):
        return found
    with _asking(top, root, "commit") as (git, _):
        for some in _parts(wanted):
            # One unknown name makes git refuse all of them.
            ids = _names(git, some) or [name for one in some for name in _names(git, (one,), 1)]
            found.update(pair for pair in zip(some, ids, strict=True) if pair[1])
    return found


def _names(git: Asker, places: Sequence[tuple[str, str]], unknown: int = 0) -> list[str]:
    """The ids of the content at these places; `unknown` empty ones where one is not known."""
    asked = [f"{commit}:{path}" for commit, path in places]
    answer = git.command("rev-parse", *asked, accept=frozenset({0, 128}))
    if answer.exit_code:
        return [""] * unknown
    return os.fsdecode(answer.stdout).splitlines()


def earliest(root: Path, groups: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """Of each group, those commits that none of the group's others leads to.

    Raises `IncompleteError` when git cannot tell.
    """
    listed = [frozenset(group) for group in groups]
    top = top_of(root)
    if top is None or all(len(group) < 2 for group in listed):  # noqa: PLR2004 - one leads nowhere
        return listed
    with _asking(top, root, "commit") as (git, _):
        return [
            frozenset(
                one
                for one in group
                if not any(_leads(git, other, one) for other in group if other != one)
            )
            for group in listed
        ]


def _leads(git: Asker, ancestor: str, commit: str) -> bool:
    answer = git.command("merge-base", "--is-ancestor", ancestor, commit, accept=frozenset({0, 1}))
    return answer.exit_code == 0


def _parts(listed: Sequence[_Name]) -> Iterator[Sequence[_Name]]:
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
