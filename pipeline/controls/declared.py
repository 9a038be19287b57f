"""Whether a repository takes anything from others: without that, many questions do not arise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.discover.unlocked import is_empty, needs_nothing

if TYPE_CHECKING:
    from pipeline.model import Target


def nothing_declared(target: Target) -> str:
    """The rule by which the repository takes nothing from others, or "" when it may do so."""
    read = {path: lock for lock in target.locks for path in (lock.path, *lock.files)}
    named = {path for project in target.projects for path in project.locks} | read.keys()
    manifests = [(item, project) for project in target.projects for item in project.manifests]
    if target.unread or not all(is_empty(read.get(path)) for path in named):
        return ""
    if not manifests and not named:
        return "no dependency manifest and no lockfile is tracked"
    if all(needs_nothing(item, map(read.get, project.locks)) for item, project in manifests):
        return "no manifest declares a dependency, and no lockfile holds one"
    return ""
