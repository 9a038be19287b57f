"""Which lock of the base is which lock now: by path, else by what they lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pipeline.model import Lock, Target

_ALIKE = 0.5
"""The share of packages that two locks of different folders must have in common."""


class Pair(NamedTuple):
    """The same lock in both targets; `None` where one does not have it."""

    before: Lock | None
    after: Lock | None


def pairs(before: Target, after: Target) -> tuple[Pair, ...]:
    """Every lock of two targets exactly once, sorted by path.

    Locks of one path are the same. Of the others, a lock that took another's place in its folder
    is the same, and one in another folder if they share most of their packages.
    """
    old = {(lock.path, lock.ecosystem): lock for lock in before.locks}
    new = {(lock.path, lock.ecosystem): lock for lock in after.locks}
    found = [Pair(old.pop(key), new.pop(key)) for key in sorted(old.keys() & new.keys())]
    candidates = sorted(
        (_distance(one, other), one.path, other.path, one.ecosystem)
        for one in old.values()
        for other in new.values()
        if one.ecosystem == other.ecosystem
    )
    for distance, path, new_path, ecosystem in candidates:
        was, is_ = (path, ecosystem), (new_path, ecosystem)
        if distance is not _NEVER and was in old and is_ in new:
            found.append(Pair(old.pop(was), new.pop(is_)))
    found += [Pair(lock, None) for lock in old.values()]
    found += [Pair(None, lock) for lock in new.values()]
    return tuple(sorted(found, key=_path))


def moved(before: Target, after: Target) -> dict[str, str]:
    """The new path of every lock of `before` that stands elsewhere in `after`."""
    return {
        pair.before.path: pair.after.path
        for pair in pairs(before, after)
        if pair.before and pair.after and pair.before.path != pair.after.path
    }


_NEVER = (2, 1.0)


def _distance(one: Lock, other: Lock) -> tuple[int, float]:
    """How far two locks are apart, `_NEVER` for two that have nothing to do with each other."""
    names, others = ({package.name for package in lock.packages} for lock in (one, other))
    shared = len(names & others) / max(len(names | others), 1)
    if _folder(one.path) == _folder(other.path):
        return 0, -shared
    return (1, -shared) if shared >= _ALIKE else _NEVER


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _path(pair: Pair) -> tuple[str, str]:
    lock = pair.after or pair.before
    assert lock is not None
    return lock.path, lock.ecosystem
