"""Where files of ours go, how they are written so that nobody sees half of one, and memories."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

MAX_REMEMBERED = 64 * 1024 * 1024
"""Bytes of a file that is worth recalling."""

_T = TypeVar("_T")


def write(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step; raises `IncompleteError` when the disk refuses."""
    with explained(path), replacing(path) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` at the end; nothing is left of a failure.

    Only its owner may read it. Raises `OSError` when the disk refuses.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(path)
    # Whatever ends it, an interruption too: it goes on, without what is half-written.
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def cache_folder() -> Path:
    """Our folder for what can be made again, in the user's cache; it need not exist.

    The XDG base directory specification: a relative path in its variable is invalid and ignored.
    """
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "supply-chain"
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "supply-chain"


def is_cache_in(folder: Path) -> bool:
    """Whether our cache stands in `folder`: whoever made that could have put anything there."""
    return cache_folder().resolve().is_relative_to(folder.resolve())


def remember(path: Path, value: object) -> None:
    """Keep a value for a later run, for its owner's eyes; where that cannot be done, nothing is.

    Nobody may rely on it: whoever recalls it has to see by the value that it answers his question.
    """
    import msgspec  # noqa: PLC0415 - few commands remember anything

    # Half a surrogate pair, as in a file name that is no text, cannot be written either.
    with contextlib.suppress(OSError, UnicodeEncodeError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(msgspec.json.encode(value))


def recall(path: Path, kind: type[_T]) -> _T | None:
    """What was remembered; `None` for what is missing, of another form, or too large."""
    import msgspec  # noqa: PLC0415 - as above

    try:
        if path.stat().st_size > MAX_REMEMBERED:
            return None
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None


def digest(content: bytes) -> str:
    """SHA-256 as "sha256:" and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time go on; the others wait. `path` is a file made for that."""
    import fcntl  # noqa: PLC0415 - few commands share what they write

    with explained(path):
        file = path.open("ab")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a disk's refusal to write at or below `path` into an `IncompleteError`."""
    try:
        yield
    except OSError as error:
        raise IncompleteError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            fix="make room or rights for it, or choose another folder with --output",
        ) from error
