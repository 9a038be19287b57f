"""The scanned repository as a read-only tree that cannot lead outside itself.

Every byte the pipeline reads from a repository comes through `Tree`: paths stay inside the
root even through symbolic links, special files are not opened, sizes are bounded.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Larger files are refused: no lock or manifest of a real project comes near it."""


class UnreadableFileError(IncompleteError):
    """A file of the repository could not be read; `what` says why, `where` is its path."""


class FileTooLargeError(UnreadableFileError):
    """A file of the repository is larger than the reader accepts."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A view of the folder `root`, which must be an absolute, resolved path."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Tree:
        """The tree of an existing folder; raises `UnreadableFileError` when it is none."""
        root = path.resolve()
        if not root.is_dir():
            raise UnreadableFileError("not a folder", where=str(path), fix="name a folder")
        return cls(root)

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """The content of the regular file at `path` (POSIX, relative to the root).

        Raises `UnreadableFileError` for a path or link that leaves the root, a missing or
        special file, and one larger than `limit` bytes. Opening never blocks (FIFO, device).
        """
        with self.open(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise FileTooLargeError(
                    f"{size} bytes is more than the limit of {limit}", where=path
                )
            content = file.read(limit + 1)
        if len(content) > limit:
            raise FileTooLargeError(f"grew past the limit of {limit} bytes", where=path)
        return content

    def head(self, path: str, *, size: int) -> bytes:
        """At most the first `size` bytes of the file; raises like `read`, but for its size."""
        with self.open(path) as file:
            return file.read(size)

    def text(self, path: str, *, limit: int = MAX_FILE_BYTES) -> str:
        """Like `read`, decoded as UTF-8 (a byte order mark is dropped)."""
        try:
            return self.read(path, limit=limit).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                f"not UTF-8 at byte {error.start}", where=path, fix="save it as UTF-8"
            ) from error

    def has(self, path: str) -> bool:
        """Whether `path` is a regular file inside the root."""
        try:
            return self._inside(path).is_file()
        except (UnreadableFileError, OSError):
            return False

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """The regular file at `path`, to be read in parts; raises like `read`, but for its size."""
        resolved = self._inside(path)
        try:
            handle = os.open(resolved, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise UnreadableFileError("not a regular file", where=path)
                yield file
        except OSError as error:
            raise UnreadableFileError(error.strerror or str(error), where=path) from error

    def _inside(self, path: str) -> Path:
        relative = PurePosixPath(path)
        if relative.is_absolute() or "\0" in path:
            raise UnreadableFileError("the path leaves the repository", where=path)
        try:
            resolved = (self.root / relative).resolve()
        except (OSError, RuntimeError) as error:
            raise UnreadableFileError("a loop of symbolic links", where=path) from error
        if not resolved.is_relative_to(self.root):
            raise UnreadableFileError("the path leaves the repository", where=path)
        return resolved


class Opener:
    """Opens many files of a tree, those of one folder quickly one after the other.

    No symbolic link is followed, on no part of a path. Closed by the `with` statement's end.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = ""
        self._handle = os.open(root, _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def open(self, path: str) -> io.FileIO:
        """The regular file at `path`, unbuffered; raises `OSError`. Opening never blocks."""
        folder, _, name = path.rpartition("/")
        if folder != self._folder:
            self._enter(folder)
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._handle)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "Not a regular file")
        return io.FileIO(handle)

    def _enter(self, folder: str) -> None:
        handle = os.open(self._root, _FOLDER)
        for part in folder.split("/") if folder else ():
            try:
                inner = os.open(part, _FOLDER, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        os.close(self._handle)
        self._folder, self._handle = folder, handle


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def join(folder: str, name: str) -> str:
    """`name` as seen from `folder`, normalised without touching the disk ("a/b", "../c" -> "a/c").

    A path that climbs above the root keeps its leading "..", so that `Tree.read` refuses it.
    """
    return PurePosixPath(os.path.normpath(PurePosixPath(folder) / name)).as_posix()
