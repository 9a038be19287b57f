"""Dependency review: what a change does to the locks, and what that brings in. Pure.

model      the words of a review
pairs      two targets               ->  which lock of the one is which lock of the other
changes    two locks                 ->  packages added, removed, upgraded, downgraded, changed
alarms     a package's two sides     ->  what a reviewer should look at
advice     the evidence of a check   ->  which advisories a change brings and which it mends
here       all of that               ->  `compare`: the review
as_json, as_markdown, as_text        ->  the review in `words`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.discover.unlocked import unlocked
from pipeline.model import Origin
from pipeline.policy import stale
from pipeline.review.advice import Advice
from pipeline.review.alarms import alarms
from pipeline.review.changes import change_order, changes
from pipeline.review.model import LockChange, LockFate, PackageChange, Review, Unseen
from pipeline.review.pairs import moved, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.model import Evidence, Target
    from pipeline.review.changes import Changed
    from pipeline.review.model import Commit, Release, Releases, Side
    from pipeline.review.pairs import Pair

__all__ = ["compare", "moved", "pairs", "versions"]


def versions(before: Target, after: Target) -> tuple[tuple[str, str, str], ...]:
    """Ecosystem, name and version of all that a registry can be asked about a change."""
    found = {
        (changed.ecosystem, changed.name, package.version)
        for pair in pairs(before, after)
        for changed in changes(*pair)
        for side in (changed.before, changed.after)
        for package in (side.packages if side else ())
        if package.version and package.source.origin is Origin.REGISTRY
    }
    return tuple(sorted(found))


def compare(  # noqa: PLR0913 - two of each, and what is known beside them
    *,
    version: str,
    as_of: date,
    base: Commit,
    head: Commit,
    before: Target,
    after: Target,
    evidence_before: Evidence,
    evidence_after: Evidence,
    releases: Releases,
) -> Review:
    """The review of the change from the target `before` to the target `after`.

    The evidence is that of the dependencies check on either. What `releases` does not know is
    told as not evaluated.
    """
    advice = Advice.of(evidence_before, evidence_after)
    found = [_lock_change(pair, advice, releases, as_of) for pair in pairs(before, after)]
    data = {record for item in (evidence_before, evidence_after) for record in item.data}
    return Review(
        version=version,
        name=after.name,
        as_of=as_of,
        base=base,
        head=head,
        locks=tuple(lock for lock in found if lock.fate is not LockFate.SAME),
        unchanged=sum(lock.fate is LockFate.SAME for lock in found),
        unseen=(
            *_unseen("base", before, evidence_before, advice.open_before),
            *_unseen("head", after, evidence_after, advice.open),
        ),
        data=tuple(sorted(data, key=repr)),
        known=not (advice.open or advice.open_before),
    )


def _lock_change(pair: Pair, advice: Advice, releases: Releases, as_of: date) -> LockChange:
    before, after = pair
    told = [
        _package_change(pair, changed, advice, releases, as_of)
        for changed in changes(before, after)
    ]
    if before is None:
        fate = LockFate.ADDED
    elif after is None:
        fate = LockFate.REMOVED
    elif before.path != after.path:
        fate = LockFate.MOVED
    else:
        fate = LockFate.CHANGED if told or before.digest != after.digest else LockFate.SAME
    lock = after or before
    assert lock is not None
    return LockChange(
        fate=fate,
        path=lock.path,
        before=before.path if before else None,
        format=lock.format,
        ecosystem=lock.ecosystem,
        packages=len({package.key for package in after.packages}) if after else 0,
        changes=tuple(sorted(told, key=change_order)),
    )


def _package_change(
    pair: Pair, changed: Changed, advice: Advice, releases: Releases, as_of: date
) -> PackageChange:
    kind, ecosystem, name, before, after = changed
    path = next(lock.path for lock in (pair.after, pair.before) if lock)
    brings, keeps, mends = advice.between(pair.before, before, pair.after, after)
    old = _release(releases, ecosystem, name, before)
    new = _release(releases, ecosystem, name, after)
    return PackageChange(
        kind=kind,
        ecosystem=ecosystem,
        name=name,
        before=before,
        after=after,
        lock=path,
        brings=brings,
        keeps=keeps,
        mends=mends,
        unknown=advice.unknown(pair.after, after),
        alarms=alarms(before, after, old=old, new=new, as_of=as_of),
        release=new,
    )


def _release(releases: Releases, ecosystem: str, name: str, side: Side | None) -> Release | None:
    found = releases.get((ecosystem, name, side.version)) if side and side.version else None
    return found if found and found.gap is None else None


def _unseen(side: str, target: Target, evidence: Evidence, open_: str) -> Iterator[Unseen]:
    """What could not be compared, because nobody could read it on one side."""
    if open_:
        yield Unseen(side=side, path="", why=f"advisories were not evaluated: {open_}")
    for record in stale(evidence):
        why = f"{record.name} are too old: of {record.as_of or 'no known day'}"
        yield Unseen(side=side, path="", why=why)
    for part in (*target.unread, *(part for lock in target.locks for part in lock.unread)):
        yield Unseen(side=side, path=part.location.path, line=part.location.line, why=part.why)
    for part in unlocked(target):
        yield Unseen(side=side, path=part.location.path, why=part.why)
