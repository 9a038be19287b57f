"""Trivy's database, fetched by the real Trivy from a registry on loopback, kept, and judged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import IncompleteError
from pipeline.model import TrivySettings
from pipeline.tools.binaries import Binary
from pipeline.tools.trivydb import PUBLIC, Request, read, ready
from pipeline.tools.trivyparts import JAVA, VULNERABILITIES
from tests.advice import RECORDS
from tests.fake import Fake
from tests.kit import trivydb as kit
from tests.kit.artifacts import Registry

FACTS = [json.loads(path.read_bytes()) for path in RECORDS]
NOW = datetime.now(UTC)
TODAY = NOW.date()

Ask = Callable[..., Request]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def ask(**changes: Any) -> Request:
    """A request of a session that may not reach anybody."""
    values: dict[str, Any] = {
        "program": Path("/nowhere/trivy"),
        "settings": TrivySettings(),
        "today": TODAY,
        "max_age_days": 7,
        **changes,
    }
    return Request(**values)


def named(folder: Path, **changes: Any) -> Request:
    return ask(settings=TrivySettings(database=str(folder)), **changes)


# ----------------------------------------------------------------------- a folder that is named


def test_a_named_folder_is_used_as_it_is(tmp_path: Path) -> None:
    made = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
    cache = kit.make(tmp_path / "given", FACTS, updated=made, empty=("debian 12",))
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    found = ready(named(cache, today=date(2026, 11, 21)))
    assert found.cache == str(cache)
    assert "debian 12" in found.sources
    assert not {"vulnerability", "data-source"} & found.sources
    assert not found.java
    (record,) = found.records
    assert (record.name, record.origin) == (VULNERABILITIES.name, str(cache))
    assert (record.as_of, record.fresh) == (date(2026, 11, 20), True)
    assert record.note == "made 2026-11-20 06:10 UTC"
    assert record.digest.startswith("sha256:")
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("days", "fresh"), [(7, True), (8, False), (400, False)])
def test_an_old_one_is_not_fresh(tmp_path: Path, days: int, fresh: bool) -> None:
    cache = kit.make(tmp_path, FACTS, updated=NOW - timedelta(days=days))
    (record,) = ready(named(cache)).records
    assert record.fresh is fresh


def test_one_from_after_the_day_of_the_run_is_fresh(tmp_path: Path) -> None:
    cache = kit.make(tmp_path, FACTS, updated=NOW)
    (record,) = ready(named(cache, today=TODAY - timedelta(days=90))).records
    assert record.fresh


def test_equal_databases_have_equal_records(tmp_path: Path) -> None:
    first = kit.make(tmp_path / "a", FACTS, updated=NOW)
    again = ready(named(first)).records
    assert ready(named(first)).records == again
    other = kit.make(tmp_path / "b", FACTS[1:], updated=NOW)
    assert ready(named(other)).records[0].digest != again[0].digest


METADATA: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "does not tell its age"),
    "a list": ([], "does not tell its age"),
    "nothing in it": ({}, "does not tell its age"),
    "no date": ({"Version": 2, "UpdatedAt": "yesterday"}, "does not tell its age"),
    "a number as date": ({"Version": 2, "UpdatedAt": 5}, "does not tell its age"),
    "an older format": (
        {"Version": 1, "UpdatedAt": NOW.isoformat()},
        "has format 1, and this Trivy reads 2",
    ),
    "a newer format": ({"Version": 3, "UpdatedAt": NOW.isoformat()}, "has format 3"),
    "Go's zero time": ({"Version": 2, "UpdatedAt": "0001-01-01T00:00:00Z"}, "made on 0001-01-01"),
    "the epoch": ({"Version": 2}, "made on 1970-01-01"),
    "the future": (
        {"Version": 2, "UpdatedAt": (NOW + timedelta(days=2)).isoformat()},
        "says that it was made on",
    ),
}


@pytest.mark.parametrize(("told", "why"), METADATA.values(), ids=METADATA.keys())
def test_metadata_that_cannot_be(tmp_path: Path, told: Any, why: str) -> None:
    cache = kit.make(tmp_path, FACTS)
    text = told if isinstance(told, str) else json.dumps(told)
    (cache / "db" / "metadata.json").write_text(text)
    with pytest.raises(IncompleteError, match=why) as caught:
        ready(named(cache))
    assert caught.value.where.endswith("metadata.json")
    assert "--trivy-db" in caught.value.fix


@pytest.mark.parametrize("name", ["trivy.db", "metadata.json"])
def test_half_of_it_is_nothing(tmp_path: Path, name: str) -> None:
    cache = kit.make(tmp_path, FACTS)
    (cache / "db" / name).unlink()
    with pytest.raises(IncompleteError, match="database is missing") as caught:
        ready(named(cache))
    assert caught.value.where == str(cache / "db" / name)


def test_an_empty_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="holds no advisories"):
        ready(named(kit.make(tmp_path, [])))


def test_a_broken_one_is_refused(tmp_path: Path) -> None:
    cache = kit.make(tmp_path, FACTS)
    (cache / "db" / "trivy.db").write_bytes(b"not a database" * 999)
    with pytest.raises(IncompleteError, match="no readable database"):
        ready(named(cache))


def test_the_index_of_java_archives_is_wanted_too(tmp_path: Path) -> None:
    cache = kit.make(tmp_path, FACTS)
    with pytest.raises(IncompleteError, match="database is missing") as caught:
        ready(named(cache, java=True))
    assert caught.value.where == str(cache / "java-db" / "trivy-java.db")
    kit.make_java(cache, {"00" * 20: ("g", "a", "1")}, updated=NOW - timedelta(days=30))
    found = ready(named(cache, java=True))
    assert found.java
    assert [record.fresh for record in found.records] == [True, False]
    assert found.records[1].name == JAVA.name


# ------------------------------------------------------------------------------- fetching it


@pytest.fixture
def registry(fake: Fake, tmp_path: Path) -> Registry:
    """A registry that has today's database, and the index of Java archives."""
    served = Registry(fake)
    cache = kit.make(tmp_path / "served", FACTS, updated=NOW)
    kit.make_java(cache, {"00" * 20: ("g", "a", "1")}, updated=NOW)
    served.serve(cache / "db")
    served.serve(cache / "java-db", "trivy-java-db", "1")
    return served


