"""What people are told of a review, whatever the format."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.model import Kind, Severity
from pipeline.report.words import SEVERITIES, numbered
from pipeline.review.model import Change, LockFate
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.model import Finding
    from pipeline.review.model import Commit, LockChange, PackageChange, Review

ORDER = tuple(Change)
"""The order in which kinds of change are counted."""

_MAX_TITLE = 120


def ends(review: Review) -> str:
    """What was compared with what."""
    return f"{_end(review.base)} to {_end(review.head)}"


def _end(commit: Commit) -> str:
    if commit.working_tree:
        return "the working tree"
    named = f" ({commit.asked})" if commit.id and not commit.id.startswith(commit.asked) else ""
    return f"{(commit.id or '')[:12]}{named}"


def headline(review: Review) -> str:
    """The change in one sentence; two equal ends are never a change that is fine."""
    if review.same:
        return (
            "Both ends are the same commit, so nothing was compared: this says nothing about the"
            " repository's dependencies."
        )
    counted = Counter(change.kind for change in review.changes())
    told = [f"{counted[kind]:,} {kind.value}" for kind in ORDER if counted[kind]]
    locks = numbered(len(review.locks), "lock")
    if not told:
        return f"No package changed; {locks} of {len(review.locks) + review.unchanged} differ."
    return f"{', '.join(told)}, in {locks}."


def findings_line(review: Review) -> str:
    """How many advisories the change brings and mends, and for how much that is not known."""
    changes = list(review.changes())
    brings = {(one.rule, change.name) for change in changes for one in change.brings}
    mends = {(one.rule, change.name) for change in changes for one in change.mends}
    unknown = sum(bool(change.unknown) for change in changes)
    text = f"It brings {_advisories(len(brings))} and mends {_advisories(len(mends))}."
    if unknown:
        text += f" For {numbered(unknown, 'changed package')} nobody knows: not evaluated."
    return text


def _advisories(number: int) -> str:
    return numbered(number, "advisory", "advisories")


def worst(change: PackageChange) -> Severity | None:
    """The severity that a change is shown with, `None` where nothing is known against it."""
    known = [one.severity for one in (*change.brings, *change.keeps)]
    known += [alarm.severity for alarm in change.alarms]
    if any(one.kind is Kind.MALWARE for one in (*change.brings, *change.keeps)):
        return Severity.CRITICAL
    if change.unknown:
        known.append(Severity.UNKNOWN)
    return min(known, key=lambda one: one.rank, default=None)


def versions(change: PackageChange) -> str:
    """From which version to which."""
    before = (change.before.version or "no version") if change.before else ""
    after = (change.after.version or "no version") if change.after else ""
    return before if before == after else " → ".join(part for part in (before, after) if part)


def asked_for(change: PackageChange) -> str:
    """Direct or transitive, and by what way."""
    side = change.after or change.before
    if side is None or side.direct:
        return "direct" if side else ""
    way = f" by {' → '.join(side.chains[0])}" if side.chains else ""
    return f"transitive{way}" if side.direct is False or way else ""


def advisory(finding: Finding) -> str:
    """An advisory in a few words."""
    rated = SEVERITIES[finding.severity].label.lower()
    what = "malware" if finding.kind is Kind.MALWARE else rated
    known = ", known to be exploited" if finding.exploited else ""
    fixed = f", fixed in {finding.fixed_versions[0]}" if finding.fixed_versions else ""
    return f"{finding.rule} ({what}{known}{fixed}) {plain(finding.title, limit=_MAX_TITLE)}"


def release(change: PackageChange) -> str:
    """Age and licence of the new version, as far as a registry was asked."""
    if change.after is None:
        return ""
    if change.release is None:
        return "age and licence not evaluated"
    day = change.release.published
    out = f"out since {day}" if day else "age not known"
    return f"{out}, licence {change.release.licence or 'not declared'}"


def lock_line(lock: LockChange) -> str:
    """What happened to a lock."""
    match lock.fate:
        case LockFate.ADDED:
            return f"{lock.path}: a new lock of {numbered(lock.packages, 'package')}"
        case LockFate.REMOVED:
            return f"{lock.path}: removed"
        case LockFate.MOVED:
            return f"{lock.path}: before {lock.before}"
        case _:
            return f"{lock.path}" + ("" if lock.changes else ": differs, but in no package")
