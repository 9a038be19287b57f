"""The blobs of images that were fetched from registries, kept in the user's cache.

Most images share their lowest layers, so what is fetched once is not fetched again. What was not
used for longest goes first when there is too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.files import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 20 * 1024**3


def folder() -> Path:
    """The store; laid out as an OCI layout keeps its blobs. It need not exist."""
    return cache_folder() / "images"


def tidy(store: Path, *, limit: int = MAX_BYTES) -> None:
    """Remove what was used least lately, until the rest is below `limit` bytes."""
    found = []
    for path in store.glob("blobs/sha256/*"):
        try:
            about = path.stat()
        except OSError:
            continue  # another session was faster
        found.append((about.st_mtime, about.st_size, path))
    room = limit
    for _, size, path in sorted(found, reverse=True):
        room -= size
        if room < 0:
            path.unlink(missing_ok=True)
