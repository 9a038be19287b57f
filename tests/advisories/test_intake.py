from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.advisories.osv import Effect
from pipeline.advisories.store import Store, import_osv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord, Pack

TODAY = date(2024, 5, 2)


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
