"""First sights are kept for the user, and never lost silently."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from pipeline.checks.provenance.seen import Seen, keep, recall, record_path
from pipeline.errors import IncompleteError

DAY = date(2026, 11, 22)
ONE = Seen(publisher="https://github.com/a/b", version="1.0", day=DAY)


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "publishers.json"
    monkeypatch.setenv("SUPPLY_CHAIN_PUBLISHERS", str(path))
    return path


def test_what_was_seen_comes_back() -> None:
    assert recall() == {}
    keep({"pkg:pypi/a": ONE})
    assert recall() == {"pkg:pypi/a": ONE}


def test_the_first_sight_stays() -> None:
    keep({"pkg:pypi/a": ONE})
    keep({"pkg:pypi/a": Seen(publisher="evil", version="2.0", day=DAY), "pkg:pypi/b": ONE})
    assert recall() == {"pkg:pypi/a": ONE, "pkg:pypi/b": ONE}


def test_nothing_new_writes_nothing(record: Path) -> None:
    keep({})
    assert not record.parent.exists()


def test_several_writers_lose_nothing() -> None:
    names = [f"pkg:pypi/{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: keep({name: ONE}), names))
    assert sorted(recall()) == sorted(names)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "packages": 1}']
)
def test_a_damaged_record_is_told(record: Path, content: str) -> None:
    record.parent.mkdir()
    record.write_text(content)
    with pytest.raises(IncompleteError, match="damaged"):
        recall()
    with pytest.raises(IncompleteError, match="damaged"):
        keep({"pkg:pypi/a": ONE})
    assert record.read_text() == content


def test_a_record_of_another_format_is_told(record: Path) -> None:
    record.parent.mkdir()
    record.write_text('{"format": 2, "packages": {}}')
    with pytest.raises(IncompleteError, match="format 2"):
        recall()


def test_a_record_that_is_no_file_is_told(record: Path) -> None:
    record.mkdir(parents=True)
    with pytest.raises(IncompleteError, match="cannot be read"):
        recall()


def test_a_folder_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SUPPLY_CHAIN_PUBLISHERS", str(tmp_path / "file" / "a" / "b"))
    with pytest.raises(IncompleteError, match="cannot be made"):
        keep({"pkg:pypi/a": ONE})


@pytest.mark.parametrize(
    ("platform", "data", "expected"),
    [
        ("linux", "/data", "/data/supply-chain/publishers.json"),
        ("linux", "relative", "~/.local/share/supply-chain/publishers.json"),
        ("linux", "", "~/.local/share/supply-chain/publishers.json"),
        ("darwin", "/data", "~/Library/Application Support/supply-chain/publishers.json"),
    ],
)
def test_where_the_record_is(
    monkeypatch: pytest.MonkeyPatch, platform: str, data: str, expected: str
) -> None:
    monkeypatch.delenv("SUPPLY_CHAIN_PUBLISHERS")
    monkeypatch.setenv("XDG_DATA_HOME", data)
    monkeypatch.setattr("sys.platform", platform)
    assert record_path() == Path(expected).expanduser()
