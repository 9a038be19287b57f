"""A layer in one pass, and what layers make together."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import IncompleteError
from pipeline.images import layers, streams
from pipeline.images.documents import sha256
from pipeline.images.layers import look_through, name_of, stack
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


# -------------------------------------------------------------------------------- file by file


def shown(content: bytes) -> tuple[dict[str, bytes], str]:
    """The files that a visitor is shown, and what is wrong with the layer."""
    found: dict[str, bytes] = {}

    def visit(member: tarfile.TarInfo, file: IO[bytes]) -> None:
        found[name_of(member)] = file.read()

    return found, look_through(io.BytesIO(content), "", visit=visit).problem


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """Members of a kind, without the zeros at the end."""
    made = b""
    for name, content in members:
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, len(content)
        made += info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)
    return made


END = bytes(1024)


def test_a_visitor_sees_every_file_and_nothing_else() -> None:
    found, problem = shown(PLAIN)
    assert problem == ""
    assert found == {
        "etc/os-release": b"ID=debian",
        "var/lib/dpkg/status": bytes(300_000),
        "app/lib/a.JAR": b"PK",
        "app/main.py": b"print()",
        "usr/lib/.wh.apk": b"",
    }
    odd = b"".join(
        archive((kind.hex(), b""), kind=kind)
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    )
    assert shown(odd + archive(("/../a", b"1")) + END) == ({"../a": b"1"}, "")


def test_a_visitor_need_not_read() -> None:
    seen = look_through(io.BytesIO(PACKED), "gzip", visit=lambda _, __: None)
    assert (seen.plain, seen.problem) == (sha256(PLAIN), "")


def test_what_a_visitor_raises_goes_through() -> None:
    def visit(_: tarfile.TarInfo, __: IO[bytes]) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        look_through(io.BytesIO(PLAIN), "", visit=visit)


def test_an_unknown_kind_of_member_is_a_file() -> None:
    assert shown(archive(("a", b"1"), kind=b"Z") + END) == ({"a": b"1"}, "")


def test_no_header_is_not_the_end() -> None:
    whole = archive(("a", b"1")), archive(("b", b"2"))
    assert shown(b"".join(whole) + END) == ({"a": b"1", "b": b"2"}, "")
    # Without a look at the sum, everything behind it would be lost without a word.
    broken = bytearray(whole[1])
    broken[148:156] = b"0000000\0"
    assert shown(whole[0] + bytes(broken) + END) == ({"a": b"1"}, "is no whole tar archive")
    assert shown(whole[0] + whole[1][:300])[1] == "is no whole tar archive"
    assert shown(whole[0]) == ({"a": b"1"}, "")


def test_a_global_header_changes_nothing() -> None:
    records = b"9 size=0\n" + b"10 path=x\n"
    found, problem = shown(
        archive(("g", records), kind=tarfile.XGLTYPE) + archive(("a", b"secret")) + END
    )
    assert (found["a"], problem) == (b"secret", "")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_the_memory(kind: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_HEADER", 100)
    content = archive(("x", b"a" * 101), kind=kind) + archive(("a", b"1")) + END
    assert shown(content) == ({}, "is no whole tar archive")
