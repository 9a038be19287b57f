from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories import snapshot, store
from pipeline.advisories.osv import Effect
from pipeline.advisories.store import Store, database_path, fresh, import_osv
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from tests.advisories.conftest import MakeRecord, Pack

TODAY = date(2024, 5, 2)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "advisories.sqlite"


def test_import_and_ask(database: Path, pack: Pack, record: MakeRecord) -> None:
    zipped = pack(
        "all.zip",
        record("PYSEC-1", ("introduced", "0"), ("fixed", "1.5"), name="Demo_Package"),
        record("PYSEC-2", ("introduced", "0"), ("fixed", "?"), name="demo-package"),
        record("PYSEC-3", ("introduced", "0"), withdrawn="2024-04-01T00:00:00Z", name="other"),
        record("MAL-1", versions=["6.6"], name="evil"),
    )
    imported = import_osv([zipped], database)
    assert (imported.advisories, imported.withdrawn, imported.refused) == (4, 1, ())
    assert imported.ecosystems == {"PyPI": 4}
    assert imported.as_of == date(2024, 5, 1)
    with Store.open(database) as opened:
        assert opened.ecosystems == {"PyPI": (4, 1, date(2024, 5, 1))}
        assert opened.as_of == date(2024, 5, 1)
        found = opened.query("PyPI", "demo.package", "1.0")
        assert [(r["id"], match.effect) for r, match in found] == [
            ("PYSEC-1", Effect.AFFECTED),
            ("PYSEC-2", Effect.CANNOT_TELL),
        ]
        assert opened.query("PyPI", "other", "1.0") == ()
        assert opened.query("PyPI", "unheard-of", "1.0") == ()
        assert opened.vuln("MAL-1") is not None
        assert opened.vuln("MAL-2") is None
        facts = opened.record(today=TODAY, max_age_days=7, ecosystems=["PyPI"])
    assert facts.as_of == date(2024, 5, 1)
    assert (facts.name, facts.origin, facts.entries) == ("OSV advisories", "all.zip", 4)
    assert (facts.digest, facts.fresh, facts.note) == (imported.digest, True, "")


def test_progress_is_told(database: Path, pack: Pack, record: MakeRecord) -> None:
    told: list[tuple[str, int]] = []
    records = [record(f"PYSEC-{n}", ("introduced", "0")) for n in range(1100)]
    import_osv([pack("all.zip", *records)], database, progress=lambda *call: told.append(call))
    assert told == [("all.zip", 500), ("all.zip", 1000)]


def test_the_digest_is_of_the_records_not_of_the_packing(
    tmp_path: Path, database: Path, pack: Pack, record: MakeRecord
) -> None:
    one = record("PYSEC-1", ("introduced", "0"))
    two = record("PYSEC-2", ("introduced", "0"))
    folder = tmp_path / "folder" / "vulns" / "demo"
    folder.mkdir(parents=True)
    backwards = dict(reversed(one.items()))
    (folder / "one.json").write_text(json.dumps(backwards, indent=4))
    (folder / "two.yaml").write_text(json.dumps(two))
    (folder / ".hidden.json").write_text("{")
    (folder / "README.md").write_text("not a record")
    sources = [
        [pack("a.zip", one, two)],
        [pack("b.zip", two, one), pack("again.zip", one)],
        [tmp_path / "folder"],
    ]
    sources += [[pack("c.zip", two), pack("d.zip", one)]]
    digests = {import_osv(source, database).digest for source in sources}
    assert len(digests) == 1
    changed = pack("e.zip", one, two | {"details": "more"})
    assert import_osv([changed], database).digest not in digests


