"""Files that were made to hold secrets, and do: today's, and those that a commit has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.secrets import credentials
from pipeline.checks.secrets.places import of_file
from pipeline.discover.single import content
from pipeline.errors import IncompleteError
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.remember import Seen
    from pipeline.discover.past import Past

MAX_FILES = 200
"""Earlier files that are looked into, at most."""


def today(root: Path, files: Files) -> tuple[Seen, ...]:
    """Those of today. The look at today's files names what cannot be read."""
    return tuple(_today(root, files))


def then(root: Path, past: Past) -> tuple[Seen, ...]:
    """Those of the history. What cannot be read is a hole in it, and told there."""
    return tuple(_then(root, past))


def _today(root: Path, files: Files) -> Iterator[Seen]:
    tree = Tree(root)
    for path in sorted(files.own.values()):
        sort = credentials.sort_of(path)
        if sort is None:
            continue
        try:
            line = credentials.first_secret(sort, tree.head(path, size=credentials.MAX_BYTES))
        except UnreadableFileError:
            continue
        if line is not None:
            yield of_file(sort, path, line)


def _then(root: Path, past: Past) -> Iterator[Seen]:
    sorts = {}
    for blob in past.blobs:
        paths = (path for path in past.paths(blob) if path.startswith(past.below))
        for path in (whole.removeprefix(past.below) for whole in paths):
            if sort := credentials.sort_of(path):
                sorts[blob.id] = (sort, path)
                break
    chosen = list(sorts)[:MAX_FILES]
    try:
        for id_, found in content(root, chosen, limit=credentials.MAX_BYTES):
            sort, path = sorts[id_]
            line = credentials.first_secret(sort, found)
            if line is not None:
                yield of_file(sort, path, line)
    except IncompleteError:
        return
