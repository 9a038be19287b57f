from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipeline import files
from pipeline.errors import IncompleteError
from pipeline.files import cache_folder, digest, locked, recall, remember, replacing, write


def test_write_replaces_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write(path, b"one")
    write(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write(path, b"old")

    class Full:
        def __init__(self, handle: int, mode: str) -> None:
            os.close(handle)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *args: object) -> None: ...

        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdopen", Full)
    with pytest.raises(IncompleteError, match="No space left") as caught:
        write(path, b"new")
    assert "--output" in caught.value.fix
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="cannot be written"):
        write(tmp_path / "missing" / "a", b"")


def test_an_interruption_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write(path, b"old")

    def interrupt(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"old"


def test_digest_names_its_algorithm() -> None:
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        ("/var/cache/me", "/var/cache/me"),
        (None, "~/.cache"),
        ("", "~/.cache"),
        ("relative/cache", "~/.cache"),
        ("~/cache", "~/.cache"),
    ],
)
def test_the_cache_is_where_its_specification_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None, folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    if variable is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", variable)
    assert cache_folder() == Path(folder.replace("~", str(tmp_path))) / "supply-chain"
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"


def test_the_cache_of_a_mac_is_where_its_programs_keep_theirs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "supply-chain"


def test_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(_: int) -> None:
        with locked(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert set(most) == {1}


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="cannot be written"), locked(tmp_path / "no" / "x"):
        pass


def test_a_fault_under_the_lock_is_its_own(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), locked(tmp_path / "lock"):
        raise PermissionError


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def stop_half_way() -> None:
        with replacing(file) as half:
            half.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_bytes() == b"old"
    with replacing(file) as whole:
        whole.write(b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o077 == 0


# ---------------------------------------------------------------------------------- memories


@dataclass(frozen=True)
class Note:
    day: date
    words: tuple[str, ...] = ()


NOTE = Note(day=date(2026, 1, 2), words=("a", "b"))


def test_what_is_remembered_is_recalled_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "note.json"
    assert recall(file, Note) is None
    remember(file, NOTE)
    assert recall(file, Note) == NOTE
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    remember(file, Note(day=NOTE.day))
    assert recall(file, Note) == Note(day=NOTE.day)
    assert [one.name for one in file.parent.iterdir()] == ["note.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"{}", b"\xff", b'{"day": "soon"}', b"[" * 100_000, b"null"],
    ids=["empty", "cut", "nothing", "no text", "no day", "deep", "null"],
)
def test_a_memory_of_another_form_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "note.json"
    file.write_bytes(content)
    assert recall(file, Note) is None


def test_a_memory_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "note.json"
    remember(file, NOTE)
    size = file.stat().st_size
    monkeypatch.setattr(files, "MAX_REMEMBERED", size)
    assert recall(file, Note) == NOTE
    monkeypatch.setattr(files, "MAX_REMEMBERED", size - 1)
    assert recall(file, Note) is None


def test_where_nothing_can_be_kept_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember(tmp_path / "file" / "note.json", NOTE)
    assert recall(tmp_path / "file" / "note.json", Note) is None


def test_what_is_no_text_is_not_remembered_and_leaves_what_was(tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    remember(file, NOTE)
    remember(file, Note(day=NOTE.day, words=("\udcff",)))
    assert recall(file, Note) == NOTE
    assert [one.name for one in tmp_path.iterdir()] == ["note.json"]
