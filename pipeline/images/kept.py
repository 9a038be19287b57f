"""The blobs of images that were fetched from registries, kept in the user's cache.

Most images share their lowest layers, so what is fetched once is not fetched again. What was not
used for longest goes first when there is too much.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.files import cache_folder, explained, locked

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@contextmanager
def held(store: Path, digest: str) -> Iterator[None]:
    """Let one at a time fetch the image with this manifest; who comes later finds it there.

    Several checks look at the same image at the same time, in one process or in several.
    """
    locks = store / "locks"
    with explained(locks):
        locks.mkdir(parents=True, exist_ok=True)
    # Few files for all images: two that share one wait for each other, and nothing else happens.
    with locked(locks / digest[-1:]):
        yield