def test_a_zip_of_zips_and_of_folders(
    tmp_path: Path, database: Path, pack: Pack, record: MakeRecord
) -> None:
    python = pack("PyPI.zip", record("PYSEC-1", ("introduced", "0")))
    npm = pack("npm.zip", record("NSWG-1", ("introduced", "0"), ecosystem="npm"))
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(python, "../../PyPI/all.zip")
        archive.write(npm, "npm/all.zip")
        archive.writestr(
            "crates.io/R-1.json",
            json.dumps(record("R-1", ("introduced", "0"), ecosystem="crates.io")),
        )
        archive.writestr("folder/", "")
    assert import_osv([outer], database).ecosystems == {"PyPI": 1, "npm": 1, "crates.io": 1}
    assert not list(tmp_path.parent.glob("**/PyPI/all.zip"))
    folder = tmp_path / "exports"
    folder.mkdir()
    python.rename(folder / "PyPI.zip")
    assert import_osv([folder, npm], database).ecosystems == {"PyPI": 1, "npm": 1}


def test_a_stray_ecosystem_is_not_held(
    tmp_path: Path, database: Path, pack: Pack, record: MakeRecord
) -> None:
    """A problem of two ecosystems in one's export says nothing about the other's rest."""
    both = record("GHSA-1", ("introduced", "0"))
    both["affected"] += record("GHSA-1", ("introduced", "0"), ecosystem="npm")["affected"]
    python = record("PYSEC-1", ("introduced", "0"))
    rust = record("R-1", ("introduced", "0"), ecosystem="crates.io")
    assert import_osv([pack("all.zip", python, both)], database).ecosystems == {"PyPI": 2}
    # A mixed collection holds what it names; folders named like an ecosystem are its exports.
    mixed = import_osv([pack("mixed.zip", python, both, rust)], database)
    assert set(mixed.ecosystems) == {"PyPI", "npm", "crates.io"}
    folder = tmp_path / "sorted"
    for name, content in (("PyPI", python), ("pypi", both), ("crates.io", rust)):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.json").write_text(json.dumps(content))
    (folder / "PyPI" / "y.json").write_text(json.dumps(both))
    (folder / "pypi" / "x.json").unlink()
    assert set(import_osv([folder], database).ecosystems) == {"PyPI", "crates.io"}


def test_of_two_states_of_a_record_the_newer_wins(
    database: Path, pack: Pack, record: MakeRecord
) -> None:
    old = record("PYSEC-1", ("introduced", "0"), ("fixed", "1"))
    new = record(
        "PYSEC-1",
        ("introduced", "0"),
        ("fixed", "2"),
        modified="2024-05-02T00:00:00Z",
        name="renamed",
    )
    a, b = pack("a.zip", old), pack("b.zip", new)
    assert import_osv([a, b], database).digest == import_osv([b, a], database).digest
    with Store.open(database) as opened:
        assert len(opened.query("PyPI", "renamed", "1.5")) == 1
        assert opened.query("PyPI", "demo", "0.5") == ()


def test_yaml_keeps_every_scalar_as_text(tmp_path: Path, database: Path) -> None:
    folder = tmp_path / "vulns" / "demo"
    folder.mkdir(parents=True)
    (folder / "PYSEC-1.yaml").write_text(
        """
id: PYSEC-1
modified: 2024-05-01T00:00:00Z
published: 2024-04-01
withdrawn: null
details: "a & b, *c*"
affected:
- package: {name: demo, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events: [{introduced: "0"}, {fixed: 1.0}]
  versions: [1.10, 1e3, 0x10, yes, 2012-01-01]
"""
    )
    import_osv([tmp_path / "vulns"], database)
    with Store.open(database) as opened:
        kept = opened.vuln("PYSEC-1")
        assert kept is not None
        assert kept["affected"][0]["versions"] == ["1.10", "1e3", "0x10", "yes", "2012-01-01"]
        assert kept["withdrawn"] is None
        assert kept["modified"] == "2024-05-01T00:00:00Z"
        assert len(opened.query("PyPI", "demo", "1.10.0")) == 1
        assert opened.query("PyPI", "demo", "1.1") == ()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.json", b"{", "not JSON"),
        ("x.json", b"", "not JSON"),
        ("x.json", b"\xff\xfe", "not JSON"),
        ("x.json", b"[1]", "not an object"),
        ("x.json", b'{"modified": "2024"}', "no id"),
        ("x.json", b'{"id": "X-1", "affected": {}}', ""),
        ("x.json", b'{"id": "X-1", "affected": {"a": 1}}', "`affected` is not a list"),
        ("x.json", b'{"id": "X-1", "affected": [{"package": {"name": "a"}}]}', "no ecosystem"),
        ("x.json", b"[" * 100_000, "nested too deep"),
        ("x.yaml", b"a: &x 1\nb: *x", "anchors"),
        ("x.yaml", b"a: [", "not YAML"),
        ("x.yml", b"id: !!python/object/apply:os.system [x]", "not YAML"),
    ],
)
def test_a_malformed_record_is_counted_and_named(
    database: Path, record: MakeRecord, name: str, content: bytes, why: str
) -> None:
    folder = database.parent.parent / "data"
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "good.json").write_text(json.dumps(record("PYSEC-1", ("introduced", "0"))))
    imported = import_osv([folder], database)
    with Store.open(database) as opened:
        note = opened.record(today=TODAY, max_age_days=7).note
    if why:
        ((refused, reason),) = imported.refused
        assert refused == name
        assert why in reason
        assert name in note
        assert "1 malformed and left out" in note
    else:
        assert imported.refused == ()


