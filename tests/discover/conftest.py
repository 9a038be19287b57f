"""A small repository, and what git says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.discover.git import Unknown, WorkingTree, working_tree
from pipeline.model import Gap
from tests.kit.git import git


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, a="a\n", b__c="c\n", _dot_gitignore="ignored\n*.log\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository without a commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def ask(root: Path) -> WorkingTree:
    found = working_tree(root.resolve())
    assert isinstance(found, WorkingTree), found
    return found


def unknown(root: Path) -> tuple[str, Gap]:
    found = working_tree(root.resolve())
    assert isinstance(found, Unknown), found
    return found.unread.why, found.unread.gap
