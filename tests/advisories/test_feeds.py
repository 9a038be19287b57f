from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date
from types import SimpleNamespace as Response
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.advisories import feeds
from pipeline.advisories.feeds import beside, epss, import_epss, import_kev, kev, update
from pipeline.advisories.store import Store
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Exploited
from pipeline.web import WebError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.advisories.conftest import Files, MakeRecord
    from tests.fake import Fake

TODAY = date(2024, 5, 2)
ENTRY = {"cveID": "CVE-2024-0001", "dateAdded": "2024-04-01", "dueDate": "2024-04-22",
         "knownRansomwareCampaignUse": "Known"}  # fmt: skip
EPSS = (
    "#model_version:v2025.03.14,score_date:2024-05-01T12:55:00Z\n"
    "cve,epss,percentile\nCVE-2024-0001,0.97,0.999\nCVE-2024-0002,0.00043,0.1\n"
)


def catalogue(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"dateReleased": "2024-05-01T10:00:00Z", "count": len(entries),
            "vulnerabilities": list(entries), **more}  # fmt: skip


def test_known_exploited(tmp_path: Path, database: Path) -> None:
    assert kev(database, ["CVE-2024-0001"], today=TODAY, max_age_days=7) == ({}, None)
    file = tmp_path / "kev.json"
    second = ENTRY | {"cveID": "CVE-2024-0002", "knownRansomwareCampaignUse": "Unknown"}
    file.write_text(json.dumps(catalogue(ENTRY, second)))
    taken = import_kev(file, database)
    found, record = kev(
        database, ["CVE-2024-0001", "GHSA-x", "PYSEC-1"], today=TODAY, max_age_days=7
    )
    assert found == {
        "CVE-2024-0001": Exploited(added=date(2024, 4, 1), due=date(2024, 4, 22), ransomware=True)
    }
    assert record == taken
    assert record is not None
    assert (record.name, record.origin, record.as_of) == ("kev", "kev.json", date(2024, 5, 1))
    assert (record.entries, record.fresh) == (2, True)
    _, old = kev(database, [], today=date(2024, 6, 1), max_age_days=7)
    assert old is not None
    assert not old.fresh


def test_the_real_catalogue(shared: Path, database: Path) -> None:
    taken = import_kev(shared / "known_exploited_vulnerabilities.json", database)
    assert (taken.entries, taken.as_of) == (1404, date(2025, 8, 25))
    found, _ = kev(database, ["CVE-2025-48384"], today=TODAY, max_age_days=7)
    assert found["CVE-2025-48384"].due == date(2025, 9, 15)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        ([], "no list of vulnerabilities"),
        (catalogue(), "no list of vulnerabilities"),
        (catalogue(ENTRY, count=2), "it says 2 entries and has 1"),
        (catalogue("CVE-2024-0001"), "entry 1 lacks"),
        (catalogue(ENTRY, ENTRY | {"cveID": "CVE-x"}), "entry 2 lacks"),
        (catalogue(ENTRY | {"dueDate": "soon"}), "entry 1 lacks"),
    ],
)
def test_a_catalogue_must_be_whole(tmp_path: Path, database: Path, content: Any, why: str) -> None:
    file = tmp_path / "kev.json"
    file.write_text(json.dumps(catalogue(ENTRY)))
    import_kev(file, database)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(IncompleteError, match=why):
        import_kev(file, database)
    found, _ = kev(database, ["CVE-2024-0001"], today=TODAY, max_age_days=7)
    assert found


def test_files_that_cannot_be_taken_in(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for take in (import_kev, import_epss):
        with pytest.raises(IncompleteError, match="cannot be read"):
            take(tmp_path / "none", database)
    monkeypatch.setattr(feeds, "MAX_RECORD_BYTES", 3)
    (tmp_path / "large").write_text("1234")
    with pytest.raises(IncompleteError, match="larger than 3 bytes"):
        import_kev(tmp_path / "large", database)


@pytest.mark.parametrize("packed", [True, False])
def test_scores(tmp_path: Path, database: Path, packed: bool) -> None:
    assert epss(database, ["CVE-2024-0001"], today=TODAY, max_age_days=7) == ({}, None)
    file = tmp_path / "epss.csv"
    file.write_bytes(gzip.compress(EPSS.encode()) if packed else EPSS.encode())
    import_epss(file, database)
    found, record = epss(database, ["CVE-2024-0002", "CVE-2024-9"], today=TODAY, max_age_days=7)
    assert found == {"CVE-2024-0002": 0.00043}
    assert record is not None
    assert (record.name, record.entries, record.as_of) == ("epss", 2, date(2024, 5, 1))
    assert record.fresh


def test_scores_without_a_date_are_not_fresh(tmp_path: Path, database: Path) -> None:
    file = tmp_path / "epss.csv"
    file.write_text("cve,epss,percentile\r\nCVE-2024-0001,1,1\r\n")
    import_epss(file, database)
    found, record = epss(database, ["CVE-2024-0001"], today=TODAY, max_age_days=7)
    assert found == {"CVE-2024-0001": 1.0}
    assert record is not None
    assert (record.as_of, record.fresh) == (None, False)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "columns"),
        (b"a,b\n", "columns"),
        (b"cve,epss\n", "no scores"),
        (b"cve,epss\n\n", "line 3"),
        (b"cve,epss\nCVE-2024-0001\n", "line 3"),
        (b"cve,epss\nCVE-2024-0001,1.1\n", "line 3"),
        (b"cve,epss\nCVE-2024-0001,nan\n", "line 3"),
        (b"cve,epss\nCVE-2024-0001,x\n", "line 3"),
        (b"cve,epss\nbad,0.5\n", "line 3"),
        (b"cve,epss\n" + b"x" * 2000, "too long"),
        (gzip.compress(EPSS.encode())[:-12], "not a list of EPSS scores"),
        (b"\x1f\x8bjunk", "not a list of EPSS scores"),
    ],
)
def test_scores_must_be_whole(tmp_path: Path, database: Path, content: bytes, why: str) -> None:
    file = tmp_path / "epss.csv"
    file.write_bytes(content)
    with pytest.raises(IncompleteError, match=why):
        import_epss(file, database)
    assert not beside(database, "epss").exists()


