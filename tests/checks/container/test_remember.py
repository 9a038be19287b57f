"""What was answered before holds for the same question alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import files
from pipeline.checks.container.remember import Memory, keep, key, recall
from pipeline.checks.container.scan import read
from pipeline.model import Image, ToolRecord
from tests.checks.container.cases import TOKEN, database, image, options, ran


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pipeline.files.cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


def test_the_same_question_has_the_same_key(found: Image) -> None:
    asked = options()
    assert key(found, asked) == key(replace(found, name="other"), options())
    newer = replace(database(), records=(replace(database().records[0], digest="sha256:newer"),))
    others = [
        key(replace(found, config="sha256:2"), asked),
        key(replace(found, manifest="sha256:2"), asked),
        key(found, options(tool=ToolRecord(name="trivy", version="1", digest="sha256:other"))),
        key(found, options(database=newer)),
        key(found, options(tool=None, database=None)),
    ]
    assert len({key(found, asked), *others}) == 1 + len(others)


def test_what_was_found_is_recalled(found: Image, cache: Path) -> None:
    scan = read(ran(found), found)
    memory = Memory(key="k", scan=scan, names=frozenset({"etc/os-release"}))
    assert recall(found, "k") is None
    keep(found, memory)
    assert recall(found, "k") == memory
    assert recall(found, "other") is None
    assert recall(replace(found, config="sha256:2"), "k") is None
    (file,) = (cache / "container").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in file.read_text()


def test_a_memory_of_another_image_or_form_is_none(found: Image, cache: Path) -> None:
    scan = read(ran(found), found)
    keep(found, Memory(key="k", scan=replace(scan, config="sha256:2"), names=frozenset()))
    assert recall(found, "k") is None
    keep(found, Memory(key="k", scan=scan, names=frozenset(), format=0))
    assert recall(found, "k") is None
    (file,) = (cache / "container").iterdir()
    file.write_bytes(b"{")
    assert recall(found, "k") is None


def test_a_memory_without_end_is_not_read(found: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(found, Memory(key="k", scan=read(ran(found), found), names=frozenset()))
    monkeypatch.setattr(files, "MAX_REMEMBERED", 10)
    assert recall(found, "k") is None


def test_where_nothing_can_be_kept(found: Image, cache: Path) -> None:
    cache.write_text("a file")
    keep(found, Memory(key="k", scan=read(ran(found), found), names=frozenset()))
    assert recall(found, "k") is None
