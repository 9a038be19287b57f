"""Git objects in one file, with the index by which they are found.

A file for each object would take longer to write, and for the engine to read, than all their
content. Sources: gitformat-pack(5): pack files of version 2 without deltas, pack-*.idx files of
version 2.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = {b"commit": 1, b"tree": 2, b"blob": 3}
_QUICKLY = 1
"""How hard zlib tries: what is packed is read once."""


class Pack:
    """Objects by their ids, each of them once; at most two gigabytes in all."""

    def __init__(self) -> None:
        """Begin without any."""
        self._objects: dict[bytes, tuple[bytes, bytes]] = {}

    def add(self, kind: bytes, content: bytes) -> str:
        """Keep an object of a kind ("blob", "tree", "commit"); answers its id."""
        name = sha1(header(kind, len(content)) + content).digest()
        self._objects.setdefault(name, (kind, content))
        return name.hex()

    def files(self) -> Mapping[str, bytes]:
        """Both files, by their names."""
        with ThreadPoolExecutor() as pool:  # zlib lets other threads run
            entries = dict(
                zip(self._objects, pool.map(_entry, self._objects.values()), strict=True)
            )
        parts = [struct.pack(">4sII", b"PACK", 2, len(entries)), *entries.values()]
        offsets = dict(zip(entries, accumulate(map(len, parts)), strict=False))
        pack = b"".join(parts)
        pack += sha1(pack).digest()
        name = f"pack-{sha1(b''.join(sorted(entries))).hexdigest()}"
        return {f"{name}.pack": pack, f"{name}.idx": _index(entries, offsets, pack[-20:])}


def header(kind: bytes, size: int) -> bytes:
    """What git puts before an object's content when it is named."""
    return b"%s %d\0" % (kind, size)


def sha1(raw: bytes) -> hashlib._Hash:
    """Git's own name for an object, in the making; nothing is protected by it."""
    return hashlib.sha1(raw, usedforsecurity=False)


def _entry(stored: tuple[bytes, bytes]) -> bytes:
    kind, content = stored
    return _size(_TYPES[kind], len(content)) + zlib.compress(content, _QUICKLY)


def _index(entries: Mapping[bytes, bytes], offsets: Mapping[bytes, int], pack: bytes) -> bytes:
    """Where each entry begins, and a checksum of it, in the order of their ids."""
    names = sorted(entries)
    firsts = [0] * 256
    for one in names:
        firsts[one[0]] += 1
    index = b"".join(
        (
            struct.pack(">4sI", b"\xfftOc", 2),
            struct.pack(">256I", *accumulate(firsts)),
            *names,
            *(struct.pack(">I", zlib.crc32(entries[one])) for one in names),
            *(struct.pack(">I", offsets[one]) for one in names),
            pack,
        )
    )
    return index + sha1(index).digest()


def _size(kind: int, size: int) -> bytes:
    """An entry's kind and size: four bits of the size, then seven in each byte that follows."""
    found = bytearray([kind << 4 | size & 15])
    size >>= 4
    while size:
        found[-1] |= 128
        found.append(size & 127)
        size >>= 7
    return bytes(found)
