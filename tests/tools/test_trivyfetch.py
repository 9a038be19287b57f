"""Fetching by itself; all that a session sees of it is held by `test_trivydb.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import IncompleteError
from pipeline.tools.trivyfetch import PAUSES, fetch
from pipeline.tools.trivyparts import VULNERABILITIES


def test_a_program_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="could not be started"):
        fetch(VULNERABILITIES, tmp_path, tmp_path / "trivy", "", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_fetches_nothing(tmp_path: Path) -> None:
    program = tmp_path / "trivy"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    store = tmp_path / "store"
    store.mkdir()
    with pytest.raises(IncompleteError, match="database is missing"):
        fetch(VULNERABILITIES, store, program, "", lambda _: None)
    assert list(store.iterdir()) == []


def test_pauses_grow() -> None:
    assert list(PAUSES) == sorted(set(PAUSES))
