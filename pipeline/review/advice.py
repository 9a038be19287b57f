"""Which advisories a change brings and which it mends, from the evidence of the dependencies check.

Nothing found is only said of what was looked at: the check's coverage names what was not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Finding, Status

if TYPE_CHECKING:
    from pipeline.model import Evidence, Lock
    from pipeline.review.model import Side

_Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one side's evidence says: findings by lock and purl, gaps by lock and key.

    `open` says why the whole side is not known, "" where it is.
    """

    findings: Mapping[tuple[str, str], Sequence[Finding]]
    gaps: Mapping[tuple[str, str], str]
    scopes: frozenset[str]
    open: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What is known of both sides of a change."""

    _before: _Known
    _after: _Known

    @classmethod
    def of(cls, before: Evidence, after: Evidence) -> Advice:
        """From the evidence of the dependencies check on either side."""
        return cls(_known(before), _known(after))

    @property
    def open_before(self) -> str:
        """Why nothing is known of the base, or ""."""
        return self._before.open

    @property
    def open(self) -> str:
        """Why nothing is known of what there is now, or ""."""
        return self._after.open

    def between(
        self,
        before: Lock | None,
        old: Side | None,
        after: Lock | None,
        new: Side | None,
    ) -> tuple[_Findings, _Findings, _Findings]:
        """The findings that the new side brings, those it keeps, and those it mends.

        One problem goes by several ids: any that both sides share makes it the same.
        """
        was, now = _of(self._before, before, old), _of(self._after, after, new)
        known = frozenset(id_ for finding in was for id_ in finding.ids)
        still = frozenset(id_ for finding in now for id_ in finding.ids)
        return (
            tuple(finding for finding in now if not finding.ids & known),
            tuple(finding for finding in now if finding.ids & known),
            tuple(finding for finding in was if not finding.ids & still),
        )

    def unknown(self, lock: Lock | None, new: Side | None) -> str:
        """Why nobody knows of advisories for a package of a lock; "" where it is known."""
        if lock is None or new is None:
            return ""
        if self._after.open:
            return self._after.open
        gaps = (self._after.gaps.get((lock.path, package.key)) for package in new.packages)
        if found := next((why for why in gaps if why), ""):
            return found
        return "" if lock.path in self._after.scopes else "the check did not look at this lock"


def _known(evidence: Evidence) -> _Known:
    findings: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in evidence.findings:
        for path in sorted({place.path for place in finding.locations}):
            findings[path, finding.subject].append(finding)
    ended = evidence.status not in {Status.ERRORED, Status.SKIPPED}
    return _Known(
        findings=findings,
        gaps={
            (part.scope, missing.subject): missing.why
            for part in evidence.coverage
            for missing in part.missing
        },
        scopes=frozenset(part.scope for part in evidence.coverage),
        open="" if ended else evidence.reason or "the check did not end",
    )


def _of(known: _Known, lock: Lock | None, side: Side | None) -> list[Finding]:
    if lock is None or side is None:
        return []
    found = {
        finding.fingerprint: finding
        for package in side.packages
        for path in {lock.path, package.location.path, *lock.files}
        for finding in known.findings.get((path, package.purl), ())
    }
    return sorted(found.values(), key=lambda one: (one.severity.rank, one.rule))
