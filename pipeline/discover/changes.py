"""What each commit says and what it brought in, from one walk of git's from commit to commit.

A file version is part of a history if some commit has it. Either that commit's parents have it at
the same path, or the commit's own list of changes names it; and a commit without parents names all
it has. So the lists of all commits name every file version, under every path it ever had.
Sources: git-log(1) "-z", "--raw", "-c", "%x00"; git-diff-tree(1) "RAW OUTPUT FORMAT" and "DIFF
FORMAT FOR MERGES".
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.discover.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = (
    *("-z", "--raw", "-c", "--root", "--no-abbrev", "--no-renames", "--no-ext-diff"),
    "--format=%H%x20%P%x00%B%x00",
)
"""How `git log` is asked for what `read` reads."""

_ID = 40
_AN_ID = re.compile(rb"[0-9a-f]{40}").fullmatch
_MODE = 6
_NO_FILES = {b"000000", b"160000"}
"""Modes of what was deleted, and of a commit of another repository."""


@dataclass(slots=True)
class Changes:
    """What all commits of a history come to.

    `paths` has the first path that each file version was met under, newest commits first;
    `others` has the rest in the same order, for those that had several. `roots` are the commits
    without parents.
    """

    commits: int = 0
    roots: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, None]] = field(default_factory=dict)


def read(output: bytes) -> Changes:
    """What `git log` wrote, with `OPTIONS`, about a repository whose ids are SHA-1.

    Raises `ValueError` for anything that git does not write.
    """
    found = Changes()
    words = iter(output.split(b"\0"))
    for word in words:
        if word.lstrip(b"\n").startswith(b":"):
            _add(found, word.lstrip(b"\n"), _next(words))
        elif word:
            id_ = _id(word[:_ID])
            found.commits += 1
            if word[_ID:] == b" ":
                found.roots.append(id_)
            found.messages.append(Message(id=id_, commit=id_, text=_next(words)))
    return found


def _id(word: bytes) -> str:
    """An object's id."""
    if not _AN_ID(word):
        raise ValueError("git's list of changes is not of the form that it promises")
    return word.decode()


def _next(words: Iterator[bytes]) -> bytes:
    """The word that must follow."""
    try:
        return next(words)
    except StopIteration:
        raise ValueError("git's list of changes ends too early") from None


def _add(found: Changes, change: bytes, name: bytes) -> None:
    """One path at which a commit differs from each of its parents.

    One colon for each parent, then the modes and the ids: the parents', and the commit's own.
    """
    parents = len(change) - len(change.lstrip(b":"))
    modes = parents + parents * (_MODE + 1)
    ids = modes + _MODE + 1 + parents * (_ID + 1)
    if change[modes : modes + _MODE] in _NO_FILES:
        return
    id_, path = _id(change[ids : ids + _ID]), os.fsdecode(name)
    known = found.paths.setdefault(id_, path)
    if known != path:
        found.others.setdefault(id_, {})[path] = None
