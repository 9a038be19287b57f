"""What the end-to-end tests share: repositories on disk, and a run of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.cli import main
from tests.advice import make_store

EXPORT = Path(__file__).parents[3] / "shared" / "data" / "osv" / "PyPI" / "all.zip"


class Ran(NamedTuple):
    """How a run ended."""

    code: int
    report: dict[str, Any]
    folder: Path

    @property
    def dependencies(self) -> dict[str, Any]:
        """The evidence of the dependencies check."""
        (found,) = (one for one in self.report["evidence"] if one["check"] == "dependencies")
        return dict(found)

    @property
    def status(self) -> str:
        """The status of the dependencies check."""
        return str(self.dependencies["status"])


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees or changes the user's own advisory store, or record of publishers."""
    store = tmp_path / "cache" / "advisories.sqlite"
    monkeypatch.setenv("SUPPLY_CHAIN_ADVISORIES", str(store))
    monkeypatch.setenv("SUPPLY_CHAIN_PUBLISHERS", str(tmp_path / "data" / "publishers.json"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return store


@pytest.fixture
def export() -> Path:
    """The real OSV export of PyPI."""
    if not EXPORT.is_file():
        pytest.skip("needs ../shared/data/osv beside the checkout")
    return EXPORT


@pytest.fixture
def small_store(tmp_path: Path) -> Path:
    """The bundled facts of the demonstration as a store."""
    return make_store(tmp_path / "small.sqlite")


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """Make a repository from file names and contents."""

    def make(**files: str) -> Path:
        root = tmp_path / "repository"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return root

    return make


@pytest.fixture
def run() -> Callable[..., Ran]:
    """`supply-chain run` in this process."""

    def run(root: Path, *arguments: str) -> Ran:
        code = main(["run", str(root), "--quiet", *arguments])
        folder = root / ".supply-chain" / "report"
        path = folder / "report.json"
        report = json.loads(path.read_bytes()) if path.is_file() else {}
        return Ran(code, report, folder)

    return run
