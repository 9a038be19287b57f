"""Fetched blobs: what was used least lately goes first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.images.kept import folder, tidy


def test_the_store_is_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "supply-chain" / "images"


def test_the_oldest_goes(tmp_path: Path) -> None:
    blobs = tmp_path / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for number, name in enumerate("abc"):
        (blobs / name).write_bytes(bytes(10))
        os.utime(blobs / name, (number, number))
    (blobs / "d").symlink_to(tmp_path / "gone")
    tidy(tmp_path, limit=30)
    assert sorted(path.name for path in blobs.iterdir()) == ["a", "b", "c", "d"]
    tidy(tmp_path, limit=25)
    assert sorted(path.name for path in blobs.iterdir()) == ["b", "c", "d"]
    tidy(tmp_path / "nothing")
