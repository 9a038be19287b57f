"""What happened to the packages of one lock."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.advisories.ecosystems import ordering_of
from pipeline.locks.graph import Graph, shortest
from pipeline.model import Origin
from pipeline.review.model import Change, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.model import Lock, Package
    from pipeline.review.model import PackageChange


class Changed(NamedTuple):
    """A package that differs between two locks, and how."""

    kind: Change
    ecosystem: str
    name: str
    before: Side | None
    after: Side | None


_Name = tuple[str, str]
_Versions = dict[_Name, dict[str | None, list["Package"]]]


def changes(before: Lock | None, after: Lock | None) -> Iterator[Changed]:
    """Every package that differs, by name. The repository's own code is no dependency.

    Where a lock holds several versions of a name, those that both locks have are the same ones,
    and the others are taken in order: the oldest that went for the oldest that came.
    """
    old, new = _versions(before), _versions(after)
    graphs = (Graph.of(before) if before else None, Graph.of(after) if after else None)
    for ecosystem, name in sorted(old.keys() | new.keys()):
        was, is_ = old.get((ecosystem, name), {}), new.get((ecosystem, name), {})
        for version in sorted(was.keys() & is_.keys(), key=str):
            if _content(was[version]) != _content(is_[version]):
                yield Changed(
                    Change.ALTERED,
                    ecosystem,
                    name,
                    _side(version, was[version], graphs[0]),
                    _side(version, is_[version], graphs[1]),
                )
        went = _ordered(ecosystem, [version for version in was if version not in is_])
        came = _ordered(ecosystem, [version for version in is_ if version not in was])
        for number in range(max(len(went), len(came))):
            gone = went[number] if number < len(went) else None
            now = came[number] if number < len(came) else None
            yield Changed(
                _kind(ecosystem, gone, now),
                ecosystem,
                name,
                _side(gone.version, was[gone.version], graphs[0]) if gone else None,
                _side(now.version, is_[now.version], graphs[1]) if now else None,
            )


def change_order(change: PackageChange) -> tuple[object, ...]:
    """Worst first, then by what happened, then by name."""
    return (
        change.rank,
        list(Change).index(change.kind),
        change.name,
        *(str(side.version) if side else "" for side in (change.before, change.after)),
        change.lock,
        change.ecosystem,
    )


class _Version(NamedTuple):
    """A version that may be `None`, which is not the same as none at all."""

    version: str | None


def _versions(lock: Lock | None) -> _Versions:
    found: _Versions = defaultdict(lambda: defaultdict(list))
    for package in lock.packages if lock else ():
        if package.source.origin is not Origin.WORKSPACE:
            found[package.ecosystem, package.name][package.version].append(package)
    return found


def _content(packages: Sequence[Package]) -> frozenset[object]:
    """What a package is made of: nothing about where it stands or who asks for it."""
    return frozenset(
        (package.source, frozenset(package.hashes), package.install_script, package.deprecated)
        for package in packages
    )


def _side(version: str | None, packages: Sequence[Package], graph: Graph | None) -> Side:
    assert graph is not None
    told = [package.direct for package in packages if package.direct is not None]
    direct = any(told) if told else None
    chains = shortest(graph.paths(package.key) for package in packages)
    return Side(
        version=version,
        packages=tuple(packages),
        direct=direct,
        # A lock without edges has chains of one link: they say nothing.
        chains=tuple(chain for chain in chains if len(chain) > 1),
    )


def _ordered(ecosystem: str, versions: Sequence[str | None]) -> list[_Version]:
    """Oldest first; where one of them cannot be compared, all go by their text."""
    try:
        ordered = sorted(versions, key=lambda version: _parsed(ecosystem, version))
    except (TypeError, ValueError):
        ordered = sorted(versions, key=str)
    return [_Version(version) for version in ordered]


def _kind(ecosystem: str, gone: _Version | None, now: _Version | None) -> Change:
    if gone is None:
        return Change.ADDED
    if now is None:
        return Change.REMOVED
    try:
        older, newer = _parsed(ecosystem, gone.version), _parsed(ecosystem, now.version)
        up, down = older < newer, older > newer
    except (TypeError, ValueError):
        return Change.REPLACED
    return Change.UPGRADED if up else Change.DOWNGRADED if down else Change.REPLACED


def _parsed(ecosystem: str, version: str | None) -> Any:
    """A version as its ecosystem orders it; raises `ValueError` where nobody knows how."""
    ordering = ordering_of(ecosystem)
    if ordering is None or version is None:
        raise ValueError("nothing orders these versions")
    return ordering.parse(version)
