"""Locks that stand in the folder and not in the repository: nobody else has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.tree import join

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.model import Excluded, Project
    from pipeline.tree import Tree

_LOCKS = {
    "PyPI": ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"),
    "npm": (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
    ),
    "Go": ("go.sum",),
    "crates.io": ("Cargo.lock",),
    "RubyGems": ("Gemfile.lock",),
    "Packagist": ("composer.lock",),
    "NuGet": ("packages.lock.json",),
    "Maven": ("gradle.lockfile",),
    "conda": ("conda-lock.yml",),
}
"""The locks that each ecosystem's tools write beside a manifest."""


class Strays(NamedTuple):
    """Locks that git does not track, and those that it is told to ignore; sorted."""

    untracked: tuple[str, ...]
    ignored: tuple[str, ...]


def find_strays(
    tree: Tree,
    projects: Iterable[Project],
    *,
    files: Collection[str],
    untracked: Collection[str],
    excluded: Iterable[Excluded],
) -> Strays:
    """The stray locks of `projects` in a git repository.

    `files` are those that count; `untracked` those of them that git does not track. A lock that
    is there and does not count is ignored, unless the policy left it out.
    """
    left_out = tuple(one.path for one in excluded)
    known = frozenset(files)
    strange: set[str] = set()
    ignored: set[str] = set()
    for project in projects:
        strange.update(path for path in project.locks if path in untracked)
        folder = "" if project.path == "." else project.path
        for name in _LOCKS.get(project.ecosystem, ()):
            path = join(folder, name)
            if path not in known and not _is_below(path, left_out) and tree.has(path):
                ignored.add(path)
    return Strays(tuple(sorted(strange)), tuple(sorted(ignored)))


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
