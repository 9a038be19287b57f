"""Projects: folders with manifests of one ecosystem, and the locks that belong to them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline import locks
from pipeline.discover import manifests, others
from pipeline.discover.names import matcher
from pipeline.errors import IncompleteError
from pipeline.model import Gap, Location, Lock, Manifest, Project, Unread
from pipeline.tree import UnreadableFileError
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.tree import Tree

_SHARED_LOCKS = {
    "uv.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "Cargo.lock",
}
"""Locks that hold for every member of a workspace, not only for the folder they stand in."""


_MEANT = {
    name.lower(): name
    for name in (
        *_SHARED_LOCKS, *manifests.NAMES, "poetry.lock", "pdm.lock", "Pipfile.lock",
        "pylock.toml", "go.sum", "Gemfile.lock", "composer.lock", "packages.lock.json",
        "gradle.lockfile",
    )
}  # fmt: skip
"""Names by which tools look for what is locked; where capitals do not count, under any spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The projects and the locks that were read, sorted by path."""

    projects: tuple[Project, ...]
    locks: tuple[Lock, ...]
    unread: tuple[Unread, ...]


@dataclass(slots=True)
class _Draft:
    manifests: list[Manifest] = field(default_factory=list)
    locks: set[str] = field(default_factory=set)
    members: list[str] = field(default_factory=list)


def find_projects(tree: Tree, files: Iterable[str]) -> Found:
    """The projects that `files` of `tree` make up."""
    drafts: defaultdict[tuple[str, str], _Draft] = defaultdict(_Draft)
    unread: list[Unread] = []
    known = []
    strange = []
    for path in files:
        folder, _, name = path.rpartition("/")
        if ecosystem := others.LOCKS.get(name):
            drafts[folder, ecosystem].locks.add(path)
        elif reader := locks.reader_of(path):
            drafts[folder, reader.ECOSYSTEM].locks.add(path)
            known.append(path)
        elif ecosystem := manifests.ecosystem_of(path):
            unread += _add(tree, path, drafts[folder, ecosystem])
        elif name == "pnpm-workspace.yaml":
            drafts[folder, "npm"].members.extend(_pnpm_members(tree, path))
        elif others.may_be_requirements(name):
            strange.append(path)
        elif meant := _MEANT.get(name.lower()):
            # One system finds the file under this name, the next one does not.
            why = f"it is named like {meant}, but for capital letters"
            place = Location(path=path)
            unread.append(Unread(location=place, why=why, gap=Gap.UNSUPPORTED_INPUT))
    read, refused = _read(tree, known)
    including = _including(read)
    unread += [*refused, *_strange(tree, strange, read)]
    projects = []
    for (folder, ecosystem), draft in drafts.items():
        if draft.manifests or draft.locks:
            paths = draft.locks or _of_workspace(folder, ecosystem, drafts)
            projects.append(
                Project(
                    path=folder or ".",
                    ecosystem=ecosystem,
                    manifests=tuple(sorted(draft.manifests, key=lambda manifest: manifest.path)),
                    locks=tuple(sorted({including.get(path, path) for path in paths})),
                )
            )
    return Found(
        projects=tuple(sorted(projects, key=lambda project: (project.path, project.ecosystem))),
        locks=tuple(lock for lock in read if lock.path not in including),
        unread=tuple(unread),
    )


def _add(tree: Tree, path: str, draft: _Draft) -> Iterator[Unread]:
    """Add what a manifest says to its project; what could not be read of it."""
    reading = manifests.read(tree, path)
    if reading.manifest:
        draft.manifests.append(reading.manifest)
        draft.members.extend(reading.members)
    if reading.unread:
        yield reading.unread


def _read(tree: Tree, paths: Iterable[str]) -> tuple[list[Lock], list[Unread]]:
    """One after the other: reading is pure Python, and threads would only take turns."""
    found = []
    refused = []
    for path in sorted(paths):
        try:
            found.append(locks.read(tree, path))
        except IncompleteError as error:
            place = Location(path=path)
            refused.append(Unread(location=place, why=error.what, gap=Gap.INPUT_MISSING))
    return found, refused


def _strange(tree: Tree, paths: Iterable[str], read: Iterable[Lock]) -> Iterator[Unread]:
    """Files that read like requirements, which no other file includes, under other names."""
    included = {path for lock in read for path in lock.files}
    for path in paths:
        try:
            content = b"" if path in included else tree.head(path, size=manifests.MAX_BYTES)
        except UnreadableFileError:
            continue  # a text that cannot be read is nothing that pip could read
        if others.reads_like_requirements(content):
            why = (
                "it reads like a requirements file, and only names like requirements*.txt are read"
            )
            yield Unread(location=Location(path=path), why=why, gap=Gap.UNSUPPORTED_INPUT)


def _including(found: Iterable[Lock]) -> dict[str, str]:
    """For each lock that another one includes (`-r`), that other one.

    Of files that include each other the first by name stands for all.
    """
    by_path = {lock.path: lock for lock in found}
    answer: dict[str, str] = {}
    for lock in by_path.values():
        for path in lock.files:
            inner = by_path.get(path)
            if inner is None or path == lock.path:
                continue
            if lock.path not in inner.files or lock.path < path:
                answer.setdefault(path, lock.path)
    return {path: _outermost(path, answer) for path in answer}


def _outermost(path: str, including: dict[str, str]) -> str:
    seen = {path}
    while (outer := including.get(path)) and outer not in seen:
        seen.add(outer)
        path = outer
    return path


def _of_workspace(
    folder: str, ecosystem: str, drafts: dict[tuple[str, str], _Draft]
) -> Iterator[str]:
    """The locks of the nearest folder above whose workspace counts `folder` as a member."""
    above = folder
    while above:
        above = above.rpartition("/")[0]
        root = drafts.get((above, ecosystem))
        below = folder.removeprefix(above).lstrip("/")
        if root and _has_member(root.members, below):
            yield from (p for p in root.locks if p.rpartition("/")[2] in _SHARED_LOCKS)
            return


def _has_member(patterns: list[str], folder: str) -> bool:
    wanted = matcher([pattern for pattern in patterns if not pattern.startswith("!")])
    unwanted = matcher([pattern[1:] for pattern in patterns if pattern.startswith("!")])
    return wanted(folder) and not unwanted(folder)


def _pnpm_members(tree: Tree, path: str) -> Iterator[str]:
    """`packages` of a `pnpm-workspace.yaml`; one that cannot be read has no members."""
    try:
        root = compose(tree.text(path, limit=manifests.MAX_BYTES), path, aliases=True)
    except IncompleteError:
        return
    packages = root.get("packages") if isinstance(root, Table) else None
    for entry in packages.items if isinstance(packages, Items) else ():
        if isinstance(entry, Scalar):
            yield entry.text
