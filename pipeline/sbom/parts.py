"""Which locks make one SBOM: a project's, or those of a folder that no project claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Lock, Origin
from pipeline.sbom.identity import identify_own

if TYPE_CHECKING:
    from pipeline.model import Package, Target

GRAPHED = frozenset(
    {
        "Cargo.lock",
        "Gemfile.lock",
        "bun.lock",
        "composer.lock",
        "package-lock.json",
        "packages.lock.json",
        "pdm.lock",
        "pnpm-lock.yaml",
        "poetry.lock",
        "uv.lock",
        "yarn.lock",
    }
)
"""Formats that always say which package requires which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A project with the locks that stand for it; `path` is "." at the root.

    The members of a workspace share its lock, and so its part.
    """

    path: str
    ecosystem: str
    locks: tuple[Lock, ...]


def divide(target: Target) -> tuple[Part, ...]:
    """Every lock of the target in exactly one part; the parts are sorted."""
    homes: dict[tuple[str, str], list[Lock]] = {}
    for lock in target.locks:
        claims = [project.path for project in target.projects if lock.path in project.locks]
        folder = lock.path.rpartition("/")[0] or "."
        home = min(claims, key=lambda path: (path != ".", path.count("/"), path), default=folder)
        homes.setdefault((home, lock.ecosystem), []).append(lock)
    return tuple(
        Part(path=path, ecosystem=ecosystem, locks=tuple(homes[path, ecosystem]))
        for path, ecosystem in sorted(homes)
    )


def name_part(part: Part, target: Target) -> str:
    """The package URL of a part: its first lock's path tells it from others in its folder."""
    return identify_own(target.name, target.git, part.locks[0].path)


def name_member(package: Package, lock: Lock, target: Target) -> str:
    """The package URL of one of the repository's own packages that is no part by itself."""
    path = package.source.url or f"{lock.path}/{package.name}"
    return identify_own(target.name, target.git, path)


def name_own(target: Target) -> frozenset[str]:
    """The package URLs of the repository, its parts and their members."""
    return frozenset(
        {
            identify_own(target.name, target.git, "."),
            *(name_part(part, target) for part in divide(target)),
            *(
                name_member(package, lock, target)
                for lock in target.locks
                for package in lock.packages
                if is_own(package)
            ),
        }
    )


def is_own(package: Package) -> bool:
    """Whether it is the repository's own code rather than something taken in."""
    return package.source.origin is Origin.WORKSPACE


def has_graph(lock: Lock) -> bool:
    """Whether the lock says of each package what it requires.

    A requirements file does where comments say by what each line came in; a `pylock.toml` may.
    """
    if lock.format in GRAPHED:
        return True
    if lock.format == "requirements.txt":
        packages = [package for package in lock.packages if not is_own(package)]
        return bool(packages) and all(package.direct is not None for package in packages)
    return lock.format == "pylock.toml" and any(package.requires for package in lock.packages)
