"""What the engine leaves out of an archive without a word, so that it is told.

Measured with kingfisher-bin 2.14.0: it unpacks no more than 256 MB of an archive, as much as it
reads of one file, and no more than 65,476 members; of most of what is beyond, it says nothing.
Nor does it of what gzip or bzip2 packed once more, or of what finds no room on the disk.
Sources: APPNOTE.TXT 6.3.10, 4.3.12 and 4.3.16; RFC 1952.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.checks.secrets.engine import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import IO

    Unpack = Callable[[IO[bytes]], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]

MAX_MEMBERS = 65_000

NAMES = re.compile(
    r".*\.(?:zip|jar|war|ear|par|aar|apk|ipa|whl|egg|nupkg|vsix|crx|xpi|epub|od[tsp]|docx|xlsx|pptx"
    r"|gz|tgz|bz2|tbz2?|xz|txz)",
    re.DOTALL | re.IGNORECASE,
)
"""What archives of these kinds are called, where nobody looks into every file."""

ZIP = b"PK\3\4"
"""How an archive of this kind begins; it is known by that, whatever it is called."""
_END, _END_SIZE = b"PK\5\6", 22
_ENTRY = struct.Struct("<4s20xI3H12x")
"""A member in the list at the end: its mark, its size, and how long three texts behind it are."""
_ENTRY_MARK, _ENTRY_SIZE = b"PK\1\2", 46
_MAX_COMMENT = 65_535
_MAX_LIST = 16 * 1024 * 1024
_ELSEWHERE = 0xFFFF_FFFF
"""A size that stands in a field of its own, as it has more than 32 bits."""
_CHUNK = 1024 * 1024
_RATIO = 1000
"""As tightly as gzip packs at most, and a little less."""

_GZIP = ("gz", "tgz")
_UNPACK: Mapping[str, Unpack] = {
    **dict.fromkeys(_GZIP, lambda file: gzip.GzipFile(fileobj=file)),
    **dict.fromkeys(("bz2", "tbz", "tbz2"), bz2.BZ2File),
    **dict.fromkeys(("xz", "txz"), lzma.LZMAFile),
}
_STREAMS = (b"\x1f\x8b", b"BZh")
"""How what gzip and bzip2 packed begins."""
_NOT_WHOLE = (OSError, EOFError, zlib.error, lzma.LZMAError)

_PACKED_TWICE = "it is packed twice, one within the other"
_TOO_MUCH = f"it unpacks to more than {MAX_BYTES // 1024**2} MB"
_TOO_MANY = f"it holds more than {MAX_MEMBERS:,} files"


def left_out(name: str, file: IO[bytes]) -> str:
    """Why the engine leaves something of an archive out; "" where it does not, or it is none."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if file.read(len(ZIP)) == ZIP:
        return _of_zip(file, size)
    ending = name.lower().rpartition(".")[2]
    unpack = _UNPACK.get(ending)
    if unpack is None:
        return ""
    may_be_large = ending not in _GZIP or size * _RATIO > MAX_BYTES
    return _twice(file, unpack) or (_of_stream(file, unpack) if may_be_large else "")


def count(paths: Iterable[str]) -> int:
    """How many of some files are archives, by what they are called."""
    return sum(map(_is_called_so, paths))


@lru_cache(maxsize=1 << 16)  # in a history each path comes again and again
def _is_called_so(path: str) -> bool:
    return NAMES.fullmatch(path) is not None


def _twice(file: IO[bytes], unpack: Unpack) -> str:
    """Whether what is packed begins as something that is packed again."""
    file.seek(0)
    try:
        return _PACKED_TWICE if unpack(file).read(3).startswith(_STREAMS) else ""
    except _NOT_WHOLE:
        return ""


def _of_zip(file: IO[bytes], size: int) -> str:
    """What the list of members says; it is what readers go by."""
    start = max(size - _END_SIZE - _MAX_COMMENT, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return ""
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if length > _MAX_LIST:
        return _TOO_MANY
    if length > start + at:
        return ""
    file.seek(start + at - length)
    return _of_list(file.read(length))


def _of_list(members: bytes) -> str:
    total = number = at = 0
    while at + _ENTRY_SIZE <= len(members):
        mark, size, *texts = _ENTRY.unpack_from(members, at)
        if mark != _ENTRY_MARK:
            return ""
        total += MAX_BYTES + 1 if size == _ELSEWHERE else size
        number += 1
        at += _ENTRY_SIZE + sum(texts)
    if number > MAX_MEMBERS:
        return _TOO_MANY
    return _TOO_MUCH if total > MAX_BYTES else ""


def _of_stream(file: IO[bytes], unpack: Unpack) -> str:
    file.seek(0)
    stream, total = unpack(file), 0
    try:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if total > MAX_BYTES:
                return _TOO_MUCH
    except _NOT_WHOLE:
        return ""  # no whole one: it is read as it is
    return ""