def test_one_bad_entry_does_not_lose_the_record(
    database: Path, pack: Pack, record: MakeRecord
) -> None:
    half = record("PYSEC-1", ("introduced", "0"))
    half["affected"].insert(0, {"package": {"ecosystem": "PyPI"}})
    imported = import_osv([pack("all.zip", half)], database)
    assert len(imported.refused) == 1
    with Store.open(database) as opened:
        assert [m.effect for _, m in opened.query("PyPI", "demo", "1")] == [Effect.AFFECTED]


def test_the_snapshots_own_date(database: Path, pack: Pack, record: MakeRecord) -> None:
    future = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    records = [
        record("PYSEC-1", modified="0001-01-01T00:00:00Z", published="2023-02-03T00:00:00Z"),
        record("PYSEC-2", modified="2023-01-01T00:00:00Z", withdrawn="2023-03-04T00:00:00Z"),
        record("PYSEC-3", modified=future),
    ]
    zipped = pack("all.zip", *records)
    assert import_osv([zipped], database).as_of == date(2023, 3, 4)
    assert import_osv([zipped], database, as_of=date(2023, 4, 1)).as_of == date(2023, 4, 1)
    with Store.open(database) as opened:
        assert opened.ecosystems["PyPI"].as_of == date(2023, 4, 1)
    assert import_osv([pack("b.zip", record("PYSEC-1", modified="?"))], database).as_of is None
    with Store.open(database) as opened:
        facts = opened.record(today=TODAY, max_age_days=7000)
        assert (opened.as_of, facts.as_of, facts.fresh) == (None, None, False)


def test_the_oldest_part_that_was_asked_about_decides(
    database: Path, pack: Pack, record: MakeRecord
) -> None:
    python = pack("a.zip", record("PYSEC-1", ("introduced", "0")))
    npm = pack("b.zip", record("N-1", ecosystem="npm", modified="2020-01-01T00:00:00Z"))
    import_osv([python, npm], database)
    with Store.open(database) as opened:
        assert opened.record(today=TODAY, max_age_days=7, ecosystems=["PyPI"]).fresh
        both = opened.record(today=TODAY, max_age_days=7, ecosystems=["PyPI", "npm"])
    assert not both.fresh
    assert both.as_of == date(2020, 1, 1)
    assert both.note == "no malware reports for PyPI; no malware reports for npm"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2024, 4, 25), True),
        (date(2024, 4, 24), False),
        (date(2024, 5, 3), True),
        (date(2024, 5, 4), False),
        (None, False),
    ],
)
def test_fresh(as_of: date | None, expected: bool) -> None:
    assert fresh(as_of, TODAY, 7) is expected


def test_database_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", "/somewhere/a.sqlite")
    assert database_path() == Path("/somewhere/a.sqlite")
    monkeypatch.delenv("SUPPLY_CHAIN_ADVISORIES")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert database_path() == Path("/xdg/supply-chain/advisories.sqlite")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert database_path() == Path("/home/me/.cache/supply-chain/advisories.sqlite")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert database_path() == Path("/home/me/Library/Caches/supply-chain/advisories.sqlite")


