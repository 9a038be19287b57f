"""Is there a lock, does everybody have it, and does it name exact versions?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.lockfiles.rules import found
from pipeline.discover.unlocked import unheld
from pipeline.model import Location, Origin, Severity
from pipeline.policy import numbered, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Finding, Lock, Project, Target

BUNDLED = "bundled"
"""The readers' group of what lies inside another package: it has no version of its own to pin."""

_OWN = {Origin.WORKSPACE, Origin.PATH}


def findings(target: Target) -> Iterator[Finding]:
    """What is wrong with the presence of locks."""
    for project in target.projects:
        yield from _missing(project, target)
    for paths, why in (
        (target.untracked, "git does not track it"),
        (target.ignored, "git is told to ignore it"),
    ):
        for path in paths:
            yield found("untracked-lock", Severity.MEDIUM, path, [Location(path=path)], why)
    for lock in target.locks:
        yield from _unpinned(lock)


def _missing(project: Project, target: Target) -> Iterator[Finding]:
    """A lock that is only ignored is told of as such, not as missing.

    A project that a lock elsewhere holds as the repository's own code is locked by that lock.
    """
    folder = "" if project.path == "." else project.path
    ignored = any(path.rpartition("/")[0] == folder for path in target.ignored)
    held = any(
        package.source.url == project.path and package.source.origin in _OWN
        for lock in target.locks
        if lock.ecosystem == project.ecosystem
        for package in lock.packages
    )
    if ignored or held:
        return
    open_ = unheld(target, project)
    for manifest in project.manifests:
        asked = {one.name for one in manifest.requires}
        # Where something of it is locked, its lock is out of step, which is told as such.
        if project.locks and asked - {*open_.get(manifest.path, ())}:
            continue
        if manifest.declared and (not project.locks or manifest.path in open_):
            what = f"it asks for {numbered(manifest.declared, 'package')}, and nothing locks them"
            place = Location(path=manifest.path)
            yield found("missing-lock", Severity.MEDIUM, manifest.path, [place], what)


def _unpinned(lock: Lock) -> Iterator[Finding]:
    open_ = [
        package
        for package in lock.packages
        if package.version is None
        and package.source.origin in {Origin.REGISTRY, Origin.INDEX}
        and BUNDLED not in package.groups
    ]
    if open_:
        names = some([package.name for package in open_])
        places = [package.location for package in open_]
        what = f"without an exact version: {names}"
        yield found("unpinned", Severity.MEDIUM, lock.path, places, what)
