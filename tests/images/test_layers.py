"""A layer in one pass, and what layers make together."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IncompleteError
from pipeline.images import streams
from pipeline.images.documents import sha256
from pipeline.images.layers import look_through, stack
from pipeline.model import Gap
from tests.kit.images import tar, zstd

PLAIN = tar(
    {
        "etc/os-release": b"ID=debian",
        "var/lib/dpkg/status": bytes(300_000),
        "app/lib/a.JAR": b"PK",
        "app/main.py": b"print()",
        "usr/lib/apk": None,
    }
)
PACKED = gzip.compress(PLAIN, mtime=0)
DENSE = zstd(PLAIN)
NAMES = {"etc/os-release", "var/lib/dpkg/status", "app/lib/a.JAR", "usr/lib/.wh.apk"}


@pytest.mark.parametrize(("content", "packing"), [(PLAIN, ""), (PACKED, "gzip"), (DENSE, "zstd")])
def test_one_pass(content: bytes, packing: str) -> None:
    seen = look_through(io.BytesIO(content), packing)
    assert (seen.packed, seen.plain) == (sha256(content), sha256(PLAIN))
    assert (seen.size, seen.problem, set(seen.names)) == (len(content), "", NAMES)


def test_several_members_and_what_follows_the_archive() -> None:
    packed = gzip.compress(PLAIN[:70], mtime=0) + gzip.compress(PLAIN[70:] + b"x", mtime=0)
    seen = look_through(io.BytesIO(packed), "gzip")
    assert (seen.packed, seen.plain, seen.problem) == (sha256(packed), sha256(PLAIN + b"x"), "")
    # As zstd:chunked has it: frames in a row, and one that is to be skipped.
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"index"
    packed = zstd(PLAIN[:70]) + skipped + zstd(PLAIN[70:] + b"x") + skipped
    seen = look_through(io.BytesIO(packed), "zstd")
    assert (seen.packed, seen.plain, seen.problem) == (sha256(packed), sha256(PLAIN + b"x"), "")


@pytest.mark.parametrize(
    ("content", "packing", "why", "gap"),
    [
        (PACKED[:-9], "gzip", "ends too early", Gap.PARSE_ERROR),
        (b"", "gzip", "ends too early", Gap.PARSE_ERROR),
        (PLAIN, "gzip", "is not the gzip", Gap.PARSE_ERROR),
        (PACKED + b"more", "gzip", "is not the gzip", Gap.PARSE_ERROR),
        (DENSE[:-3], "zstd", "ends too early", Gap.PARSE_ERROR),
        (b"", "zstd", "ends too early", Gap.PARSE_ERROR),
        (PACKED, "zstd", "is not the zstd", Gap.PARSE_ERROR),
        (DENSE + b"more", "zstd", "is not the zstd", Gap.PARSE_ERROR),
        (DENSE, "gzip", "is not the gzip", Gap.PARSE_ERROR),
    ],
)
def test_no_plain_content(content: bytes, packing: str, why: str, gap: Gap) -> None:
    seen = look_through(io.BytesIO(content), packing)
    assert (seen.packed, seen.size, seen.plain) == (sha256(content), len(content), "")
    assert why in seen.problem
    assert seen.gap is gap


def test_what_is_no_tar() -> None:
    seen = look_through(io.BytesIO(b"hello" * 1000), "")
    assert seen.problem == "is no whole tar archive"
    assert seen.plain == sha256(b"hello" * 1000)
    assert look_through(io.BytesIO(PLAIN[:4096]), "").problem == "is no whole tar archive"


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    for content, packing in ((PACKED, "gzip"), (DENSE, "zstd")):
        seen = look_through(io.BytesIO(content), packing, limit=1000)
        assert (seen.plain, seen.gap) == ("", Gap.TOO_LARGE)


def test_a_zstd_bomb_is_unpacked_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = []
    unpack = streams._Zstd.unpack

    def measured(self: streams._Zstd, packed: bytes, size: int) -> bytes:
        part = unpack(self, packed, size)
        pieces.append(len(part))
        return part

    monkeypatch.setattr(streams._Zstd, "unpack", measured)
    bomb = zstd(bytes(64 << 20))
    seen = look_through(io.BytesIO(bomb), "zstd", limit=4 << 20)
    assert (seen.plain, seen.gap, seen.size) == ("", Gap.TOO_LARGE, len(bomb))
    assert max(pieces) <= 1 << 20
    assert sum(pieces) < 6 << 20


def test_without_its_library_a_zstd_layer_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise IncompleteError("is packed with zstd", fix="install it")

    monkeypatch.setattr(streams, "_module", missing)
    seen = look_through(io.BytesIO(DENSE), "zstd")
    assert (seen.problem, seen.plain) == ("is packed with zstd (install it)", "")
    assert (seen.gap, seen.packed) == (Gap.UNSUPPORTED_INPUT, sha256(DENSE))


def test_too_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.images.layers.MAX_NAMES", 2)
    seen = look_through(io.BytesIO(PLAIN), "")
    assert (seen.problem, seen.gap) == ("holds too many files", Gap.TOO_LARGE)


def test_names_with_a_dot_before_them() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("./etc/os-release"))
    assert look_through(io.BytesIO(made.getvalue()), "").names == ("etc/os-release",)


def test_a_layer_adds_and_removes() -> None:
    below = ("etc/os-release", "app/a.jar", "app/lib/b.jar", "opt/c.jar")
    assert stack([below]) == frozenset(below)
    assert stack([below, ("app/.wh.a.jar",)]) == frozenset(below) - {"app/a.jar"}
    assert stack([below, (".wh.app", "d.jar")]) == {"etc/os-release", "opt/c.jar", "d.jar"}
    assert stack([below, ("app/.wh..wh..opq", "app/e.jar")]) == {
        *("etc/os-release", "opt/c.jar", "app/e.jar")
    }
    assert stack([(".wh.a.jar",), ("a.jar",)]) == {"a.jar"}


@given(content=st.binary(max_size=3000), packing=st.sampled_from(["", "gzip", "zstd"]))
@settings(deadline=None)
def test_any_bytes_are_read_to_their_end(content: bytes, packing: str) -> None:
    seen = look_through(io.BytesIO(content), packing)
    assert (seen.packed, seen.size) == (sha256(content), len(content))
