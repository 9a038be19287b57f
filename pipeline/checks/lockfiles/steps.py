"""Do a lock and its manifest say the same, and do several locks of one project?"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from pipeline.checks.lockfiles.presence import BUNDLED
from pipeline.checks.lockfiles.ranges import satisfies
from pipeline.checks.lockfiles.rules import NAMED, found
from pipeline.locks.places import DEFAULT_GROUP
from pipeline.model import Location, Origin, Severity, purl
from pipeline.policy import numbered, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Dependency, Finding, Lock, Manifest, Package, Project, Target

_WHOLE = {
    "pyproject.toml": {"uv.lock"},
    "Pipfile": {"Pipfile.lock"},
    "package.json": {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"},
    "Cargo.toml": {"Cargo.lock"},
    "composer.json": {"composer.lock"},
}
"""Manifests, and the formats of locks that hold everything they ask for."""

_RUNTIME = {
    "pyproject.toml": {"poetry.lock", "pdm.lock", "pylock.toml", "requirements.txt"},
    "setup.cfg": {"requirements.txt"},
}
"""The same for what is needed at run time only: the rest depends on how they were written."""

_GRAPHS = {
    "uv.lock",
    "poetry.lock",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "Cargo.lock",
}
"""Formats that say who needs whom, down from what the project asks for."""

_FLAT = {"requirements.txt", "pylock.toml"}
"""Formats that are mostly written for one platform, from a part of what is asked for."""

_REGISTRIES = {Origin.REGISTRY, Origin.INDEX}


def findings(target: Target) -> Iterator[Finding]:
    """Locks that are out of step, hold too much, or contradict each other."""
    by_path = {path: lock for lock in target.locks for path in (lock.path, *lock.files)}
    own: dict[str, set[str]] = defaultdict(set)
    for project in target.projects:
        own[project.ecosystem] |= {manifest.name for manifest in project.manifests}
    for project in target.projects:
        locks = {
            lock.path: lock
            for path in project.locks
            if (lock := by_path.get(path)) and not path.endswith(".py.lock")
        }
        wanted: set[str] = set()
        for manifest in project.manifests:
            for lock in locks.values():
                yield from _out_of_step(project, manifest, lock, own[project.ecosystem])
            wanted |= {one.name for one in manifest.requires}
        yield from _disagreeing(project, list(locks.values()), wanted)
    for lock in target.locks:
        yield from _unneeded(lock)


# -------------------------------------------------------------------------------- out of step


def compared(manifest: Manifest, lock: Lock) -> tuple[Dependency, ...]:
    """What of a manifest a lock of this format and name has to hold."""
    name = manifest.path.rpartition("/")[2]
    if name.endswith(".in"):
        of_pair = lock.path == f"{manifest.path.removesuffix('.in')}.txt"
        return manifest.requires if of_pair else ()
    if lock.format in _WHOLE.get(name, ()):
        return manifest.requires
    if lock.format in _RUNTIME.get(name, ()):
        return tuple(one for one in manifest.requires if one.group == DEFAULT_GROUP)
    return ()


def _out_of_step(
    project: Project, manifest: Manifest, lock: Lock, own: set[str]
) -> Iterator[Finding]:
    """One finding per lock, with every requirement that it does not meet."""
    locked: dict[str, list[Package]] = defaultdict(list)
    for package in lock.packages:
        locked[package.name].append(package)
    asked: dict[str, list[Dependency]] = defaultdict(list)
    for one in compared(manifest, lock):
        if one.name not in own:
            asked[one.name].append(one)
    flat = lock.format in _FLAT
    if flat and not manifest.path.endswith(".in") and not locked.keys() & asked.keys():
        return  # this file was not made from this manifest
    # A part of the lock that was not understood may hold what is missing.
    missing = [
        name
        for name, several in sorted(asked.items())
        if name not in locked and not lock.unread and not all(one.conditional for one in several)
    ]
    unmet = {
        name: range_
        for name, several in sorted(asked.items())
        if name in locked
        and (range_ := _unmet(project.ecosystem, several, locked[name], flat=flat))
    }
    parts = [f"not locked: {some(missing, most=NAMED)}"] if missing else []
    if unmet:
        told = [
            f"{name} {range_} (locked: {_told(locked[name])})" for name, range_ in unmet.items()
        ]
        parts.append(f"locked outside the range: {some(told, most=NAMED)}")
    if parts:
        what = f"{manifest.path} asks for what {lock.path} does not hold; {'; '.join(parts)}"
        places = [Location(path=manifest.path), Location(path=lock.path)]
        places += [package.location for name in unmet for package in locked[name]]
        yield found("out-of-step", Severity.MEDIUM, lock.path, places, what)


def _unmet(ecosystem: str, several: list[Dependency], locked: list[Package], *, flat: bool) -> str:
    """A range that no locked version is in, or "".

    Of conditional requirements, one that is met is enough. A `flat` lock is for one platform, so
    that which of them holds there cannot be told.
    """
    failing = [one for one in several if not _is_met(ecosystem, one, locked)]
    conditional = any(one.conditional for one in several)
    if not failing or (conditional and (flat or len(failing) < len(several))):
        return ""
    return failing[0].specifier


def _told(packages: list[Package]) -> str:
    return ", ".join(sorted({package.version or "" for package in packages}))


def _is_met(ecosystem: str, wanted: Dependency, locked: list[Package]) -> bool:
    """Whether any locked version will do; what cannot be told is not held against the lock."""
    return any(
        package.version is None
        or package.source.origin not in _REGISTRIES
        or satisfies(ecosystem, wanted.specifier, package.version) is not False
        for package in locked
    )


# ----------------------------------------------------------------------------------- unneeded


def _unneeded(lock: Lock) -> Iterator[Finding]:
    """Packages that no way leads to, from what the project asks for.

    Not told where a folder is locked without what it needs (npm before version 7), and not of
    what lies inside another package.
    """
    if lock.format not in _GRAPHS or lock.unread:
        return
    own = [package for package in lock.packages if package.source.origin is Origin.WORKSPACE]
    others = [package for package in lock.packages if package.source.origin is not Origin.WORKSPACE]
    folders = [package for package in others if package.source.origin is Origin.PATH]
    if any(one.direct is None for one in others) or any(not one.requires for one in folders):
        return
    start = [*own, *(package for package in others if package.direct)]
    if not start:
        return
    reached = _reached(lock.packages, start)
    left = [
        package
        for package in others
        if package.key not in reached and BUNDLED not in package.groups
    ]
    if left:
        places = [package.location for package in left]
        what = f"{numbered(len(left), 'package')} that nothing leads to: " + some(
            [package.key for package in left]
        )
        yield found("unneeded", Severity.LOW, lock.path, places, what)


def _reached(packages: Iterable[Package], start: Iterable[Package]) -> set[str]:
    """The keys of all packages that `start` needs, directly or not."""
    by_name: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_name[package.name].append(package)
        by_name[package.key].append(package)
    reached: set[str] = set()
    done: set[int] = set()
    queue = deque(start)
    while queue:
        package = queue.popleft()
        if id(package) in done:
            continue
        done.add(id(package))
        reached.add(package.key)
        for wanted in package.requires:
            queue.extend(by_name.get(wanted, ()))
    return reached


# -------------------------------------------------------------------------------- disagreeing


def _disagreeing(project: Project, locks: list[Lock], wanted: set[str]) -> Iterator[Finding]:
    """Direct dependencies that two locks of a project hold in versions without any in common."""
    for at, one in enumerate(locks):
        for other in locks[at + 1 :]:
            here, there = _versions(one), _versions(other)
            for name in sorted(here.keys() & there.keys()):
                packages = [*here[name], *there[name]]
                if name not in wanted and not any(package.direct for package in packages):
                    continue
                versions = [
                    {package.version for package in some_} for some_ in (here[name], there[name])
                ]
                if versions[0] & versions[1]:
                    continue
                told = [" and ".join(sorted(filter(None, these))) for these in versions]
                what = f"{one.path} locks {told[0]}, {other.path} locks {told[1]}"
                yield found(
                    "disagreeing-locks",
                    Severity.LOW if one.format == other.format else Severity.MEDIUM,
                    purl(project.ecosystem, name, None),
                    [package.location for package in packages],
                    what,
                )


def _versions(lock: Lock) -> dict[str, list[Package]]:
    held: dict[str, list[Package]] = defaultdict(list)
    for package in lock.packages:
        if package.version and package.source.origin in _REGISTRIES:
            held[package.name].append(package)
    return held
