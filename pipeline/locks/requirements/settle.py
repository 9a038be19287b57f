"""What only all files together tell: constraints, edges, and what local projects bring in."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.locks.manifest import beside
from pipeline.locks.pypi import name_of, normalised
from pipeline.locks.requirements.requirement import miss
from pipeline.model import Gap, Origin, Source

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft, Edge
    from pipeline.locks.requirements.requirement import Entry

_EXTRA_END = re.compile(r"\[[^\]]*\]$")


def settle(
    draft: Draft, entries: list[Entry], constraints: dict[str, list[Entry]], source: Source
) -> None:
    """Add every entry's package to the draft, finished.

    `constraints` are the entries of constraints files by name; `source` is that of packages that
    name none themselves. Raises `RefusedError` for more than a lock may hold.
    """
    for entry in entries:
        _constrain(entry, constraints)
        if entry.package.source == Source():
            entry.package = replace(entry.package, source=source)
    names = {entry.package.name for entry in entries}
    edges = _edges(draft, entries, names)
    forks = Counter[str]()
    for entry in entries:
        forks[entry.package.name] += 1
        few = forks[entry.package.name] <= drafts.MAX_FORKS
        children = edges.get(entry.package.name, []) if few else []
        draft.add(entry.package, children + _brought_in(entry))
    for entry in entries:
        if entry.brings_in:
            _check_brought_in(draft, entry, names)


def _constrain(entry: Entry, constraints: dict[str, list[Entry]]) -> None:
    """Take over what the constraints fix for an unpinned requirement."""
    package = entry.package
    limits = constraints.get(package.name, [])
    if package.version is not None or package.source != Source() or len(limits) != 1:
        return
    limit = limits[0].package
    if limit.markers or (limit.version is None and limit.source == Source()):
        return
    if limit.source == Source() and not _allowed(entry.specifier, limit.version):
        return
    entry.package = replace(
        package,
        version=limit.version,
        source=limit.source,
        hashes=package.hashes or limit.hashes,
    )


def _edges(draft: Draft, entries: list[Entry], names: set[str]) -> dict[str, list[Edge]]:
    """Who asks for whom, by the "via" comments; sets `direct` on the way."""
    own = {
        entry.package.name for entry in entries if entry.package.source.origin is Origin.WORKSPACE
    }
    project = beside(draft.tree, draft.folder) if _mentions(entries, names) else None
    if project and project.name and project.name not in names:
        own.add(project.name)
    edges: dict[str, list[Edge]] = {}
    for entry in entries:
        package = entry.package
        parents = {name for item in entry.via if (name := name_of(_EXTRA_END.sub("", item)))}
        for parent in parents & names:
            edges.setdefault(parent, []).append((package.name, package.version))
        if package.name in own:
            continue
        if any(_asks(item) for item in entry.via) or parents & own:
            entry.package = replace(package, direct=True)
        elif parents and parents <= names:
            entry.package = replace(package, direct=False)
    return edges


def _mentions(entries: list[Entry], names: set[str]) -> bool:
    """Whether a "via" comment names something that is not in the files: the project itself."""
    items = (item for entry in entries for item in entry.via)
    return any(name not in names for item in items if (name := name_of(item)))


def _check_brought_in(draft: Draft, entry: Entry, names: set[str]) -> None:
    where, manifest = entry.package.location, entry.manifest
    if manifest is None or not manifest.whole:
        why = "the dependencies of a local project cannot be told without running its build"
        miss(draft, where, why, Gap.UNSUPPORTED_INPUT)
        return
    missing = {name for name, _ in _brought_in(entry)} - names
    if missing:
        why = f"a local project asks for packages that this file does not pin: {len(missing)}"
        miss(draft, where, why, Gap.NO_VERSION)


def _asks(item: str) -> bool:
    """Whether a "via" item is an input file: "-r x.in", "name (pyproject.toml)"."""
    return item.startswith(("-r ", "-e ")) or item.endswith(")")


def _brought_in(entry: Entry) -> list[Edge]:
    """What a local project installs, with the extras that are asked for."""
    if entry.manifest is None:
        return []
    names = set(entry.manifest.runtime)
    for extra, more in entry.manifest.extras.items():
        if normalised(extra) in {normalised(asked) for asked in entry.package.extras}:
            names |= more
    return [(name, None) for name in sorted(names)]


def _allowed(specifier: str, version: str | None) -> bool:
    """Whether a requirement's own specifiers allow a version."""
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - not every run needs it

    return SpecifierSet(specifier).contains(version or "", prereleases=True)
