"""Do ignore files keep environment files out of commits and of images?

Asked only where something calls for it: an environment file, or the example of one, lies in the
repository; and for images, a Dockerfile beside it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.checks.fixture import by_path
from pipeline.checks.secrets.report import CHECK
from pipeline.model import Finding, Kind, Location, Severity
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.checks.secrets.files import Files

RULE = f"{CHECK}/not-ignored"
_ENVIRONMENT = re.compile(r"(?:.*/)?\.env(?:\.[^/]+)?", re.DOTALL)
_DOCKERFILE = re.compile(r"(?:Dockerfile|Containerfile)(?:\..+)?|.+\.Dockerfile", re.DOTALL)
_COVERS = re.compile(r"/?(?:\*\*/)?(?:\.env(?:\*|\.\*)?|\*\.env|\.\*|\*)/?")
"""Lines that cover `.env`, as people write them."""


def missing(root: Path, files: Files, *, has_git: bool) -> Iterator[Finding]:
    """A finding for each ignore file that should name `.env` and does not."""
    paths = set(files.own.values())
    calling = [path for path in paths if _ENVIRONMENT.fullmatch(path) and not by_path(_named(path))]
    if not calling:
        return
    wanted = [".gitignore"] if has_git else []
    if any(_DOCKERFILE.fullmatch(path) for path in paths):
        wanted.append(".dockerignore")
    tree = Tree(root)
    for name in wanted:
        if not all(_covers(tree, path, name) for path in calling):
            yield Finding(
                check=CHECK,
                rule=RULE,
                kind=Kind.RULE,
                severity=Severity.LOW,
                title=f"{name} does not keep environment files out",
                subject=name,
                locations=(Location(path=name),),
                fix=f"add .env and .env.* to {name}, and !.env.example after them",
            )


def _named(path: str) -> str:
    """The folder alone: an example of an environment file is what calls for a rule."""
    return path.rpartition("/")[0] + "/"


def _covers(tree: Tree, path: str, name: str) -> bool:
    """Whether the ignore files in the folders above `path` cover an environment file beside it.

    The nearest has the last word, as git has it; a build may start in any of these folders.
    """
    covered = False
    for folder in reversed(PurePosixPath(path).parents):
        for line in _lines(tree, str(folder / name)):
            pattern = line.strip()
            if pattern.startswith("!") and _COVERS.fullmatch(pattern[1:]):
                covered = False
            elif _COVERS.fullmatch(pattern):
                covered = True
    return covered


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        return tree.text(path, limit=1024 * 1024).splitlines()
    except UnreadableFileError:
        return []
