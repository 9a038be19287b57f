"""A layer's two digests."""

from __future__ import annotations

import gzip
import io

import pytest

from pipeline.images.documents import sha256
from pipeline.images.layers import hash_layer
from pipeline.model import Gap

PLAIN = bytes(range(256)) * 20_000
PACKED = gzip.compress(PLAIN, mtime=0)


def test_a_plain_one() -> None:
    sums = hash_layer(io.BytesIO(PLAIN), "")
    assert (sums.packed, sums.plain) == (sha256(PLAIN), sha256(PLAIN))
    assert (sums.size, sums.problem) == (len(PLAIN), "")


def test_a_packed_one_in_several_members() -> None:
    packed = gzip.compress(PLAIN[:70], mtime=0) + gzip.compress(PLAIN[70:], mtime=0)
    sums = hash_layer(io.BytesIO(packed), "gzip")
    assert (sums.packed, sums.plain, sums.problem) == (sha256(packed), sha256(PLAIN), "")


@pytest.mark.parametrize(
    ("content", "packing", "why", "gap"),
    [
        (PACKED[:-9], "gzip", "ends too early", Gap.PARSE_ERROR),
        (b"", "gzip", "ends too early", Gap.PARSE_ERROR),
        (PLAIN, "gzip", "is not the gzip", Gap.PARSE_ERROR),
        (PACKED + b"more", "gzip", "is not the gzip", Gap.PARSE_ERROR),
        (b"(\xb5/\xfd", "zstd", "zstd", Gap.UNSUPPORTED_INPUT),
    ],
)
def test_no_plain_content(content: bytes, packing: str, why: str, gap: Gap) -> None:
    sums = hash_layer(io.BytesIO(content), packing)
    assert (sums.packed, sums.size, sums.plain) == (sha256(content), len(content), "")
    assert why in sums.problem
    assert sums.gap is gap


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    sums = hash_layer(io.BytesIO(PACKED), "gzip", limit=1000)
    assert (sums.plain, sums.gap) == ("", Gap.TOO_LARGE)
