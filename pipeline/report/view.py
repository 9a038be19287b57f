"""What people are shown, whatever the format: words, order, counts and links.

The HTML page, the job summary and the counts in `report.json` all come from here, so that they
cannot disagree. Nothing here escapes anything: that is each format's own business.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from pipeline.model import (
    Decision,
    Disposition,
    Gap,
    Gate,
    Judged,
    Kind,
    Outcome,
    Report,
    Severity,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Commit, Finding, Git, Location, Package, Target, Waiver

# ------------------------------------------------------------------------------------- words


@dataclass(frozen=True, slots=True)
class Mark:
    """A status as people see it: words and a sign, coloured by `tone`, never a colour alone."""

    label: str
    tone: str

    @property
    def sign(self) -> str:
        """One character that says the same as the tone."""
        return SIGNS[self.tone]


SIGNS = {"bad": "❌", "warn": "⚠️", "unknown": "❔", "good": "✅", "info": "🔹", "quiet": "▫️"}
"""The tones there are, with their signs. `unknown` is what nobody evaluated: never green."""

DECISIONS = {
    Decision.COMPLIANT: Mark("Compliant", "good"),
    Decision.VIOLATED: Mark("Policy violated", "bad"),
    Decision.INCOMPLETE: Mark("Incomplete", "unknown"),
}

SEVERITIES = {
    Severity.CRITICAL: Mark("Critical", "bad"),
    Severity.HIGH: Mark("High", "bad"),
    Severity.UNKNOWN: Mark("Unrated", "unknown"),
    Severity.MEDIUM: Mark("Medium", "warn"),
    Severity.LOW: Mark("Low", "info"),
    Severity.NONE: Mark("None", "quiet"),
}

STATUSES = {
    Status.ERRORED: Mark("Errored", "unknown"),
    Status.PARTIAL: Mark("Partly evaluated", "unknown"),
    Status.SKIPPED: Mark("Skipped", "unknown"),
    Status.FOUND: Mark("Findings", "warn"),
    Status.CLEAN: Mark("Clean", "good"),
    Status.NOT_APPLICABLE: Mark("Not applicable", "quiet"),
}

OUTCOMES = {
    Outcome.FAIL: Mark("Fail", "bad"),
    Outcome.ERROR: Mark("Error", "unknown"),
    Outcome.NOT_EVALUATED: Mark("Not evaluated", "unknown"),
    Outcome.WAIVED: Mark("Waived", "info"),
    Outcome.ATTESTED: Mark("Attested", "info"),
    Outcome.PASS: Mark("Pass", "good"),
    Outcome.NOT_APPLICABLE: Mark("Not applicable", "quiet"),
}

REMOVED = Mark("Removed", "warn")
PRESENT = Mark("Still present", "bad")
"""What the history holds: whether today's files hold it too."""

UNEVALUATED = OUTCOMES[Outcome.NOT_EVALUATED]

GATES = {Gate.BLOCK: "blocks", Gate.WARN: "warns", Gate.INFO: "informs"}

GAPS = {
    Gap.TOOL_MISSING: "tool missing",
    Gap.TOOL_FAILED: "tool failed",
    Gap.DATA_MISSING: "data missing",
    Gap.DATA_STALE: "data too old",
    Gap.NETWORK_OFF: "network switched off",
    Gap.INPUT_MISSING: "input missing",
    Gap.UNSUPPORTED_INPUT: "format not supported",
    Gap.PARSE_ERROR: "not understood",
    Gap.UNPARSABLE_VERSION: "version not understood",
    Gap.NO_VERSION: "no version",
    Gap.NOT_FROM_REGISTRY: "not from a registry",
    Gap.NOT_ACCOUNTED_FOR: "missing from the tool's output",
    Gap.NOT_CONFIGURED: "not configured",
    Gap.TOO_LARGE: "too large",
}

EXPIRES_SOON_DAYS = 30
"""A waiver that ends within so many days is pointed out."""


# ------------------------------------------------------------------------------------- links


def web_link(url: str) -> str:
    """`url` when it is safe to link to, else "": http or https, printable ASCII, no user name."""
    if len(url) > _MAX_URL or not _WEB.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.hostname and "@" not in parts.netloc else ""


def advisory_link(finding: Finding) -> str:
    """Where to read about a finding: its own link, else OSV's page of an advisory id."""
    known = web_link(finding.url)
    if known or finding.kind is Kind.RULE or not _ADVISORY.fullmatch(finding.rule):
        return known
    return f"https://osv.dev/vulnerability/{finding.rule}"


