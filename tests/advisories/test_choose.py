from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from datetime import UTC, date, datetime
from types import SimpleNamespace as Response
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.advisories import choose as module
from pipeline.advisories.choose import FirstOf, choose, import_once
from pipeline.advisories.osv_online import OsvSource
from pipeline.advisories.pypi_online import PypiSource
from pipeline.advisories.source import Question, Source, StoreSource
from pipeline.advisories.store import Store, import_osv
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.advisories.conftest import MakeRecord, Pack
    from tests.fake import Fake, Request

TODAY = date(2024, 5, 2)
LATER = date(2024, 7, 1)
BAD = Question("PyPI", "demo", "1.0")


@pytest.fixture
def export(pack: Pack, record: MakeRecord) -> Path:
    return pack("all.zip", record("PYSEC-1", ("introduced", "0")))


@pytest.fixture
def database(tmp_path: Path, export: Path) -> Path:
    import_osv([export], tmp_path / "cache" / "a.sqlite")
    return tmp_path / "cache" / "a.sqlite"


@pytest.fixture
def pick(
    database: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Source]]:
    """`choose` with every service at the fake, and no waiting; sources are closed afterwards."""
    made: list[Source] = []

    def quick(kind: Any) -> Callable[..., Any]:
        return lambda **options: kind(**options, sleep=lambda _: None)

    monkeypatch.setattr(module, "OsvSource", quick(OsvSource))
    monkeypatch.setattr(module, "PypiSource", quick(PypiSource))

    def make(today: date, **options: Any) -> Source:
        usual: dict[str, Any] = {"database": database, "osv_url": fake.url, "pypi_url": fake.url}
        made.append(choose(today=today, max_age_days=7, **usual | options))
        return made[-1]

    yield make
    for source in made:
        with source:
            pass


def osv_service(record: dict[str, Any]) -> Callable[[Request], Response]:
    stub = {"id": record["id"], "modified": record["modified"]}

    def handle(request: Request) -> Response:
        if request.path == "/v1/querybatch":
            return Response(body={"results": [{"vulns": [stub]} for _ in request.json["queries"]]})
        return Response(body=record)

    return handle


def pypi_service(request: Request) -> Response:
    if not request.path.startswith("/pypi/"):
        return Response(status=500)
    _, _, name, version, _ = request.path.split("/")
    known = [{"id": "PYSEC-7"}]
    return Response(body={"info": {"name": name, "version": version}, "vulnerabilities": known})


def ids(source: Source) -> list[str]:
    return [record["id"] for record in source.ask([BAD])[BAD].records]


def test_a_fresh_store_answers_alone(pick: Callable[..., Source], fake: Fake) -> None:
    source = pick(TODAY)
    assert isinstance(source, StoreSource)
    assert ids(source) == ["PYSEC-1"]
    assert source.records[0].fresh
    assert fake.requests == []


def test_else_osv(pick: Callable[..., Source], fake: Fake, record: MakeRecord) -> None:
    fake.handle = osv_service(record("PYSEC-9", ("introduced", "0")))
    source = pick(LATER)
    assert source.name == "OSV, else PyPI, else advisory store"
    with pytest.raises(IncompleteError, match="no advisory source was asked yet"):
        _ = source.records
    assert ids(source) == ["PYSEC-9"]
    assert source.name == "OSV"
    # The service knows today's advisories, which are from the future of the day judged.
    assert not source.records[0].fresh
    assert "advisory store: it is of 2024-05-01, and 7 days are allowed" in source.records[0].note


def test_else_pypi(pick: Callable[..., Source], fake: Fake, tmp_path: Path) -> None:
    fake.handle = pypi_service
    now = datetime.now(UTC).date()
    source = pick(now, database=tmp_path / "none.sqlite")
    assert ids(source) == ["PYSEC-7"]
    assert source.records[0].name == "PyPI vulnerabilities"
    assert (source.records[0].as_of, source.records[0].fresh) == (now, True)
    assert "OSV: it answered 500, 5 times" in source.records[0].note