def test_scores_are_bounded(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_MAX_EPSS_LINES", 3)
    file = tmp_path / "epss.csv"
    file.write_text(EPSS)
    with pytest.raises(IncompleteError, match="too many lines"):
        import_epss(file, database)


# ------------------------------------------------------------------------------------ updating


def export(*records: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return buffer.getvalue()


@pytest.fixture
def run(
    fake: Fake, files: Files, database: Path, record: MakeRecord, pauses: list[float]
) -> Callable[..., Any]:
    files.content = {
        "PyPI": export(record("PYSEC-1", ("introduced", "0"))),
        "npm": export(record("N-1", ("introduced", "0"), ecosystem="npm")),
        "Elm": export(record("PYSEC-1", ("introduced", "0"))),
        "kev": json.dumps(catalogue(ENTRY)).encode(),
        "epss": gzip.compress(EPSS.encode()),
    }

    def call(*ecosystems: str, **options: Any) -> Any:
        options = {
            "base_url": fake.url,
            "kev_url": f"{fake.url}/kev",
            "epss_url": f"{fake.url}/epss",
        } | options
        return update(database, ecosystems, sleep=pauses.append, **options)

    return call


def test_update(run: Callable[..., Any], fake: Fake, database: Path) -> None:
    told: list[Any] = []
    imported = run("PyPI", progress=lambda *call: told.append(call))
    assert imported.ecosystems == {"PyPI": 1}
    assert told
    with Store.open(database) as store:
        record = store.record(today=TODAY, max_age_days=7)
    assert record.origin == f"{fake.url}/PyPI/all.zip"
    _, listed = kev(database, [], today=TODAY, max_age_days=7)
    assert listed is not None
    assert listed.origin == f"{fake.url}/kev"
    assert epss(database, ["CVE-2024-0001"], today=TODAY, max_age_days=7)[0]
    assert list((database.parent / "downloads").iterdir()) == []


def test_update_keeps_what_the_store_held(run: Callable[..., Any], fake: Fake) -> None:
    run("PyPI", kev_url="", epss_url="")
    assert len(fake.requests) == 1
    assert run("npm").ecosystems == {"PyPI": 1, "npm": 1}
    assert run().ecosystems == {"PyPI": 1, "npm": 1}


def test_a_failed_update_changes_nothing(
    run: Callable[..., Any], files: Files, database: Path
) -> None:
    run("PyPI")
    before = database.read_bytes()
    files.content["PyPI"] = b"<html>not a zip</html>"
    with pytest.raises(IncompleteError, match="not a whole zip archive"):
        run("PyPI")
    files.faults = [Response(status=500)] * 5
    with pytest.raises(WebError):
        run("PyPI")
    assert database.read_bytes() == before
    files.content["kev"] = b"{}"
    files.content["PyPI"] = export(
        {"id": "PYSEC-2", "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}}]}
    )
    with pytest.raises(IncompleteError, match="not CISA's catalogue"):
        run("PyPI")
    assert list((database.parent / "downloads").iterdir()) == []


def test_an_export_of_something_else_is_told(run: Callable[..., Any]) -> None:
    with pytest.raises(IncompleteError, match="names no advisory for Elm"):
        run("Elm")


def test_nothing_to_update(run: Callable[..., Any]) -> None:
    with pytest.raises(IncompleteError, match="no ecosystem to fetch"):
        run()


def test_update_speaks_https(run: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="plain http"):
        run("PyPI", base_url="http://example.org")


@pytest.mark.online
def test_the_real_lists(tmp_path: Path) -> None:
    assert update(tmp_path / "a.sqlite", ["Hex"]).ecosystems["Hex"] > 10
