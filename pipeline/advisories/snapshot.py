"""A finished SQLite file: built aside, sealed with a checksum, put in place at once.

A snapshot is never changed. Whoever reads one gets all of it or a clear refusal: a file that
was cut short, damaged, or written by another version is noticed when it is opened.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
import zlib
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterator

APPLICATION_ID = 0x53435041
"""SQLite's "application_id" of our snapshots: "SCPA"."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_CHUNK = 1 << 20
_BUSY_SECONDS = 1.0
_LEFTOVER_SECONDS = 3600
_REFRESH = "run `supply-chain advisories update`, or import the data again"


@contextmanager
def build(path: Path, kind: str, schema: str) -> Iterator[sqlite3.Connection]:
    """A connection to a new snapshot that takes the place of `path` when the block ends well.

    `kind` names the layout and its version ("osv 1"). An exception in the block, or the end of
    the process, leaves `path` as it was. Raises `IncompleteError` when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        try:
            with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                # Nobody else sees the file yet, and a crash throws it away: no journal needed.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.executescript(schema)
                connection.execute("CREATE TABLE layout (kind TEXT NOT NULL)")
                connection.execute("INSERT INTO layout VALUES (?)", (kind,))
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
            with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                # The seal stands on the first page, which it does not cover.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute(f"PRAGMA user_version = {_checksum(temporary)}")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (sqlite3.OperationalError, OSError) as error:
        raise IncompleteError(
            f"cannot be written: {error}", where=str(path), fix="free the disk or name another file"
        ) from error


@contextmanager
def opened(path: Path, kind: str) -> Iterator[sqlite3.Connection]:
    """Like `connect`, closed at the end of the block."""
    with closing(connect(path, kind)) as connection:
        yield connection


def connect(path: Path, kind: str) -> sqlite3.Connection:
    """A read-only connection to a whole snapshot of the layout `kind`.

    The checksum of the whole file is compared: 5 MB take 4 ms. Raises `IncompleteError` for a
    missing, locked, damaged or foreign file and for another layout.
    """
    try:
        _check_file(path)
        uri = f"{path.absolute().as_uri()}?mode=ro"
        # Used by one thread at a time, not always by the one that opened it.
        connection = sqlite3.connect(
            uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            (found,) = connection.execute("SELECT kind FROM layout").fetchone()
        except BaseException:
            connection.close()
            raise
    except FileNotFoundError as error:
        raise IncompleteError("there is no such store", where=str(path), fix=_REFRESH) from error
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", where=str(path), fix="make it readable"
        ) from error
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    if found != kind:
        connection.close()
        raise IncompleteError(
            f'its layout is "{found}", and "{kind}" is needed', where=str(path), fix=_REFRESH
        )
    return connection


def unreadable(path: Path, error: sqlite3.Error) -> IncompleteError:
    """What SQLite's refusal to read `path` means to the user."""
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return IncompleteError(
            "another program keeps it locked",
            where=str(path),
            fix="end that program, or name a copy of the store",
        )
    return IncompleteError(f"the store is damaged: {error}", where=str(path), fix=_REFRESH)


def is_snapshot(path: Path) -> bool:
    """Whether the file at `path` is an SQLite database, ours or not."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _check_file(path: Path) -> None:
    """Compares size and checksum with the header's (https://www.sqlite.org/fileformat.html)."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    number = int.from_bytes(header[68:72], "big")
    if not header.startswith(_MAGIC) or number != APPLICATION_ID:
        raise IncompleteError("it is no advisory store", where=str(path), fix=_REFRESH)
    seal = int.from_bytes(header[60:64], "big", signed=True)
    if seal != _checksum(path):
        raise IncompleteError(
            "the store is damaged: it was cut short or changed", where=str(path), fix=_REFRESH
        )


def _checksum(path: Path) -> int:
    """CRC-32 of everything after the first page and of the length, as SQLite's signed 32 bits."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        page = int.from_bytes(header[16:18], "big")
        file.seek(page if page > 1 else 65536)
        crc = 0
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
        crc = zlib.crc32(str(file.tell()).encode(), crc)
    return crc - (1 << 32) if crc >= 1 << 31 else crc


def _sweep(path: Path) -> None:
    """Removes what an import of the same store left behind when it was killed."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        if time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS:
            leftover.unlink(missing_ok=True)
