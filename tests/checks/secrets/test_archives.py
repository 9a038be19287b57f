"""What the engine does not unpack is recognised."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.secrets import archives
from pipeline.checks.secrets.archives import left_out
from pipeline.checks.secrets.engine import MAX_BYTES
from pipeline.checks.secrets.files import look
from pipeline.model import Gap, Target
from pipeline.tree import Tree, UnreadableFileError

from .conftest import Repository, is_whole, make_token, scope, search

MUCH = "unpacks to more than"
MANY = "holds more than"
TWICE = "packed twice"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 5)


def packed(*sizes: int, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"member-{number}", bytes(size))
        archive.comment = comment
    return made.getvalue()


def nested(name: str, content: bytes) -> bytes:
    """A zip archive with one member."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()


def why(name: str, content: bytes) -> str:
    return left_out(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.zip", packed(), ""),
        ("a.zip", packed(600, 400), ""),
        ("a.jar", packed(600, 401), MUCH),
        ("a.txt", packed(1001), MUCH),
        ("a.zip", packed(1001, comment=b"x" * 65_535), MUCH),
        ("a.zip", packed(1, 1, 1, 1, 1), ""),
        ("a.zip", packed(1, 1, 1, 1, 1, 1), MANY),
        ("a.zip", packed(1001)[:-30], ""),
        ("a.zip", b"PK\3\4", ""),
        ("a.zip", b"PK\3\4" + b"PK\5\6" + b"\xff" * 18, MANY),
        ("a.zip", b"PK\3\4" + b"PK\5\6" + b"\1\1\0\0" * 4 + b"\0\0", ""),
        ("a.zip", b"PK\3\4" + b"x" * 46 + b"PK\5\6" + bytes(8) + b"\x2e" + bytes(9), ""),
        ("a.tar.gz", gzip.compress(bytes(1000)), ""),
        ("a.TGZ", gzip.compress(bytes(1001)), MUCH),
        ("a.gz", gzip.compress(bytes(1001))[:-4], ""),
        ("a.gz", b"no gzip", ""),
        ("a.gz", b"", ""),
        ("a.txt", gzip.compress(bytes(1001)), ""),
        ("a.tar.bz2", bz2.compress(bytes(1000)), ""),
        ("a.bz2", bz2.compress(bytes(1001)), MUCH),
        ("a.bz2", b"no bzip", ""),
        ("a.gz.gz", gzip.compress(gzip.compress(b"x")), TWICE),
        ("a.bz2.gz", gzip.compress(bz2.compress(b"x")), TWICE),
        ("a.gz.bz2", bz2.compress(gzip.compress(b"x")), TWICE),
        ("a.gz.xz", lzma.compress(gzip.compress(b"x")), TWICE),
        ("a.xz.gz", gzip.compress(lzma.compress(b"x")), ""),
        ("a.tar.xz", lzma.compress(b"x"), ""),
        ("a.txz", lzma.compress(bytes(1001)), MUCH),
        ("a.xz", b"no xz", ""),
    ],
)
def test_archives(name: str, content: bytes, told: str) -> None:
    assert told in why(name, content)
    assert bool(why(name, content)) is bool(told)


def test_a_size_that_stands_elsewhere() -> None:
    content = packed(1)
    at = content.rindex(b"PK\1\2") + 24
    assert MUCH in why("a.zip", content[:at] + b"\xff" * 4 + content[at + 4 :])


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\3\4", b"\x1f\x8b\x08", b"BZh9"]))
@settings(deadline=None)
def test_anything_is_read(content: bytes, start: bytes) -> None:
    for name in ("a.zip", "a.gz", "a.bz2"):
        assert isinstance(why(name, start + content), str)


def test_the_engine_is_as_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told here is what the engine says nothing of."""
    monkeypatch.setattr(archives, "MAX_BYTES", MAX_BYTES)
    token = f"x = '{make_token()}'\n".encode()
    found = {}
    for name, size in (("whole", 120), ("cut", 130)):
        folder = tmp_path / name
        folder.mkdir()
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            for number in range(2):
                made.writestr(str(number), bytes(size * 1024**2))
            made.writestr("token", token)
        reading = search(folder)
        part = scope(reading, "today's files")
        found[name] = (len(reading.findings), [one.gap for one in part.missing], part.evaluated)
    assert found == {"whole": (1, [], 1), "cut": (0, [Gap.TOO_LARGE], 0)}


def test_archives_in_archives_are_opened_and_what_is_packed_twice_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", MAX_BYTES)
    first, second = make_token(), make_token()
    content = nested("file.txt.gz", gzip.compress(f"x = '{first}'\n".encode()))
    for _ in range(2):
        content = nested("inner.zip", content)
    (tmp_path / "a.zip").write_bytes(content)
    twice = gzip.compress(gzip.compress(f"x = '{second}'\n".encode()))
    (tmp_path / "b.gz").write_bytes(twice)
    reading = search(tmp_path)
    assert len(reading.findings) == 1
    part = scope(reading, "today's files")
    assert (part.expected, part.evaluated) == (2, 1)
    assert [(one.subject, TWICE in one.why) for one in part.missing] == [("b.gz", True)]


def test_a_closed_archive_is_told_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(packed(1001))
    target = Target(name="x", git=None, files=1)
    assert look(tmp_path, target).deep.keys() == {"a.zip"}
    monkeypatch.setattr(Tree, "open", Mock(side_effect=UnreadableFileError("closed")))
    assert look(tmp_path, target).deep == {}


def full(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr("pipeline.checks.secrets.room.in_memory", lambda: "")
    usage = Mock(return_value=Mock(free=free))
    monkeypatch.setattr("shutil.disk_usage", usage)


def test_archives_are_counted_by_what_they_are_called() -> None:
    assert archives.count(["a.zip", "b/c.TGZ", "d.whl", "e.txt", "zip"]) == 3


def test_a_full_disk_leaves_archives_open_and_nothing_is_remembered(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    token = make_token()
    repository.commit(a=f"x = '{token}'\n")
    full(monkeypatch, 0)
    assert is_whole(search(repository.root)), "there is no archive"
    memories = list((cache / "secrets").iterdir())
    assert memories
    for memory in memories:
        memory.unlink()
    repository.write("b.zip", nested("s.txt", b"nothing\n"))
    repository.git("add", "b.zip")
    assert not is_whole(search(repository.root, staged=True))
    repository.commit()
    reading = search(repository.root)
    assert len(reading.findings) == 1
    (missing,) = scope(reading, "archives").missing
    assert (missing.subject, missing.gap) == ("archives", Gap.NOT_ACCOUNTED_FOR)
    assert not list((cache / "secrets").iterdir())
