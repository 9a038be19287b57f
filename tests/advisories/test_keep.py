from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.advisories.keep import Keep


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    keep = Keep(tmp_path / "keep")
    assert keep.get("X-1", "2024") is None
    keep.put("X-1", "2024", b"one\ntwo")
    assert keep.get("X-1", "2024") == b"one\ntwo"
    assert keep.get("X-1", "2025") is None
    assert keep.get("X-12", "024") is None


@pytest.mark.parametrize("damage", [b"", b"no digest", b"0" * 64 + b"\none\ntwo"])
def test_a_damaged_file_counts_as_absent(tmp_path: Path, damage: bytes) -> None:
    keep = Keep(tmp_path)
    keep.put("X-1", "2024", b"one")
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    file.write_bytes(damage)
    assert keep.get("X-1", "2024") is None


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    Keep(tmp_path).put("X-1", "2024", b"one")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
