"""The words of a dependency review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pipeline.model import DataRecord, Finding, Kind, Package, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Gap


class Change(StrEnum):
    """What happened to a package in one lock."""

    ADDED = "added"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    REPLACED = "replaced"
    """Another version, and nothing tells which of both is newer."""
    ALTERED = "altered"
    """The same version, from another source or with other content."""
    REMOVED = "removed"


class LockFate(StrEnum):
    """What happened to a lock."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A package version on one side of a change: every line of the lock that holds it.

    `direct` is `None` where nothing tells. `chains` are the shortest ways it comes in.
    """

    version: str | None
    packages: tuple[Package, ...]
    direct: bool | None = None
    chains: tuple[tuple[str, ...], ...] = ()

    @property
    def hashes(self) -> frozenset[str]:
        """Everything the lock accepts as its content."""
        return frozenset(value for package in self.packages for value in package.hashes)

    @property
    def install_script(self) -> bool:
        """Whether installing it runs its code."""
        return any(package.install_script for package in self.packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something about a change that a reviewer should look at."""

    rule: str
    severity: Severity
    text: str


class Release(Protocol):
    """What a registry says of one release; nothing where it has a `gap`."""

    @property
    def published(self) -> date | None:
        """The day on which it came out."""

    @property
    def licence(self) -> str:
        """Its licence as declared, "" where none is."""

    @property
    def yanked(self) -> str:
        """Why it was withdrawn, "" where it was not."""

    @property
    def deprecated(self) -> str:
        """What its maintainers warn of, or ""."""

    @property
    def gap(self) -> Gap | None:
        """Why nothing is known of it."""


Releases = Mapping[tuple[str, str, str], Release]
"""Releases by ecosystem, name and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """One package of one lock that changed.

    `brings` are findings of the new side alone, `keeps` of both, `mends` of the old side alone.
    `unknown` says why nobody knows of advisories for the new side, "" where they are known.
    """

    kind: Change
    ecosystem: str
    name: str
    lock: str
    before: Side | None = None
    after: Side | None = None
    brings: tuple[Finding, ...] = ()
    keeps: tuple[Finding, ...] = ()
    mends: tuple[Finding, ...] = ()
    unknown: str = ""
    alarms: tuple[Alarm, ...] = ()
    release: Release | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts what to look at first to the front: harm, then the worst of all that is known."""
        harm = any(one.kind is Kind.MALWARE or one.exploited for one in (*self.brings, *self.keeps))
        known = [one.severity for one in (*self.brings, *self.keeps)]
        known += [alarm.severity for alarm in self.alarms]
        known += [Severity.UNKNOWN] if self.unknown else []
        none = Severity.NONE.rank + 1
        return 0 if harm else 1, min((one.rank for one in known), default=none)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChange:
    """One lock with its changes, worst first. `before` is its path in the base.

    `packages` counts those that it holds now.
    """

    fate: LockFate
    path: str
    before: str | None
    format: str
    ecosystem: str
    packages: int
    changes: tuple[PackageChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One end of the comparison. `id` is `None` for a folder that no commit stands for.

    `working_tree`: it is the folder as it lies there, `changed` if it is not just the commit.
    """

    asked: str
    id: str | None
    working_tree: bool = False
    changed: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A part of one side ("base" or "head") that could not be compared, and why."""

    side: str
    path: str
    why: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a change does to the dependencies. `unchanged` counts locks that are the same."""

    version: str
    name: str
    as_of: date
    base: Commit
    head: Commit
    locks: tuple[LockChange, ...]
    unchanged: int
    unseen: tuple[Unseen, ...]
    data: tuple[DataRecord, ...]
    known: bool
    """Whether advisories were looked up on both sides."""

    @property
    def same(self) -> bool:
        """Whether both ends are the very same commit, so that nothing was compared."""
        return self.base.id == self.head.id and self.head.changed is False

    def changes(self) -> Iterator[PackageChange]:
        """Every package that changed, lock by lock."""
        for lock in self.locks:
            yield from lock.changes
