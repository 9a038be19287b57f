"""A layer's two digests: of its bytes as they are stored, and of the plain tar inside."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Gap

if TYPE_CHECKING:
    from typing import IO

MAX_UNPACKED = 64 * 1024**3
"""Bytes of one layer's plain content: what grows past it is no layer, but an attack."""

GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_EITHER = 47
"""zlib's number for "with a header of gzip or of its own": 32 + 15 bits of window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The digests of a layer. `problem` says why there is no `plain` one."""

    packed: str
    plain: str
    size: int
    problem: str = ""
    gap: Gap = Gap.PARSE_ERROR


def hash_layer(file: IO[bytes], packing: str, *, limit: int = MAX_UNPACKED) -> Sums:
    """Both digests in one pass; `packing` is "", "gzip" or "zstd".

    Python reads zstd from 3.14 on only, so its plain content has no digest here.
    """
    packed, plain = hashlib.sha256(), hashlib.sha256()
    unpacker = _Gzip(limit) if packing == "gzip" else None
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        packed.update(chunk)
        if unpacker is None:
            plain.update(chunk)
            continue
        for part in unpacker.feed(chunk):
            plain.update(part)
    problem, gap = "", Gap.PARSE_ERROR
    if packing == "zstd":
        problem, gap = "is packed with zstd, which cannot be looked into", Gap.UNSUPPORTED_INPUT
    elif unpacker is not None and not unpacker.ended:
        problem = unpacker.problem or "ends too early"
        gap = unpacker.gap
    return Sums(
        packed=f"sha256:{packed.hexdigest()}",
        plain="" if problem else f"sha256:{plain.hexdigest()}",
        size=size,
        problem=problem,
        gap=gap,
    )


class _Gzip:
    """Unpacks gzip piece by piece, several members in a row included."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._member = zlib.decompressobj(_EITHER)
        self.problem = ""
        self.gap = Gap.PARSE_ERROR

    @property
    def ended(self) -> bool:
        """Whether the last member was whole."""
        return self._member.eof and not self.problem

    def feed(self, chunk: bytes) -> list[bytes]:
        """What the next bytes hold; nothing any more once there is a problem."""
        parts: list[bytes] = []
        while chunk and not self.problem:
            if self._member.eof:
                self._member = zlib.decompressobj(_EITHER)
            try:
                part = self._member.decompress(chunk, _CHUNK)
                chunk = self._member.unconsumed_tail or self._member.unused_data
            except zlib.error:
                self.problem = "is not the gzip that it says it is"
                break
            parts.append(part)
            self._left -= len(part)
            if self._left < 0:
                self.problem, self.gap = "unpacks to more than any layer holds", Gap.TOO_LARGE
        return parts
