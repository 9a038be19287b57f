"""The review as text for a terminal. Every string from outside is made plain first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.review import words
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.review.model import PackageChange, Review

_MAX_LISTED = 50
_SIGNS = {
    "added": "+",
    "removed": "-",
    "upgraded": "^",
    "downgraded": "v",
    "replaced": "~",
    "altered": "!",
}


def render(review: Review) -> str:
    """The whole review, lock by lock, worst change first."""
    return "".join(f"{line}\n" for line in _lines(review))


def _lines(review: Review) -> Iterator[str]:
    yield plain(f"{review.name}: {words.ends(review)}, as of {review.as_of}")
    yield plain(words.headline(review))
    if not review.same:
        yield plain(words.findings_line(review))
    for lock in review.locks:
        yield ""
        yield plain(words.lock_line(lock))
        for change in lock.changes:
            yield from _change(change)
    if review.unseen:
        yield ""
        yield f"not compared: {len(review.unseen):,}"
        for part in review.unseen[:_MAX_LISTED]:
            line = f":{part.line}" if part.line else ""
            where = f"{part.path}{line}: " if part.path else ""
            yield plain(f"  {part.side}: {where}{part.why}")
        if len(review.unseen) > _MAX_LISTED:
            yield f"  and {len(review.unseen) - _MAX_LISTED:,} more, in --json"


def _change(change: PackageChange) -> Iterator[str]:
    asked = words.asked_for(change)
    yield plain(
        f"  {_SIGNS[change.kind]} {change.name} {words.versions(change)}  {change.kind.value}"
        + (f", {asked}" if asked else "")
    )
    for finding in change.brings:
        yield plain(f"      brings {words.advisory(finding)}")
    for finding in change.keeps:
        yield plain(f"      still  {words.advisory(finding)}")
    for finding in change.mends:
        yield plain(f"      mends  {words.advisory(finding)}")
    for alarm in change.alarms:
        yield plain(f"      {alarm.severity.value}: {alarm.text}")
    if change.unknown:
        yield plain(f"      advisories not evaluated: {change.unknown}")
    if told := words.release(change):
        yield plain(f"      {told}")
