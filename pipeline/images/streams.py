"""How layers are packed: gzip and zstd, unpacked a piece at a time.

Either may stand in several members in a row, with frames that hold nothing between them
(zstd:chunked). https://www.rfc-editor.org/rfc/rfc1952, https://www.rfc-editor.org/rfc/rfc8878.
"""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from types import ModuleType

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""How a packed file begins."""

_GZIP_WINDOW = 31
"""zlib's number for a window of 15 bits below a gzip header."""
_MAX_WINDOW_LOG = 27
"""Of a zstd frame: 128 MiB, as much as zstd itself unpacks unasked."""


class Stream(Protocol):
    """One member of a packed file."""

    @property
    def is_whole(self) -> bool:
        """Whether its end was reached."""

    @property
    def is_hungry(self) -> bool:
        """Whether it has nothing to give before it gets more."""

    @property
    def rest(self) -> bytes:
        """What of the bytes given last is not used up: to be given again, or the next member's."""

    def unpack(self, packed: bytes, size: int) -> bytes:
        """What comes next, at most `size` bytes; raises `ValueError` for what is not packed so."""


def kind_of(start: bytes) -> str:
    """How a file is packed that begins so; "" for not at all, or in another way."""
    if start.startswith(GZIP):
        return "gzip"
    return "zstd" if start.startswith(ZSTD) else ""


def begin(packing: str) -> Stream:
    """A member packed with "gzip" or "zstd"; raises `IncompleteError` where nothing unpacks it."""
    return _Zstd() if packing == "zstd" else _Gzip()


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    @property
    def is_whole(self) -> bool:
        return self._inner.eof

    @property
    def is_hungry(self) -> bool:
        return True  # what it was not ready for, it hands back

    @property
    def rest(self) -> bytes:
        return self._inner.unconsumed_tail or self._inner.unused_data

    def unpack(self, packed: bytes, size: int) -> bytes:
        try:
            return self._inner.decompress(packed, size)
        except zlib.error as error:
            raise ValueError(str(error)) from error


class _Zstd:
    def __init__(self) -> None:
        self._zstd = _module()
        options = {self._zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
        self._inner = self._zstd.ZstdDecompressor(options=options)

    @property
    def is_whole(self) -> bool:
        return bool(self._inner.eof)

    @property
    def is_hungry(self) -> bool:
        return bool(self._inner.eof or self._inner.needs_input)

    @property
    def rest(self) -> bytes:
        return bytes(self._inner.unused_data)

    def unpack(self, packed: bytes, size: int) -> bytes:
        try:
            return bytes(self._inner.decompress(packed, size))
        except self._zstd.ZstdError as error:
            raise ValueError(str(error)) from error


def _module() -> ModuleType:
    """Python's own module, or, before 3.14, its backport; raises `IncompleteError` without."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - few layers are packed so
        else:
            from backports import zstd  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise IncompleteError(
            "is packed with zstd, and backports.zstd is not installed",
            fix="install it: python3 -m pip install backports.zstd",
        ) from error
    return zstd