def test_else_the_old_store_which_is_not_fresh(pick: Callable[..., Source], fake: Fake) -> None:
    source = pick(LATER)
    assert ids(source) == ["PYSEC-1"]
    assert not source.records[0].fresh
    assert "OSV: it answered 404" in source.records[0].note
    assert "PyPI: no answer about jinja2 2.4.1" in source.records[0].note


def test_else_nobody(pick: Callable[..., Source], tmp_path: Path) -> None:
    source = pick(LATER, database=tmp_path / "none.sqlite")
    with pytest.raises(IncompleteError, match=r"no advisory source answers: OSV: .*; PyPI: "):
        source.ask([BAD])


def test_a_store_without_the_ecosystem_does_not_serve(
    pick: Callable[..., Source], fake: Fake, record: MakeRecord
) -> None:
    fake.handle = osv_service(record("PYSEC-9", ("introduced", "0")))
    source = pick(TODAY, ecosystems=["npm", "PyPI"])
    assert ids(source) == ["PYSEC-9"]
    assert "advisory store: it has no npm data" in source.records[0].note


def test_offline_an_old_store_serves_and_says_so(pick: Callable[..., Source], fake: Fake) -> None:
    source = pick(LATER, offline=True)
    assert ids(source) == ["PYSEC-1"]
    assert not source.records[0].fresh
    assert fake.requests == []


def test_offline_without_a_store_there_is_no_answer(
    pick: Callable[..., Source], tmp_path: Path
) -> None:
    with pytest.raises(IncompleteError, match="without the network nobody else can be asked"):
        pick(TODAY, offline=True, database=tmp_path / "none.sqlite")


def test_a_damaged_store(pick: Callable[..., Source], fake: Fake, database: Path) -> None:
    database.write_bytes(database.read_bytes()[:-1])
    with pytest.raises(IncompleteError, match="damaged"):
        pick(TODAY, offline=True)
    fake.handle = pypi_service
    source = pick(TODAY)
    assert ids(source) == ["PYSEC-7"]
    assert "advisory store: the store is damaged" in source.records[0].note


def test_the_default_store(
    pick: Callable[..., Source], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", str(database))
    assert ids(pick(TODAY, database=None)) == ["PYSEC-1"]


def test_explicit_data_is_never_replaced(
    pick: Callable[..., Source], fake: Fake, database: Path, export: Path
) -> None:
    for given in (database, export):
        source = pick(LATER, advisories=given)
        assert isinstance(source, StoreSource)
        assert ids(source) == ["PYSEC-1"]
        assert not source.records[0].fresh
    with pytest.raises(IncompleteError, match="no advisory data"):
        pick(TODAY, advisories=database.parent / "none.zip")
    assert fake.requests == []


def test_an_export_is_imported_once(tmp_path: Path, export: Path, record: MakeRecord) -> None:
    path = import_once(export, tmp_path)
    made = path.stat().st_mtime_ns
    assert import_once(export, tmp_path) == path
    assert path.stat().st_mtime_ns == made
    path.write_bytes(b"damaged")
    assert import_once(export, tmp_path) == path
    assert path.stat().st_size > 1000
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "x.json").write_text(json.dumps(record("PYSEC-2", ("introduced", "0"))))
    first = import_once(folder, tmp_path)
    (folder / "a" / "x.json").write_text(json.dumps(record("PYSEC-3", ("introduced", "0"))))
    assert import_once(folder, tmp_path) not in (path, first)
    with closing(Store.open(first)) as store:
        assert store.vuln("PYSEC-2")


def test_what_cannot_be_read_is_told(
    tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    with pytest.raises(IncompleteError, match="cannot be read: Permission denied"):
        import_once(export, tmp_path)


def test_first_of_none() -> None:
    with pytest.raises(IncompleteError, match="no advisory source answers"):
        FirstOf([], today=TODAY, max_age_days=7).ask([BAD])


def test_names_that_are_no_text_are_no_fault(tmp_path: Path, record: MakeRecord) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    content = json.dumps(record("PYSEC-1", ("introduced", "0")))
    (folder / os.fsdecode(b"\xe9.json")).write_text(content)
    with closing(Store.open(import_once(folder, tmp_path / "cache"))) as store:
        assert store.vuln("PYSEC-1")
