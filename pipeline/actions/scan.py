"""The document of a scan: which projects, which checks, and which job does what.

The matrix that the platform sees holds nothing but the keys of legs; what a leg has to do stands
here, in the part "plan", whose digest goes from job to job as an output. Keys are made from names
of the repository, and are harmless in artifact names, paths and logs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.store import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PLAN = "plan"
"""The key of the part that every other part belongs to; no leg can have it."""

FILE = "scan.json"
_MAX_KEY = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder of the repository that gets a report of its own."""

    key: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One check of one project, named by its key."""

    project: str
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one job of the matrix does."""

    key: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All that the jobs of a run agree on. `commit` is what was checked out."""

    commit: str
    event: str
    basis: str
    projects: tuple[Project, ...]
    legs: tuple[Leg, ...]
    format: int = 1

    @property
    def matrix(self) -> str:
        """The matrix for `fromJSON`, on one line."""
        return json.dumps({"include": [{"key": leg.key} for leg in self.legs]})

    def leg(self, key: str) -> Leg:
        """The leg called `key`; raises `IncompleteError` when the plan has none."""
        for leg in self.legs:
            if leg.key == key:
                return leg
        raise IncompleteError(f"the plan has no part {key!r}", fix="run the workflow again")

    def paths(self) -> dict[str, str]:
        """The folder of each project by its key."""
        return {project.key: project.path for project in self.projects}


def name_projects(paths: Iterable[str]) -> tuple[Project, ...]:
    """Projects with a key each, in the given order; one folder counts once."""
    found: dict[str, Project] = {}
    for path in dict.fromkeys(paths):
        key = _slug(path)
        if key in found:
            key = f"{key[:_MAX_KEY]}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"
        found[key] = Project(key=key, path=path)
    return tuple(found.values())


def split(tasks: Sequence[Task], jobs: int) -> tuple[Leg, ...]:
    """The tasks in at most `jobs` legs: one each where that suffices, else in even shares."""
    if len(tasks) <= jobs:
        return tuple(Leg(key=f"{task.project}.{task.check}", tasks=(task,)) for task in tasks)
    bounds = [len(tasks) * number // jobs for number in range(jobs + 1)]
    return tuple(
        Leg(key=f"share.{number}", tasks=tuple(tasks[start:end]))
        for number, (start, end) in enumerate(pairwise(bounds), 1)
    )


def write(folder: Path, scan: Scan) -> None:
    """Write the document into the part's folder."""
    (folder / FILE).write_bytes(encode(scan))


def read(folder: Path, digest: str) -> Scan:
    """The document in the part's folder, if that is the part that the plan's job made.

    Raises `IncompleteError` for a part that is missing or another one: every job of a run can
    write artifacts, also one of the caller's that runs code of a pull request.
    """
    try:
        content = (folder / FILE).read_bytes()
        made = seal(folder)
    except OSError:
        raise IncompleteError(
            "the plan's part is missing", fix="look at the job that plans"
        ) from None
    if not digest or made != digest:
        raise IncompleteError(
            "the plan's part is not the one that was made",
            fix="let no other job of the run write artifacts with this name",
        )
    return decode(content, Scan, where=FILE)


def seal(folder: Path) -> str:
    """One digest for all files below a folder."""
    return hashlib.sha256(sums(folder)).hexdigest()


def sums(folder: Path) -> bytes:
    """The files below a folder with their digests, in the format of sha256sum(1), sorted.

    A name with a line break or backslash, which that format would have to escape, is refused
    with an `OSError`, and so is a symbolic link.
    """
    lines = []
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or re.search(r"[\r\n\\]", name):
            raise OSError(f"not a file of ours: {name!r}")
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    return "".join(lines).encode("utf-8", errors="surrogateescape")


def files(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, sorted by path."""
    found = []
    for place, folders, names in os.walk(folder):
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [Path(place) / name for name in (*names, *linked)]
    return iter(sorted(found))


def is_key(text: str) -> bool:
    """Whether a project can have this key."""
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", text))


def _slug(path: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    return words[:_MAX_KEY].strip("-") or "repository"