@pytest.fixture
def online(registry: Registry, trivy: Binary) -> Ask:
    """A request of a session that uses this registry as its mirror."""

    def online(**changes: Any) -> Request:
        settings = TrivySettings(
            database_repository=registry.reference(),
            java_database_repository=registry.reference("trivy-java-db", "1"),
        )
        return ask(program=trivy.path, settings=settings, **changes)

    return online


def age(cache: str, days: int, part: str = "db") -> None:
    """Make it as if it was fetched some days ago."""
    place = Path(cache, part, "metadata.json")
    told = json.loads(place.read_text())
    before = (NOW - timedelta(days=days)).isoformat()
    place.write_text(json.dumps({**told, "DownloadedAt": before, "NextUpdate": before}))


def test_it_is_fetched_once_a_day(online: Ask, registry: Registry) -> None:
    first = ready(online())
    assert first.records[0].origin == registry.reference()
    assert first.records[0].fresh
    assert any(source.startswith("pip::") for source in first.sources)
    assert registry.downloads == 1
    assert ready(online()) == first
    assert registry.downloads == 1
    age(first.cache, 1)
    assert ready(online()) == first  # the same one, asked for anew
    assert registry.downloads == 2
    assert ready(online()) == first
    assert registry.downloads == 2


def test_a_newer_one_takes_its_place_beside_it(
    online: Ask, registry: Registry, tmp_path: Path
) -> None:
    found = [ready(online())]
    for number in (1, 2, 3):
        age(found[-1].cache, 1)
        made = NOW - timedelta(days=1) + timedelta(hours=number)
        newer = kit.make(tmp_path / str(number), FACTS[number:], updated=made)
        registry.serve(newer / "db")
        shutil.rmtree(found[0].cache, ignore_errors=True)
        found.append(ready(online()))
    kept = [Path(one.cache).exists() for one in found]
    assert kept == [False, False, True, True]
    assert len({one.records[0].digest for one in found}) == 4


def test_sessions_side_by_side_fetch_it_once(online: Ask, registry: Registry) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ready(online()), range(4)))
    assert registry.downloads == 1
    assert all(one == found[0] for one in found)


def test_the_java_index_stands_beside_it_and_is_fetched_when_it_is_due(
    online: Ask, registry: Registry
) -> None:
    first = ready(online(java=True))
    assert registry.downloads == 2
    assert Path(first.cache, "java-db", "trivy-java.db").is_file()
    assert first.records[1].origin == registry.reference("trivy-java-db", "1")
    told = Path(first.cache, "java-db", "metadata.json")
    changed = json.loads(told.read_text())
    changed["DownloadedAt"] = (NOW - timedelta(days=2)).isoformat()
    told.write_text(json.dumps(changed))
    assert ready(online(java=True)) == first
    assert registry.downloads == 2  # the next one is not due yet
    age(first.cache, 2, "java-db")
    assert ready(online(java=True)) == first
    assert registry.downloads == 3