# -------------------------------------------------------------------------------------- faults


@pytest.fixture
def filled(database: Path, pack: Pack, record: MakeRecord) -> Path:
    records = [record(f"PYSEC-{n}", ("introduced", "0"), details="x" * 500) for n in range(200)]
    import_osv([pack("filled.zip", *records)], database)
    return database


def test_an_empty_export_is_refused_and_the_old_store_stays(filled: Path, pack: Pack) -> None:
    before = filled.read_bytes()
    with pytest.raises(IncompleteError, match="no OSV record"):
        import_osv([pack("empty.zip")], filled)
    with pytest.raises(IncompleteError, match="not JSON"):
        import_osv([pack("bad.zip", b"{")], filled)
    assert filled.read_bytes() == before
    assert os.listdir(filled.parent) == [filled.name]  # noqa: PTH208  hidden names count too


def test_a_damaged_archive_is_refused_as_a_whole(
    filled: Path, pack: Pack, record: MakeRecord
) -> None:
    before = filled.read_bytes()
    whole = pack(
        "cut.zip", *(record(f"PYSEC-{n}", details=os.urandom(200).hex()) for n in range(50))
    )
    content = whole.read_bytes()
    middle = bytearray(content)
    middle[len(content) // 3] ^= 0xFF
    for broken in (content[: len(content) // 2], bytes(middle), b"PK", b""):
        whole.write_bytes(broken)
        with pytest.raises(IncompleteError, match="not a whole zip"):
            import_osv([whole], filled)
    assert filled.read_bytes() == before


def test_a_killed_import_leaves_the_old_store(
    filled: Path, tmp_path: Path, record: MakeRecord
) -> None:
    before = filled.read_bytes()
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(600):
        (folder / f"{number}.json").write_text(json.dumps(record(f"PYSEC-{number}")))
    code = (
        "import sys, time; from pathlib import Path; from pipeline.advisories.store import *\n"
        "def wait(*_): print('half', flush=True); time.sleep(60)\n"
        "import_osv([Path(sys.argv[1])], Path(sys.argv[2]), progress=wait)\n"
    )
    argv = [sys.executable, "-c", code, str(folder), str(filled)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert filled.read_bytes() == before
    (leftover,) = (path for path in filled.parent.iterdir() if path != filled)
    long_ago = time.time() - 7200
    os.utime(leftover, (long_ago, long_ago))
    import_osv([folder], filled)
    assert list(filled.parent.iterdir()) == [filled]


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
    monkeypatch.setattr(store, "KIND", "osv 99")
    with pytest.raises(IncompleteError, match='its layout is "osv 1", and "osv 99" is needed'):
        Store.open(filled)


def test_a_layout_without_its_tables(filled: Path) -> None:
    with snapshot.build(filled, store.KIND, "CREATE TABLE vacant (x)"):
        pass
    with pytest.raises(IncompleteError, match="damaged: no such table"):
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


# ----------------------------------------------------------------------------------- real data


def test_the_real_pypi_data(shared: Path, database: Path) -> None:
    imported = import_osv([shared / "osv" / "PyPI" / "all.zip"], database)
    assert (imported.advisories, imported.withdrawn) == (2661, 10)
    assert imported.ecosystems == {"PyPI": 2661}
    assert imported.as_of == date(2024, 10, 10)
    assert imported.refused == ()
    with Store.open(database) as opened:
        ids = {record["id"] for record, _ in opened.query("PyPI", "Jinja2", "2.4.1")}
    assert {"PYSEC-2014-8", "PYSEC-2019-217"} <= ids


def test_four_ecosystems_at_once(shared: Path, database: Path) -> None:
    imported = import_osv([shared / "osv"], database)
    assert imported.ecosystems == {"Go": 4291, "PyPI": 2661, "crates.io": 1206, "npm": 452}
    assert imported.refused == ()
