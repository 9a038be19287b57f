from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories import snapshot, store
from pipeline.advisories.store import Store, import_osv
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord, Pack


@pytest.mark.parametrize("keep", [0, 50, 100, 4096, 40_000, -4096, -1])
def test_a_store_cut_short_is_noticed(filled: Path, keep: int) -> None:
    content = filled.read_bytes()
    filled.write_bytes(content[:keep])
    with pytest.raises(IncompleteError, match=r"damaged|no advisory store"):
        Store.open(filled)


def test_a_changed_byte_is_noticed(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    place = content.index(b"PyPI", 8192)
    content[place] ^= 1
    filled.write_bytes(content)
    with pytest.raises(IncompleteError, match="cut short or changed") as caught:
        Store.open(filled)
    assert "supply-chain advisories update" in caught.value.fix


def test_other_files_are_no_store(tmp_path: Path, filled: Path) -> None:
    missing = tmp_path / "none.sqlite"
    with pytest.raises(IncompleteError, match="no such store"):
        Store.open(missing)
    assert not missing.exists()
    with pytest.raises(IncompleteError, match="cannot be read"):
        Store.open(tmp_path)
    text = tmp_path / "text.sqlite"
    text.write_text("hello" * 100)
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE t (x)")
    for path in (text, foreign):
        with pytest.raises(IncompleteError, match="no advisory store"):
            Store.open(path)
    assert snapshot.is_snapshot(foreign)
    assert not snapshot.is_snapshot(text)
    assert not snapshot.is_snapshot(missing)


def test_another_layout_is_refused(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.KIND
    monkeypatch.setattr(store, "KIND", "osv 99")
    with pytest.raises(IncompleteError, match=f'its layout is "{before}", and "osv 99" is needed'):
        Store.open(filled)


def test_a_locked_store_is_told(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_BUSY_SECONDS", 0.05)
    code = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read()\n"
    )
    argv = [sys.executable, "-c", code, str(filled)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(IncompleteError, match="another program keeps it locked"):
            Store.open(filled)
        other.communicate(b"")
    Store.open(filled).close()


def test_what_cannot_be_written_is_told(tmp_path: Path, pack: Pack, record: MakeRecord) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(IncompleteError, match="cannot be written"):
        import_osv([pack("all.zip", record("PYSEC-1"))], blocked / "a.sqlite")


def test_a_full_disk_leaves_the_old_store(
    filled: Path, pack: Pack, record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled.read_bytes()
    monkeypatch.setattr(store, "_SCHEMA", "PRAGMA max_page_count = 12;" + store._SCHEMA)
    records = [record(f"PYSEC-{n}", details="x" * 900) for n in range(200)]
    with pytest.raises(IncompleteError, match="database or disk is full"):
        import_osv([pack("all.zip", *records)], filled)
    assert filled.read_bytes() == before
    assert list(filled.parent.iterdir()) == [filled]
