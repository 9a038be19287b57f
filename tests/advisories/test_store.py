from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date
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


def test_a_layout_without_its_tables(filled: Path) -> None:
    with snapshot.build(filled, store.KIND, "CREATE TABLE vacant (x)"):
        pass
    with pytest.raises(IncompleteError, match="damaged: no such table"):
        Store.open(filled)


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
