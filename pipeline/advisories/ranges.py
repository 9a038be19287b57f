"""Ranges of versions: the events of an OSV range, and on which side of them a version lies.

The rules are those of "Evaluation" in https://ossf.github.io/osv-schema/. Three-valued: `None`
means that an event which cannot be placed leaves the answer open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pipeline.advisories.ecosystems import Ordering


class Asked(NamedTuple):
    """The version in question: as written, as its ecosystem compares it, and what it rebuilds."""

    text: str
    value: Any
    base: Any
    ordering: Ordering


def includes(events: Any, asked: Asked) -> bool | None:
    """Whether the range holds the version.

    The last event at or before the version decides, and a limit must lie above it. Where an
    event cannot be placed, the range still decides if no place of it could matter.
    """
    timeline = _timeline(events, asked.ordering)
    verdicts = (_below_limit(timeline, asked), _inside(timeline, asked))
    if False in verdicts:
        return False
    return None if None in verdicts else True


def first_fix(events: Any, asked: Asked) -> Event | None:
    """The first fix above the version, or `None`."""
    timeline = _timeline(events, asked.ordering)
    fixes = (event for event in timeline.events if event.kind == "fixed")
    return next((event for event in fixes if event.value > asked.value), None)


def _below_limit(timeline: _Timeline, asked: Asked) -> bool | None:
    if any(limit is None or asked.value < limit for limit in timeline.limits):
        return True
    if "limit" in timeline.unplaced:
        return None
    return not timeline.limits


def _inside(timeline: _Timeline, asked: Asked) -> bool | None:
    """What the last event reached says; `None` where one that is not placed could overrule it."""
    reached = [event for event in timeline.events if _reached(event, asked)]
    if reached and reached[-1].kind == "introduced":
        return None if timeline.unplaced & {"fixed", "last_affected"} else True
    return None if "introduced" in timeline.unplaced else False


class Event(NamedTuple):
    """An event with its version as text and value; `None` for "0", which is below everything."""

    kind: str
    text: str
    value: Any


class _Timeline(NamedTuple):
    """A range's events in order, its limits (`None` for "*"), and the kinds not understood."""

    events: list[Event]
    limits: list[Any]
    unplaced: frozenset[str]


_RANK = {"fixed": 0, "introduced": 1, "last_affected": 2}
"""The order at one version: what is fixed and introduced again at once is introduced."""
_ENDS = {"fixed", "last_affected"}


def _timeline(events: Any, ordering: Ordering) -> _Timeline:
    placed: list[Event] = []
    limits: list[Any] = []
    unplaced: set[str] = set()
    pairs: list[tuple[str, Any]] = [
        pair
        for event in (events if isinstance(events, list) else [None])
        for pair in (event.items() if isinstance(event, dict) else [("", None)])
    ]
    for kind, text in _without_empty(pairs):
        if kind == "limit" and text == "*":
            limits.append(None)
            continue
        if kind == "introduced" and text == "0":
            placed.append(Event(kind, text, None))
            continue
        if kind not in (*_RANK, "limit"):
            # An event of an unknown kind could open the range as well as close it.
            unplaced |= {"introduced", "fixed"}
            continue
        # The last affected "1.0" may well mean all of 1.0.x: nothing is added to that.
        parse = ordering.parse if kind == "last_affected" else ordering.parse_start
        try:
            value = parse(text)
        except (TypeError, ValueError):
            unplaced.add(kind)
            continue
        if kind == "limit":
            limits.append(value)
        else:
            placed.append(Event(kind, text, value))
    if not any(kind == "introduced" for kind, _ in pairs):
        unplaced.add("introduced")
    lowest = [event for event in placed if event.value is None]
    rest = [event for event in placed if event.value is not None]
    rest.sort(key=lambda event: (event.value, _RANK[event.kind]))
    return _Timeline(lowest + rest, limits, frozenset(unplaced))


def _without_empty(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The events without ranges that end where they start.

    RustSec writes "introduced" X, "fixed" X where a series was never affected. Only a pair that
    stands between whole ranges is one; else both events are kept, and what is fixed and
    introduced at once is introduced.
    """
    kept: list[tuple[str, Any]] = []
    place = 0
    while place < len(pairs):
        kind, text = pairs[place]
        if (
            kind == "introduced"
            and pairs[place + 1 : place + 2] == [("fixed", text)]
            and (not kept or kept[-1][0] in _ENDS)
            and all(following[0] == "introduced" for following in pairs[place + 2 : place + 3])
        ):
            place += 2
        else:
            kept.append((kind, text))
            place += 1
    return kept


def _reached(event: Event, asked: Asked) -> bool:
    """Whether the event speaks about the version; a rebuild of the last affected is not past it."""
    if event.value is None:
        return True
    if event.kind == "last_affected":
        return bool(event.value < asked.value and event.value != asked.base)
    return bool(event.value <= asked.value)
