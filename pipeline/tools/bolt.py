"""The names of the top-level buckets of a bbolt file, which Trivy's database is.

Enough to tell which sources and which releases of a distribution a database knows; Trivy itself
says nothing when it knows none. Only the pages of the root are read, so that a gigabyte costs
no more than a kilobyte.

Source: go.etcd.io/bbolt 1.4, internal/common/{meta,page}.go.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAGIC = 0xED0CDAED
_VERSION = 2
_BRANCH, _LEAF = 0x01, 0x02
_BUCKET = 0x01
_HEADER = 16
_ELEMENT = 16
_MAX_DEPTH = 16
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
_META = struct.Struct("<IIIIQQQQQQ")
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


def buckets(path: Path) -> frozenset[str]:
    """The names of the buckets at the root of the file at `path`; raises `IncompleteError`."""
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            size, root = _root(content)
            return frozenset(_names(content, size, root, 0))
    # An empty file cannot be mapped: ValueError.
    except (OSError, ValueError, struct.error, RecursionError) as error:
        raise IncompleteError(
            "this is no readable database of Trivy's", where=str(path), fix="fetch it again"
        ) from error


def _root(content: mmap.mmap) -> tuple[int, int]:
    """The page size, and the page of the root bucket by the newer of the two meta pages."""
    metas = []
    for at in (0, *_PAGE_SIZES):
        if at + _HEADER + _META.size > len(content):
            break
        meta = _META.unpack_from(content, at + _HEADER)
        magic, version, size, _, root, _, _, _, transaction, checksum = meta
        plain = content[at + _HEADER : at + _HEADER + _META.size - 8]
        sound = (magic, version) == (_MAGIC, _VERSION) and at in (0, size)
        if sound and size in _PAGE_SIZES and checksum == checksum_of(plain):
            metas.append((transaction, size, root))
    if not metas:
        raise ValueError("no meta page")
    _, size, root = max(metas)
    return size, root


def _names(content: mmap.mmap, size: int, page: int, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ValueError("pages go in circles")
    start = page * size
    _, flags, count, _ = struct.unpack_from("<QHHI", content, start)
    for number in range(count):
        at = start + _HEADER + number * _ELEMENT
        if flags & _BRANCH:
            _, _, child = struct.unpack_from("<IIQ", content, at)
            yield from _names(content, size, child, depth + 1)
        elif flags & _LEAF:
            kind, offset, length, _ = struct.unpack_from("<IIII", content, at)
            if kind & _BUCKET:
                yield content[at + offset : at + offset + length].decode(errors="replace")
        else:
            raise ValueError("a page of another kind")


def checksum_of(meta: bytes) -> int:
    """FNV-1a with 64 bits, by which a meta page vouches for itself."""
    value = _OFFSET
    for byte in meta:
        value = ((value ^ byte) * _PRIME) & _MASK
    return value
