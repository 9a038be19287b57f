"""A finding with everything that a reader is told about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline.model import Judged, Kind
from pipeline.report.links import advisory_link
from pipeline.report.words import PRESENT, REMOVED, SEVERITIES

if TYPE_CHECKING:
    from pipeline.model import Finding, Location, Package, Target, Waiver
    from pipeline.report.words import Mark


@dataclass(frozen=True, slots=True)
class Place:
    """A location as text ("uv.lock:12") and, where the commit can be browsed, its link."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A commit that holds a finding: its short id with its page, the author's day, and where."""

    commit: Place
    day: date | None
    where: str

    def __str__(self) -> str:
        """As told in a sentence: "0123456789ab of 2026-01-31"."""
        return f"{self.commit.text} of {self.day}" if self.day else self.commit.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finding with everything that a reader is told about it.

    `direct` is `None` where nothing tells. `chains` are the ways the package came in, `commits`
    the oldest ones that hold it.
    """

    judged: Judged
    name: str
    version: str
    direct: bool | None
    places: tuple[Place, ...]
    chains: tuple[str, ...]
    commits: tuple[Holder, ...]

    @property
    def finding(self) -> Finding:
        """The finding itself."""
        return self.judged.finding

    @property
    def waiver(self) -> Waiver | None:
        """The waiver that covers it."""
        return self.judged.waiver

    @property
    def severity(self) -> Mark:
        """How bad it is, as shown."""
        return SEVERITIES[self.finding.severity]

    @property
    def presence(self) -> Mark | None:
        """Of what the history holds: whether it is still there; of anything else nothing."""
        if self.finding.removed:
            return REMOVED
        return PRESENT if self.finding.commits else None

    @property
    def link(self) -> str:
        """Where to read about it, or ""."""
        return advisory_link(self.finding)

    @property
    def is_file(self) -> bool:
        """Whether what it is in is the first of its places, so that one of the two says it all."""
        return any(place.path == self.name for place in self.finding.locations[:1])

    @property
    def urgent(self) -> bool:
        """Known to be exploited, or malicious: first whatever its rating."""
        return self.finding.exploited is not None or self.finding.kind is Kind.MALWARE

    @property
    def fixable(self) -> bool:
        """Whether a way to mend it is known."""
        return bool(self.finding.fix or self.finding.fixed_versions)

    @property
    def directness(self) -> str:
        """Either "direct" or "transitive", or "" where nothing tells."""
        return {True: "direct", False: "transitive", None: ""}[self.direct]

    @property
    def epss(self) -> str:
        """The probability of exploitation within 30 days, as a percentage."""
        return "" if self.finding.epss is None else f"{self.finding.epss:.1%}"

    @property
    def mend(self) -> str:
        """How to mend it, in one sentence or command."""
        finding = self.finding
        if finding.fix:
            return finding.fix
        if finding.kind is Kind.MALWARE:
            return "Remove it, and replace every secret that it could reach."
        if finding.fixed_versions:
            return f"Update {self.name} to {' or '.join(finding.fixed_versions[:5])}."
        if finding.kind is Kind.VULNERABILITY:
            return "No fixed version is known: replace the package, or waive it until there is one."
        return ""

    @property
    def order(self) -> tuple[bool, int, bool, int, float]:
        """Sorts what to mend first to the front: exploited, severity, fixable, direct, EPSS."""
        return (
            not self.urgent,
            self.finding.severity.rank,
            not self.fixable,
            {True: 0, None: 1, False: 2}[self.direct],
            -(self.finding.epss or 0.0),
        )


def packages_by_location(target: Target) -> dict[Location, list[Package]]:
    """The locked packages by the line on which they stand."""
    found: dict[Location, list[Package]] = {}
    for lock in target.locks:
        for package in lock.packages:
            found.setdefault(package.location, []).append(package)
    return found


def is_direct(finding: Finding, packages: dict[Location, list[Package]]) -> bool | None:
    """Whether the project asks for the package itself; `None` where nothing tells.

    A chain of one package says so, else the lock's own word for the package on that line.
    """
    if finding.paths:
        return any(len(chain) == 1 for chain in finding.paths)
    known = {
        package.direct
        for location in finding.locations
        for package in packages.get(location, ())
        if package.direct is not None and package.purl == finding.subject
    }
    return any(known) if known else None


def package_of(subject: str) -> tuple[str, str]:
    """Name and version of a package URL; any other subject is its own name, without version."""
    if not subject.startswith("pkg:") or "/" not in subject:
        return subject, ""
    path = re.split(r"[?#]", subject.partition("/")[2], maxsplit=1)[0]
    name, at, version = path.rpartition("@")
    return (unquote(name), unquote(version)) if at else (unquote(path), "")


def where(path: str, line: int | None) -> str:
    """A place in one word: "uv.lock:12"."""
    return path if line is None else f"{path}:{line}"
