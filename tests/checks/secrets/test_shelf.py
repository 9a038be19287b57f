"""Files of layers on disk, under names of ours."""

from __future__ import annotations

import errno
import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.secrets import shelf as module
from pipeline.checks.secrets.shelf import LOOSE, PACKED, Shelf, spell
from pipeline.images.documents import UnreadableImageError
from pipeline.model import Gap


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def put(shelf: Shelf, path: str, content: bytes) -> bytes:
    head, why = shelf.put(path, io.BytesIO(content))
    assert not why
    return head


def files(shelf: Shelf) -> dict[str, bytes]:
    return {
        path.relative_to(shelf.folder).as_posix(): path.read_bytes()
        for path in shelf.folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("etc/app/settings.ini", "settings.ini"),
        ("root/.env", ".env"),
        ("etc/shadow", "shadow"),
        ("srv/uv.lock", "uv.lock"),
        ("srv/locale/de.json", "lang/de.json"),
        ("a/..", "file"),
        ("a/.", "file"),
        ("a/...", "file"),
        ("a/-rf", "file"),
        ("a/with space.INI", "file.ini"),
        ("a/line\nfeed.py", "file.py"),
        ("a/näme.txt", "file.txt"),
        ("a/b.ü", "file"),
        ("a/" + "x" * 10_000, "file"),
        ("a/x." + "y" * 200, "file"),
        ("repo/HEAD", "file"),
        ("repo/Objects", "file"),
        ("a/.git", "file"),
        ("a/.gitignore", "file"),
        ("a/.dockerignore", "file"),
        ("a/lang", "file"),
        ("a/again", "file"),
        ("a/b!c.txt", "file.txt"),
        ("", "file"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert spell(path) == name


@given(st.text())
@settings(deadline=None)
def test_no_name_leads_anywhere(path: str) -> None:
    name = spell(path).removeprefix("lang/")
    assert "/" not in name
    assert "!" not in name
    assert name.isascii()
    assert name.isprintable()
    assert name.strip(".")
    assert len(name) <= 100


def test_the_same_content_lies_there_once_for_each_name(shelf: Shelf) -> None:
    for path in ("a/x.py", "b/x.py", "c/y.py"):
        assert put(shelf, path, b"content") == b"content"
    put(shelf, "d/x.py", b"other")
    shelf.keep("sha256:1")
    put(shelf, "e/x.py", b"content")
    shelf.keep("sha256:2")
    assert sorted(files(shelf).values()) == [b"content", b"content", b"other"]
    assert shelf.counts == {LOOSE: 3}
    assert sorted(shelf.places.values()) == [
        [("sha256:1", "a/x.py"), ("sha256:1", "b/x.py"), ("sha256:2", "e/x.py")],
        [("sha256:1", "c/y.py")],
        [("sha256:1", "d/x.py")],
    ]


def test_large_files_come_in_parts(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALL", 4)
    assert put(shelf, "a/x.bin", b"123456789") == b"1234"
    put(shelf, "b/x.bin", b"123456789")
    shelf.keep("sha256:1")
    assert files(shelf) == {f"{LOOSE}/1/x.bin": b"123456789"}


def test_what_the_engine_unpacks_lies_apart(shelf: Shelf) -> None:
    put(shelf, "a/x.txt", b"PK\3\4")
    put(shelf, "a/x.jar", b"no archive")
    put(shelf, "a/data", b"SQLite format 3\0")
    put(shelf, "a/empty.zip", b"PK\5\6" + bytes(18))
    put(shelf, "a/scripts.tar", bytes(512))
    put(shelf, "a/x", b"plain")
    assert {name.partition("/")[0] for name in files(shelf)} == {LOOSE, PACKED}
    # Of what may be empty, nobody knows how much is counted.
    assert shelf.counts == {LOOSE: 1, PACKED: 3}


def test_what_is_too_much_to_unpack_is_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"more than ten bytes")
    monkeypatch.setattr("pipeline.checks.secrets.archives.MAX_BYTES", 10)
    for _ in range(2):  # the second time, it lies there already
        made.seek(0)
        assert "unpacks to more" in shelf.put("srv/app.jar", made)[1]


def test_what_rules_pass_over_by_name_lies_there_twice(shelf: Shelf) -> None:
    put(shelf, "srv/package-lock.json", b"{}")
    shelf.keep("sha256:1")
    assert shelf.counts == {LOOSE: 2}
    assert files(shelf).keys() == {f"{LOOSE}/1/package-lock.json", f"{LOOSE}/1/again/file.txt"}
    assert shelf.places.keys() == files(shelf).keys()


def test_a_layer_is_taken_back(shelf: Shelf) -> None:
    put(shelf, "a/x.py", b"first")
    shelf.keep("sha256:1")
    room = shelf._room
    for path, content in (("b/x.py", b"first"), ("b/y.jar", b"new"), ("b/z.png", b"new")):
        put(shelf, path, content)
    shelf.take_back()
    assert (sorted(files(shelf).values()), shelf.counts[LOOSE], shelf.counts[PACKED]) == (
        [b"first"],
        1,
        0,
    )
    assert shelf._room == room
    put(shelf, "c/y.jar", b"new")
    shelf.keep("sha256:2")
    assert [("sha256:2", "c/y.jar")] in shelf.places.values()


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SimpleNamespace(free=module.RESERVE + 3 * 4096)
    monkeypatch.setattr("shutil.disk_usage", lambda _: small)
    shelf = Shelf(tmp_path)
    put(shelf, "a", b"fits")
    with pytest.raises(UnreadableImageError, match="hold too much") as told:
        put(shelf, "b", b"not")
    assert (told.value.gap, "TMPDIR" in told.value.fix) == (Gap.TOO_LARGE, True)
    monkeypatch.setattr(module, "_SMALL", 4)
    with pytest.raises(UnreadableImageError, match="hold too much"):
        put(shelf, "c", bytes(20_000))
    shelf.take_back()
    assert files(shelf) == {}


def test_too_many_files(shelf: Shelf) -> None:
    shelf._left = 1
    put(shelf, "a", b"1")
    with pytest.raises(UnreadableImageError, match="hold too much"):
        put(shelf, "b", b"2")


def test_large_files_that_take_no_room(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sparse file again and again: it lies there once, and is read each time."""
    shelf._unread = 100
    for small in (4, 1000):
        monkeypatch.setattr(module, "_SMALL", small)
        put(shelf, "a", bytes(30))
    put(shelf, "a", bytes(30))
    with pytest.raises(UnreadableImageError, match="hold too much"):
        put(shelf, "a", bytes(30))
    shelf.take_back()
    assert files(shelf) == {}


def test_a_full_disk(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnreadableImageError, match="No space left") as told:
        put(shelf, "a", b"1")
    assert told.value.gap is Gap.TOO_LARGE
    shelf.take_back()
    assert shelf.counts[LOOSE] == 0
