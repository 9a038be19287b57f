"""The names of buckets, from files of the tests' own writer, which the real Trivy reads."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IncompleteError
from pipeline.tools.bolt import buckets, checksum_of
from tests.kit.trivydb import PAGE, bolt

SMALL = bolt({"debian 12": {"a": {"CVE-1": b"{}"}}, "pip::x": {}, "plain": b"value"})


def read(content: bytes) -> frozenset[str]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return buckets(Path(file.name))


def test_buckets_are_named_and_values_are_not() -> None:
    assert read(SMALL) == {"debian 12", "pip::x"}


def test_an_empty_file_of_the_format_has_none() -> None:
    assert read(bolt({})) == frozenset()


def test_a_root_of_many_pages() -> None:
    names: dict[str, dict[str, bytes]] = {
        f"source {number:05} {'x' * 60}": {} for number in range(9000)
    }
    assert read(bolt(names)) == names.keys()


def test_the_newer_root_counts() -> None:
    content = bytearray(SMALL)
    first = struct.unpack_from("<IIIIQQQQQ", content, 16)
    older = struct.pack("<IIIIQQQQQ", *first[:4], 999, *first[5:8], 0)
    content[16:72] = older
    content[72:80] = struct.pack("<Q", checksum_of(older))
    assert read(bytes(content)) == {"debian 12", "pip::x"}


def test_one_broken_meta_page_does_not_matter() -> None:
    content = bytearray(SMALL)
    content[16:80] = bytes(64)
    assert read(bytes(content)) == {"debian 12", "pip::x"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        bytes(2 * PAGE),
        SMALL[: 2 * PAGE],
        SMALL[: 3 * PAGE],
        SMALL.replace(struct.pack("<I", 0xED0CDAED), bytes(4)),
    ],
)
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(IncompleteError, match="no readable database"):
        read(content)


def test_pages_that_lead_in_circles_are_refused() -> None:
    content = bytearray(bolt({"a": {}}))
    root = struct.unpack_from("<Q", content, 16 + 16)[0]
    body = struct.pack("<QHHI", root, 1, 1, 0) + struct.pack("<IIQ", 16, 1, root) + b"a"
    content[root * PAGE : root * PAGE + len(body)] = body
    with pytest.raises(IncompleteError):
        read(bytes(content))


def test_a_root_of_another_kind_is_refused() -> None:
    content = bytearray(bolt({"a": {}}))
    root = struct.unpack_from("<Q", content, 16 + 16)[0]
    struct.pack_into("<H", content, root * PAGE + 8, 0x10)
    with pytest.raises(IncompleteError):
        read(bytes(content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError):
        buckets(tmp_path / "trivy.db")


@given(
    st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=12),
    st.integers(0, len(SMALL)),
)
@settings(deadline=None)
def test_no_file_breaks_the_reader(changes: list[tuple[int, int]], end: int) -> None:
    content = bytearray(SMALL)
    for place, byte in changes:
        content[place] = byte
    try:
        found = read(bytes(content[:end]))
    except IncompleteError:
        return
    assert all(isinstance(name, str) for name in found)
