"""The memory of a history: for the same question alone, and never a reason to fail."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.checks.secrets.remember import Memory, Seen, keep, key, recall

ROOT = "a" * 40
SEEN = Seen(
    secret="secret:0", preview="gh", made_up="", rule="x", name="X", confidence="high",
    path="a.py", line=1, commit="b" * 40, day=date(2026, 1, 2),
)  # fmt: skip
MEMORY = Memory(key=key("1"), tips=("c" * 40,), seen=(SEEN,))


def test_it_comes_back_as_it_was_kept(cache: Path) -> None:
    keep(ROOT, "", MEMORY)
    assert recall(ROOT, "", key("1")) == MEMORY
    (file,) = (cache / "secrets").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_another_question_has_no_memory() -> None:
    keep(ROOT, "", MEMORY)
    assert recall(ROOT, "", key("2")) is None
    assert recall(ROOT, "below/", key("1")) is None
    assert recall("b" * 40, "", key("1")) is None


def test_a_history_without_a_beginning_is_not_remembered(cache: Path) -> None:
    keep("", "", MEMORY)
    assert recall("", "", key("1")) is None
    assert not (cache / "secrets").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"\xff"])
def test_a_spoilt_memory_is_none(cache: Path, content: bytes) -> None:
    keep(ROOT, "", MEMORY)
    (file,) = (cache / "secrets").iterdir()
    file.write_bytes(content)
    assert recall(ROOT, "", key("1")) is None


def test_a_cache_that_cannot_be_written_does_no_harm(cache: Path) -> None:
    (cache / "secrets").touch()
    keep(ROOT, "", MEMORY)
    assert recall(ROOT, "", key("1")) is None
