"""Git repositories with a history, for tests."""

from __future__ import annotations

from pathlib import Path

from tests.kit.git import git


def commit(root: Path, **files: str) -> str:
    for name, text in files.items():
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")
