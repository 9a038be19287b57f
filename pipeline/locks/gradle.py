"""Gradle's lock files: https://docs.gradle.org/current/userguide/dependency_locking.html.

One module a line: "group:artifact:version=configuration,configuration"; before Gradle 7, in
`gradle/dependency-locks`, without the configurations, which the file's name tells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.model import Location, Package

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "gradle.lockfile"
ECOSYSTEM = "Maven"

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_LINE = re.compile(
    rf"(?P<name>{_WORD}:{_WORD}):(?P<version>[0-9A-Za-z_.][0-9A-Za-z_.+-]*)"
    r"(?P<is>=(?P<configurations>[^\s:/@=]*))?"
)
_EMPTY = re.compile(r"empty=[^\s:/@=]*")
_FOLDER = "gradle/dependency-locks"


def matches(path: str) -> bool:
    """Those of a project, its build script and its settings, and those of earlier versions."""
    folder, _, name = path.rpartition("/")
    return name in {
        "gradle.lockfile",
        "buildscript-gradle.lockfile",
        "settings-gradle.lockfile",
    } or (name.endswith(".lockfile") and f"/{folder}".endswith(f"/{_FOLDER}"))


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`. The groups are the configurations.

    The format has neither hashes, nor where packages come from, nor what asks for them.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    name = draft.path.rpartition("/")[2]
    old = name.removesuffix(".lockfile") if not matches(name) else ""
    text = draft.text()
    if not text.strip():
        drafts.refuse(draft.path, "an empty file: not even what Gradle writes for no packages")
    for line, row in enumerate(text.split("\n"), start=1):
        row = row.strip()  # noqa: PLW2901 - the row without its end
        if not row or row.startswith("#") or (_EMPTY.fullmatch(row) and not old):
            continue
        found = _LINE.fullmatch(row)
        if found is None or bool(found["is"]) == bool(old):
            draft.miss("not a module with its version and configurations", line=line)
            continue
        groups = (old,) if old else (found["configurations"] or "").split(",")
        draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=found["name"],
                version=found["version"],
                location=Location(path=draft.path, line=line),
                groups=tuple(sorted({group for group in groups if group})),
            )
        )
