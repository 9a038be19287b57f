"""The same inputs give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.advice import DEMO
from tests.e2e.conftest import Ran

PLANTED = {
    str(path.relative_to(DEMO / "repository")): path.read_text()
    for path in sorted((DEMO / "repository").rglob("*"))
    if path.is_file()
}


def test_two_runs_differ_only_in_the_run_block(
    repository: Callable[..., Path], run: Callable[..., Ran], small_store: Path
) -> None:
    root = repository(**PLANTED)
    options = ("--advisories", str(small_store), "--as-of", "2026-11-01", "--offline")
    reports = []
    for _ in range(2):
        ran = run(root, *options)
        facts = ran.report.pop("run")
        assert facts["started"]
        reports.append(json.dumps(ran.report))
    assert reports[0] == reports[1]


def test_every_format_is_identical_under_source_date_epoch(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    small_store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    root = repository(**PLANTED)
    options = ("--advisories", str(small_store), "--as-of", "2026-11-01", "--offline")
    made = []
    for _ in range(2):
        ran = run(root, *options)
        assert ran.report["run"] is None
        made.append({path.name: path.read_bytes() for path in ran.folder.iterdir()})
    assert made[0] == made[1]
    assert made[0].keys() == {"report.json", "report.html", "report.md", "github.sarif"}


def test_no_output_names_the_machine(
    repository: Callable[..., Path],
    run: Callable[..., Ran],
    small_store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    root = repository(**PLANTED)
    ran = run(root, "--advisories", str(small_store), "--as-of", "2026-11-01", "--offline")
    for path in ran.folder.iterdir():
        assert str(tmp_path).encode() not in path.read_bytes(), path.name
