"""What the tests of the stages share: a small repository, and a request for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.stages import Request


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "requirements.txt").write_text("idna==3.10\n")
    return folder


def request(repository: Path, **changes: object) -> Request:
    return Request(**{"target": repository, "offline": True, **changes})  # type: ignore[arg-type]