@pytest.mark.slow
def test_a_registry_that_is_asked_too_much_is_asked_more_slowly(
    online: Ask, registry: Registry, pauses: list[float]
) -> None:
    registry.limited = 5  # Trivy's own client asks more than once, too
    assert ready(online(), sleep=pauses.append).records[0].fresh
    assert pauses
    assert all(5.0 <= pause <= 75.0 for pause in pauses)
    assert registry.limited == 0


@pytest.mark.slow
def test_a_registry_that_goes_on_refusing_is_named(
    online: Ask, registry: Registry, pauses: list[float], tmp_path: Path
) -> None:
    registry.limited = 10_000
    with pytest.raises(IncompleteError, match=r"asks for fewer questions \(429\)") as caught:
        ready(online(), sleep=pauses.append)
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert "database-repository" in caught.value.fix
    assert not list((tmp_path / "cache").rglob(".fetching-*"))


def test_what_cannot_be_renewed_is_used_with_its_age_and_the_reason(
    online: Ask, registry: Registry
) -> None:
    first = ready(online())
    age(first.cache, 1)
    registry.answers.clear()
    second = ready(online(today=TODAY + timedelta(days=30)))
    assert second.cache == first.cache
    (record,) = second.records
    assert not record.fresh
    assert "; not renewed: Trivy's database could not be fetched" in record.note
    asked = len(registry.fake.requests)
    assert ready(online()).records[0].note == record.note
    assert len(registry.fake.requests) == asked  # nobody insists
    for failure in Path(first.cache).parent.glob("failure.json"):
        failure.write_text("{")
    ready(online())
    assert len(registry.fake.requests) > asked


def test_the_first_one_has_to_come(online: Ask, registry: Registry) -> None:
    registry.answers.clear()
    with pytest.raises(IncompleteError, match="could not be fetched: exit code 1: ") as caught:
        ready(online())
    assert "--trivy-db" in caught.value.fix


def test_what_comes_and_is_unusable_is_not_kept(
    online: Ask, registry: Registry, tmp_path: Path
) -> None:
    registry.serve(kit.make(tmp_path / "old", FACTS, version=1) / "db")
    with pytest.raises(IncompleteError, match="has format 1"):
        ready(online())
    assert not list((tmp_path / "cache").rglob("trivy.db"))


def test_what_an_interrupted_session_left_is_cleared(online: Ask, tmp_path: Path) -> None:
    first = ready(online())
    left = Path(first.cache).parent / ".fetching-x"
    left.mkdir()
    age(first.cache, 1)
    ready(online())
    assert not left.exists()


def test_a_cache_in_the_scanned_repository_is_not_believed(
    online: Ask, registry: Registry, tmp_path: Path
) -> None:
    first = ready(online(root=str(tmp_path / "elsewhere")))
    with pytest.raises(IncompleteError, match="stands in the scanned repository") as caught:
        ready(online(root=str(tmp_path), offline=True))
    assert "XDG_CACHE_HOME" in caught.value.fix
    named = ask(root=str(tmp_path), settings=TrivySettings(database=first.cache))
    assert ready(named).cache == first.cache


# ---------------------------------------------------------------------------------- offline


def test_offline_the_newest_has_to_do(online: Ask, registry: Registry) -> None:
    first = ready(online())
    age(first.cache, 3)
    asked = len(registry.fake.requests)
    found = ready(online(offline=True, today=TODAY + timedelta(days=8)))
    assert found.cache == first.cache
    assert not found.records[0].fresh
    assert len(registry.fake.requests) == asked


def test_offline_and_none_here() -> None:
    with pytest.raises(IncompleteError, match="there is no Trivy vulnerability database") as one:
        ready(ask(offline=True))
    assert "supply-chain tools update" in one.value.fix


@pytest.mark.parametrize("name", ["metadata.json", "trivy.db"])
def test_one_that_is_broken_is_fetched_anew(online: Ask, registry: Registry, name: str) -> None:
    first = ready(online())
    Path(first.cache, "db", name).write_text("{")
    assert ready(online()) == first
    assert registry.downloads == 2


def test_the_public_registries_are_the_origin_unless_a_mirror_is_named(tmp_path: Path) -> None:
    cache = kit.make(tmp_path, FACTS)
    assert read(cache, ask(), origin=PUBLIC).records[0].origin == "Trivy's public registries"
