"""What manifests ask for and no lock that was read holds: nobody knows these versions.

A lock answers only for what is in it. One that was written for something else, or is empty, says
nothing about the manifest beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.locks.places import DEFAULT_GROUP
from pipeline.model import Gap, Location, Origin, Unread
from pipeline.policy import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Lock, Manifest, Project, Target


def unlocked(target: Target) -> Iterator[Unread]:
    """Manifests, and locks that no reader knows, whose packages nobody could read."""
    read = _read(target)
    told: set[str] = set()
    for project in target.projects:
        for path in project.locks:
            if path not in read and path not in told:
                told.add(path)
                yield _gap(path, Gap.UNSUPPORTED_INPUT, "no reader knows this lock format yet")
        held = unheld(target, project)
        for manifest in project.manifests:
            if manifest.declared == 0 or manifest.path in read:
                continue
            if not project.locks:
                why = (
                    "its dependencies have no lockfile, so nobody knows their versions"
                    if manifest.declared
                    else "it may have dependencies, and there is no lockfile"
                )
                yield _gap(manifest.path, Gap.INPUT_MISSING, why)
            elif names := held.get(manifest.path):
                why = f"it asks for what no lockfile of its project holds: {some(names)}"
                yield _gap(manifest.path, Gap.INPUT_MISSING, why)
            elif manifest.declared is None and all(is_empty(read.get(p)) for p in project.locks):
                why = "it may have dependencies, and its lockfile is empty"
                yield _gap(manifest.path, Gap.INPUT_MISSING, why)


def unheld(target: Target, project: Project) -> dict[str, tuple[str, ...]]:
    """By manifest, the names of the dependencies that no lock of `project` holds.

    Empty while a lock has parts that were not understood, which may hold them, and for a project
    without any. What only some platforms need may be absent from a lock that was made for the
    manifest, and what only development needs from one of Python's, where files are many.
    """
    read = _read(target)
    locks = [read.get(path) for path in project.locks]
    if not locks or any(lock is None or lock.unread for lock in locks):
        return {}
    locked = {package.name for lock in locks if lock for package in lock.packages}
    own = {
        manifest.name
        for other in target.projects
        if other.ecosystem == project.ecosystem
        for manifest in other.manifests
    }
    found = {
        manifest.path: tuple(_missing(manifest, locked, own, python=project.ecosystem == "PyPI"))
        for manifest in project.manifests
        if manifest.path not in read
    }
    return {path: names for path, names in found.items() if names}


def _missing(manifest: Manifest, locked: set[str], own: set[str], *, python: bool) -> list[str]:
    asked = [
        one
        for one in manifest.requires
        if one.name not in own and (one.group == DEFAULT_GROUP or not python)
    ]
    is_made_for_it = any(one.name in locked for one in asked)
    return sorted(
        {
            one.name
            for one in asked
            if one.name not in locked and not (one.conditional and is_made_for_it)
        }
    )


def is_empty(lock: Lock | None) -> bool:
    """Whether a lock was wholly read and holds nothing but the repository's own packages."""
    return lock is not None and not (
        lock.unread
        or any(package.source.origin is not Origin.WORKSPACE for package in lock.packages)
    )


def needs_nothing(manifest: Manifest, locks: Iterable[Lock | None]) -> bool:
    """Whether a manifest takes nothing from others: it asks for nothing, or for members alone.

    Members are told by the locks of its project, where these hold nothing else.
    """
    own = {package.name for lock in locks if lock and is_empty(lock) for package in lock.packages}
    names = {one.name for one in manifest.requires}
    return manifest.declared == 0 or (
        manifest.declared is not None
        and manifest.declared <= len(manifest.requires)
        and names <= own
    )


def _read(target: Target) -> dict[str, Lock]:
    return {path: lock for lock in target.locks for path in (lock.path, *lock.files)}


def _gap(path: str, gap: Gap, why: str) -> Unread:
    return Unread(location=Location(path=path), why=why, gap=gap)
