"""Today's files by their content, as git names it.

A file with the id that it had when it was looked at need not be looked at again. That git keeps
something under an id proves nothing: who packs a `.git` can put anything there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.secrets import archives
from pipeline.checks.secrets.pack import header, sha1
from pipeline.discover import names
from pipeline.tree import Opener

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import RawIOBase
    from pathlib import Path

    from pipeline.checks.secrets.files import Files

MAX_FRESH = 48 * 1024 * 1024
"""Bytes of files that changed; where there are more, the engine reads the folder."""
MAX_APART = 200
"""Files that it reads where they lie, each by itself; where there are more, the same."""

_CHUNK = 1024 * 1024
_UNPACKED = re.compile(r".*\.(?:db3?|s3db|sl3|sqlite\d?|py[co])", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The content of today's files.

    `ids` are git's ids by path, `unread` the reasons why others could not be read. `apart` are the
    files that must not be changed for the engine, or that it reads in another way on disk than in a
    commit: all but text, and archives, databases of SQLite and compiled Python.
    """

    ids: Mapping[str, str]
    unread: Mapping[str, str]
    apart: tuple[str, ...]


def name(root: Path, files: Files) -> Contents:
    """Name the content of every file of the repository that is not too large."""
    ids: dict[str, str] = {}
    unread: dict[str, str] = {}
    apart: list[str] = []
    large = frozenset(files.large)
    with Opener(root) as opener:
        for path in sorted(files.own.values()):
            if path in large:
                continue
            try:
                with opener.open(path) as file:
                    ids[path], is_text = _digest(file)
            except OSError as error:
                unread[path] = (error.strerror or "cannot be read").lower()
                continue
            if not is_text or _UNPACKED.fullmatch(path) or archives.NAMES.fullmatch(path):
                apart.append(path)
    return Contents(ids=ids, unread=unread, apart=tuple(apart))


def changed(contents: Contents, before: Mapping[str, str]) -> dict[str, str]:
    """The files that are not what they were: path to id. Names that are no text count always."""
    return {
        path: id_
        for path, id_ in contents.ids.items()
        if before.get(path) != id_ or not names.is_text(path)
    }


def read(root: Path, paths: Iterable[str]) -> dict[str, bytes] | None:
    """The content of files by path; `None` when it is too much, or one cannot be read any more."""
    found: dict[str, bytes] = {}
    room = MAX_FRESH
    with Opener(root) as opener:
        for path in paths:
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


def _digest(file: RawIOBase) -> tuple[str, bool]:
    """Git's id of a file's content, and whether that is text, as git sees it: without any NUL."""
    made = sha1(header(b"blob", os.fstat(file.fileno()).st_size))
    has_nul = False
    while chunk := file.read(_CHUNK) or b"":
        made.update(chunk)
        has_nul = has_nul or b"\0" in chunk
    return made.hexdigest(), not has_nul
