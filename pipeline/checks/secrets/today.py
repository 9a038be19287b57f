"""Today's files by their content, as git names it.

A file whose content a commit holds too is read by the engine there, under today's name, so that
one walk of it answers for the history and for today. What no commit holds is given to it beside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.secrets.pack import header, sha1
from pipeline.discover.names import is_text
from pipeline.tree import Opener

if TYPE_CHECKING:
    from collections.abc import Container
    from io import RawIOBase
    from pathlib import Path

    from pipeline.checks.secrets.files import Files

MAX_FRESH = 48 * 1024 * 1024
"""Bytes of files that no commit holds; where there are more, the engine reads the folder."""
MAX_UNPACKED = 200
"""Files that the engine unpacks on disk alone; where there are more, it reads the folder."""

_CHUNK = 1024 * 1024
_UNPACKED = re.compile(r".*\.(?:db3?|s3db|sl3|sqlite\d?|py[co])", re.DOTALL | re.IGNORECASE)
_DATABASE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The content of today's files.

    `ids` are git's ids by path, `unread` the reasons why others could not be read. `unpacked` are
    the files that the engine reads in another way on disk than in a commit: databases of SQLite
    and compiled Python.
    """

    ids: Mapping[str, str]
    unread: Mapping[str, str]
    unpacked: tuple[str, ...]


def name(root: Path, files: Files) -> Contents:
    """Name the content of every file of the repository that is not too large."""
    ids: dict[str, str] = {}
    unread: dict[str, str] = {}
    unpacked: list[str] = []
    large = frozenset(files.large)
    with Opener(root) as opener:
        for path in sorted(files.own.values()):
            if path in large:
                continue
            try:
                with opener.open(path) as file:
                    ids[path], head = _digest(file)
            except OSError as error:
                unread[path] = (error.strerror or "cannot be read").lower()
                continue
            if head.startswith(_DATABASE) or _UNPACKED.fullmatch(path):
                unpacked.append(path)
    return Contents(ids=ids, unread=unread, unpacked=tuple(unpacked))


def changed(contents: Contents, before: Mapping[str, str]) -> dict[str, str]:
    """The files that are not what they were: path to id. Names that are no text count always."""
    return {
        path: id_
        for path, id_ in contents.ids.items()
        if before.get(path) != id_ or not is_text(path)
    }


def fresh(root: Path, ids: Mapping[str, str], held: Container[str]) -> dict[str, bytes] | None:
    """The content of the files that no commit holds, by path.

    `None` when it is too much, or when a file cannot be read any more.
    """
    found: dict[str, bytes] = {}
    room = MAX_FRESH
    with Opener(root) as opener:
        for path, id_ in ids.items():
            if id_ in held:
                continue
            try:
                with opener.open(path) as file:
                    found[path] = _all(file, room + 1)
            except OSError:
                return None
            room -= len(found[path])
            if room < 0:
                return None
    return found


def _all(file: RawIOBase, limit: int) -> bytes:
    """What is left of a file, at most `limit` bytes."""
    parts = []
    while limit > 0 and (part := file.read(min(limit, _CHUNK))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _digest(file: RawIOBase) -> tuple[str, bytes]:
    """Git's id of a file's content, and how the content begins."""
    made = sha1(header(b"blob", os.fstat(file.fileno()).st_size))
    head = chunk = file.read(_CHUNK) or b""
    while chunk:
        made.update(chunk)
        chunk = file.read(_CHUNK) or b""
    return made.hexdigest(), head[:16]
