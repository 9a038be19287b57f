"""Answers kept on disk."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.registries.kept import MAX_AGE, Kept, folder, moment
from pipeline.registries.release import Release

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RELEASES = {"1.0": Release(published=date(2024, 1, 1), yanked="x", licence="MIT")}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    one = Kept(tmp_path / "kept")
    one.put("https://x/a", RELEASES, now=NOW)
    return one


def test_an_answer_comes_back(kept: Kept) -> None:
    assert kept.get("https://x/a", now=NOW + MAX_AGE) == RELEASES


@pytest.mark.parametrize("age", [MAX_AGE + timedelta(seconds=1), timedelta(seconds=-1)])
def test_an_old_answer_and_one_from_the_future_do_not(kept: Kept, age: timedelta) -> None:
    assert kept.get("https://x/a", now=NOW + age) is None


def test_another_address_has_no_answer(kept: Kept) -> None:
    assert kept.get("https://x/b", now=NOW) is None


def test_an_answer_under_anothers_name_is_none(kept: Kept) -> None:
    (file,) = kept.folder.iterdir()
    kept.put("https://x/b", {}, now=NOW)
    (other,) = (one for one in kept.folder.iterdir() if one != file)
    other.write_bytes(file.read_bytes())
    assert kept.get("https://x/b", now=NOW) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"asked": 1}'])
def test_a_broken_file_is_none(kept: Kept, content: bytes) -> None:
    (file,) = kept.folder.iterdir()
    file.write_bytes(content)
    assert kept.get("https://x/a", now=NOW) is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Kept(tmp_path / "file" / "below")
    kept.put("https://x/a", RELEASES, now=NOW)
    assert kept.get("https://x/a", now=NOW) is None


def test_where_answers_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPPLY_CHAIN_REGISTRIES", str(tmp_path / "own"))
    assert folder() == tmp_path / "own"
    monkeypatch.delenv("SUPPLY_CHAIN_REGISTRIES")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert folder() == tmp_path / "cache" / "supply-chain" / "registries"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert folder() == tmp_path / ".cache" / "supply-chain" / "registries"
    monkeypatch.setattr("sys.platform", "darwin")
    assert folder() == tmp_path / "Library" / "Caches" / "supply-chain" / "registries"


def test_the_moment_is_now() -> None:
    assert abs(datetime.now(UTC) - moment()) < timedelta(minutes=1)