_MAX_URL = 2000
_WEB = re.compile(r"https?://[!#-;=?-\[\]_a-~]+", re.IGNORECASE)
_ADVISORY = re.compile(r"[A-Z][A-Za-z]*-[A-Za-z0-9:-]{1,60}")
_GITHUB = re.compile(
    r"(?:https://github\.com/|ssh://git@github\.com/|git@github\.com:)"
    r"([A-Za-z0-9-]{1,40})/([\w.-]{1,100}?)(?:\.git)?/?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def _browse(git: Git | None, kind: str, commit: str | None) -> str:
    """The repository's page on GitHub for a commit, or "" where there is none.

    Other hosts are not linked: the remote is the repository's own claim.
    """
    found = _GITHUB.fullmatch(git.remote or "") if git else None
    if found is None or not _COMMIT.fullmatch(commit or ""):
        return ""
    return f"https://github.com/{found[1]}/{found[2]}/{kind}/{commit}"


# ------------------------------------------------------------------------------------- rows


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


@dataclass(frozen=True, slots=True)
class Count:
    """How many of something, and where the page tells more."""

    mark: Mark
    number: int


@dataclass(frozen=True)
class View:
    """A report as it is read. Tables are complete and sorted; formats cap them.

    `browse` is the address of the folder in which the scanned files can be read, from whoever
    knows it better than the repository's own remote.
    """

    report: Report
    browse: str = ""

    @property
    def decision(self) -> Mark:
        """The verdict, as shown."""
        return DECISIONS[self.report.verdict.decision]

    @cached_property
    def open(self) -> tuple[Row, ...]:
        """Violations, what to mend first at the top."""
        return self._rows(Disposition.VIOLATION)

    @cached_property
    def existing(self) -> tuple[Row, ...]:
        """Findings that a change did not bring in, what to mend first at the top."""
        return self._rows(Disposition.EXISTING)

    @property
    def against(self) -> str:
        """Against which base it was judged, in words; "" where none was asked for."""
        base = self.report.base
        if base is None:
            return ""
        if base.commit is None or not base.checks:
            return f"Judged in full, and not against a base: {base.why}."
        named = "" if base.commit.startswith(base.asked) else f" ({base.asked})"
        checks = " and ".join(base.checks)
        but = f" In full all the same: {base.why}." if base.why else ""
        return (
            f"Judged against base {base.commit[:12]}{named}: what {checks} found there already"
            f" does not violate the policy, and everything else is judged in full.{but}"
        )

    @cached_property
    def below(self) -> tuple[Row, ...]:
        """Findings that the policy tolerates, worst first."""
        return self._rows(Disposition.BELOW_THRESHOLD)

    @cached_property
    def waived(self) -> tuple[Row, ...]:
        """Findings whose risk somebody accepted, worst first."""
        return self._rows(Disposition.WAIVED)

    @cached_property
    def exploited(self) -> int:
        """Open findings that are known to be exploited."""
        return sum(row.finding.exploited is not None for row in self.open)

    @cached_property
    def due(self) -> date | None:
        """The earliest day by which CISA wants one of them mended."""
        return min(
            (row.finding.exploited.due for row in self.open if row.finding.exploited), default=None
        )

    @cached_property
    def blocking(self) -> int:
        """Unevaluated inputs that keep the verdict from being compliant."""
        return sum(item.blocking for item in self.report.unevaluated)

    @cached_property
    def accounted(self) -> bool:
        """Whether the evidence itself leaves nothing open, whatever the list of gaps says."""
        return bool(self.report.evidence) and all(
            evidence.status in _ANSWERED and all(part.complete for part in evidence.coverage)
            for evidence in self.report.evidence
        )

    @cached_property
    def packages(self) -> int:
        """Packages in all locks; one that stands in two locks counts twice."""
        return sum(len(lock.packages) for lock in self.report.target.locks)

    @property
    def severities(self) -> tuple[Count, ...]:
        """Open findings by severity, worst first; what there is none of is left out."""
        found = Counter(row.finding.severity for row in self.open)
        return _counts((SEVERITIES[key], found[key]) for key in SEVERITIES)

    @property
    def statuses(self) -> tuple[Count, ...]:
        """Checks by status."""
        found = Counter(evidence.status for evidence in self.report.evidence)
        return _counts((STATUSES[key], found[key]) for key in STATUSES)

    @property
    def outcomes(self) -> tuple[Count, ...]:
        """Controls by outcome."""
        found = Counter(result.answer.outcome for result in self.report.controls)
        return _counts((OUTCOMES[key], found[key]) for key in OUTCOMES)

    @cached_property
    def commit_link(self) -> str:
        """The scanned commit on GitHub, or ""."""
        git = self.report.target.git
        return _browse(git, "commit", git.commit if git else None)

    def place(self, location: Location | None) -> Place | None:
        """`location` as text and link. A changed working tree is not linked: lines may differ."""
        if location is None:
            return None
        text = _where(location.path, location.line)
        is_elsewhere = ".." in location.path.split("/") or self.report.target.is_in_image(
            location.path
        )
        if not self._files or is_elsewhere:
            return Place(text)
        anchor = "" if location.line is None else f"#L{location.line}"
        return Place(text, f"{self._files}/{quote(location.path, errors='replace')}{anchor}")

    def days_left(self, waiver: Waiver) -> int:
        """Days from the report's day to the waiver's last; negative once it has expired."""
        return (waiver.expires - self.report.as_of).days

    def ends_soon(self, waiver: Waiver) -> bool:
        """Whether the waiver needs its owner's attention within a month."""
        return self.days_left(waiver) <= EXPIRES_SOON_DAYS

    @cached_property
    def _files(self) -> str:
        if self.browse:
            return self.browse
        git = self.report.target.git
        return _browse(git, "blob", git.commit) if git and git.dirty is False else ""

    @cached_property
    def _by_location(self) -> dict[Location, list[Package]]:
        return packages_by_location(self.report.target)

    def _rows(self, disposition: Disposition) -> tuple[Row, ...]:
        rows = (self._row(item) for item in self.report.findings if item.disposition == disposition)
        return tuple(sorted(rows, key=lambda row: row.order))

    def _row(self, judged: Judged) -> Row:
        finding = judged.finding
        name, version = package_of(finding.subject)
        if _FINGERPRINT.fullmatch(name) and finding.locations:
            # A secret is known by its fingerprint, which no reader can use: the file can be found.
            name = finding.locations[0].path
        places = (
            # What is removed is not on the page of today's file.
            Place(_where(location.path, location.line)) if finding.removed else self.place(location)
            for location in finding.locations[:_MAX_PLACES]
        )
        return Row(
            judged=judged,
            name=name,
            version=version,
            direct=is_direct(finding, self._by_location),
            places=tuple(place for place in places if place),
            chains=tuple(" → ".join(chain) for chain in finding.paths[:_MAX_CHAINS]),
            commits=tuple(self._holder(commit) for commit in finding.commits[:_MAX_COMMITS]),
        )

    def _holder(self, commit: Commit) -> Holder:
        page = _browse(self.report.target.git, "commit", commit.id)
        return Holder(Place(commit.id[:12], page), commit.day, _where(commit.path, commit.line))


_ANSWERED = {Status.CLEAN, Status.FOUND, Status.NOT_APPLICABLE}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MAX_PLACES = 5
_MAX_CHAINS = 3
_MAX_COMMITS = 3


def _where(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"


def _counts(pairs: Iterable[tuple[Mark, int]]) -> tuple[Count, ...]:
    return tuple(Count(mark, number) for mark, number in pairs if number)


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


# ------------------------------------------------------------------------------------- counting


def counts(view: View) -> dict[str, int | dict[str, int]]:
    """The numbers of the report, zeros included, as `report.json` carries them."""
    report = view.report
    findings = Counter(judged.disposition.value for judged in report.findings)
    rated = Counter(row.finding.severity.value for row in view.open)
    checks = Counter(evidence.status.value for evidence in report.evidence)
    controls = Counter(result.answer.outcome.value for result in report.controls)
    return {
        "findings": {key.value: findings[key.value] for key in Disposition},
        "violations_by_severity": {key.value: rated[key.value] for key in Severity},
        "violations_known_exploited": view.exploited,
        "unevaluated": len(report.unevaluated),
        "unevaluated_blocking": view.blocking,
        "checks": {key.value: checks[key.value] for key in Status},
        "controls": {key.value: controls[key.value] for key in Outcome},
        "packages": view.packages,
    }


def numbered(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 package", "2,000 packages"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def ticked(text: str) -> Iterable[tuple[str, bool]]:
    """The parts of a sentence, each with whether it stood between backticks: "Run `nox`."."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]
