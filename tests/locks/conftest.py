"""Small repositories to read locks from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.locks import read
from pipeline.model import Lock
from pipeline.tree import Tree

DATA = Path(__file__).parents[1] / "data" / "locks"

Reading = Callable[..., Lock]


@pytest.fixture
def lock_of(tmp_path: Path) -> Reading:
    """`lock_of("uv.lock", "text", other="text")`: writes the files and reads the first one.

    Further files are given as a dict of path -> text or bytes.
    """

    def write_and_read(
        path: str, content: str | bytes, files: dict[str, str | bytes] | None = None
    ) -> Lock:
        for name, text in {path: content, **(files or {})}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(Tree.at(tmp_path), path)

    return write_and_read


@pytest.fixture
def data() -> Path:
    """The folder of the locks that real package managers wrote."""
    return DATA
