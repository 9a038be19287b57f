"""A report as it is read, whatever the format: order, counts and links.

The HTML page, the job summary and the counts in `report.json` all come from here, so that they
cannot disagree. Nothing here escapes anything: that is each format's own business.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.model import Disposition, Outcome, Report, Severity, Status
from pipeline.report.links import github_page
from pipeline.report.row import (
    Holder,
    Place,
    Row,
    is_direct,
    package_of,
    packages_by_location,
    where,
)
from pipeline.report.words import DECISIONS, OUTCOMES, SEVERITIES, STATUSES, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pipeline.model import Commit, Judged, Location, Package, Waiver

EXPIRES_SOON_DAYS = 30
"""A waiver that ends within so many days is pointed out."""
_ANSWERED = {Status.CLEAN, Status.FOUND, Status.NOT_APPLICABLE}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MAX_PLACES = 5
_MAX_CHAINS = 3
_MAX_COMMITS = 3


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
        return github_page(git, "commit", git.commit if git else None)

    def place(self, location: Location | None) -> Place | None:
        """`location` as text and link. A changed working tree is not linked: lines may differ."""
        if location is None:
            return None
        text = where(location.path, location.line)
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
        return github_page(git, "blob", git.commit) if git and git.dirty is False else ""

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
            Place(where(location.path, location.line)) if finding.removed else self.place(location)
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
        page = github_page(self.report.target.git, "commit", commit.id)
        return Holder(Place(commit.id[:12], page), commit.day, where(commit.path, commit.line))


def _counts(pairs: Iterable[tuple[Mark, int]]) -> tuple[Count, ...]:
    return tuple(Count(mark, number) for mark, number in pairs if number)


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
