"""How layers are packed."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IncompleteError
from pipeline.images import streams
from tests.kit.images import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize(
    ("start", "packing"),
    [(zstd(b"x"), "zstd"), (gzip.compress(b"x"), "gzip"), (b"ustar", ""), (b"", ""), (b"(", "")],
)
def test_the_first_bytes_tell(start: bytes, packing: str) -> None:
    assert streams.kind_of(start[:4]) == packing


@given(content=st.binary(max_size=5000), packing=st.sampled_from(["gzip", "zstd"]), data=st.data())
@settings(deadline=None)
def test_any_pieces_in_and_out_make_the_same_whole(
    content: bytes, packing: str, data: st.DataObject
) -> None:
    packed, stream, found = PACK[packing](content) + b"next", streams.begin(packing), b""
    waiting = b""
    while not stream.is_whole:
        if stream.is_hungry and not waiting:
            step = data.draw(st.integers(1, 700))
            waiting, packed = packed[:step], packed[step:]
        size = data.draw(st.integers(1, 700))
        part = stream.unpack(waiting, size)
        assert len(part) <= size
        found += part
        waiting = stream.rest
    assert found == content
    assert stream.is_hungry
    assert (waiting + packed)[-4:] == b"next"


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_what_is_not_packed_so(packing: str) -> None:
    with pytest.raises(ValueError, match=r"header|frame"):
        streams.begin(packing).unpack(b"no such thing", 10)


def test_a_frame_that_wants_more_memory_than_zstd_gives_unasked() -> None:
    # A frame header (RFC 8878, 3.1.1.1) with a window of 256 MiB, and one empty last block.
    wide = streams.ZSTD + bytes([0, 18 << 3]) + bytes([1, 0, 0])
    with pytest.raises(ValueError, match="memory"):
        streams.begin("zstd").unpack(wide, 10)
    narrow = streams.ZSTD + bytes([0, 17 << 3]) + bytes([1, 0, 0])
    assert streams.begin("zstd").unpack(narrow, 10) == b""


def test_the_library_is_asked_for_only_where_a_layer_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "compression" if sys.version_info >= (3, 14) else "backports"
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, f"{name}.zstd", None)
    streams.begin("gzip")
    with pytest.raises(IncompleteError, match=r"backports\.zstd is not installed"):
        streams.begin("zstd")
