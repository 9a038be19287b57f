"""Problems of ours and Trivy's sightings as the findings of the report: one for each problem."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration.trivy import ALIKE, SAME, aliases, by_rule
from pipeline.checks.hardening.rules import CHECK, RULES
from pipeline.model import Finding, Kind, Location
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.checks.hardening.configuration.trivy import Sighting
    from pipeline.checks.hardening.problem import Problem

OWN, TRIVY = "own rules", "Trivy"
MAX_TOLD = 20
"""Places whose detail is told in one finding; the rest is counted. Every place is listed."""

_ASKED_BY_TRIVY = frozenset(SAME.values())


def findings(
    problems: Iterable[Problem],
    sightings: Iterable[Sighting],
    *,
    read: Collection[str],
    seen: Collection[str],
) -> tuple[Finding, ...]:
    """One finding per rule and file, with every place, and who saw it.

    `read` are the files that our rules could look at, `seen` those that Trivy did.
    """
    found: dict[tuple[str, str], Finding] = {}
    groups: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[problem.rule, problem.place.path].append(problem)
    for (rule, path), group in groups.items():
        found[rule, path] = _own(rule, path, group)
    own = frozenset(found)
    merged: set[tuple[str, str]] = set()
    for (name, path), rows in by_rule(sightings).items():
        rule = SAME.get(name) or ALIKE.get(name, "")
        if (rule, path) in own:
            found[rule, path] = _joined(found[rule, path], name, rows)
            merged.add((rule, path))
        elif name in SAME:
            missed = (OWN,) if path in read else ()
            theirs = _theirs(rule, name, path, rows, missed=missed)
            key = (rule, path)
            found[key] = _joined(found[key], name, rows) if key in found else theirs
        else:
            found[name, path] = _theirs("", name, path, rows)
    for rule, path in own - merged:
        if rule in _ASKED_BY_TRIVY and path in seen:
            found[rule, path] = replace(found[rule, path], missed_by=(TRIVY,))
    return tuple(found[key] for key in sorted(found))


def _own(rule: str, path: str, group: list[Problem]) -> Finding:
    known = RULES[f"{CHECK}/{rule}"]
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{rule}",
        kind=Kind.RULE,
        severity=min((one.severity for one in group), key=lambda one: one.rank),
        title=known.title,
        subject=path,
        locations=tuple(sorted({one.place for one in group}, key=_order)),
        detail=_told([(one.place.line, one.detail) for one in group]),
        fix=known.fix,
        url=next((one.url for one in group if one.url), ""),
        seen_by=(OWN,),
    )


def _theirs(
    rule: str, name: str, path: str, rows: list[Sighting], *, missed: tuple[str, ...] = ()
) -> Finding:
    """What only Trivy saw: under our name where we have one for it, else under its own."""
    known = RULES[f"{CHECK}/{rule}"] if rule else None
    first = rows[0]
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{rule}" if rule else name,
        kind=Kind.RULE,
        severity=min((one.severity for one in rows), key=lambda one: one.rank),
        title=known.title if known else first.title,
        subject=path,
        locations=tuple(sorted(set(map(_place, rows)), key=_order)),
        detail=_told([(one.line, one.message or one.title) for one in rows]),
        fix=known.fix if known else first.fix,
        url=first.url,
        aliases=(name, *aliases(name)) if rule else aliases(name),
        seen_by=(TRIVY,),
        missed_by=missed,
    )


def _joined(one: Finding, name: str, rows: list[Sighting]) -> Finding:
    """A finding that Trivy saw as well: its places stand where ours do not already."""
    lines = {place.line for place in one.locations}
    more = {
        _place(row)
        for row in rows
        if row.line is not None
        and not any(line and row.line <= line <= (row.end or row.line) for line in lines)
    }
    return replace(
        one,
        severity=min((one.severity, *(row.severity for row in rows)), key=lambda it: it.rank),
        locations=tuple(sorted({*one.locations, *more}, key=_order)),
        aliases=tuple(dict.fromkeys((*one.aliases, name, *aliases(name)))),
        url=one.url or rows[0].url,
        seen_by=tuple(dict.fromkeys((*one.seen_by, TRIVY))),
    )


def _told(details: list[tuple[int | None, str]]) -> str:
    told = sorted({(line or 0, plain(detail)) for line, detail in details})
    lines = [f"line {line}: {detail}" if line else detail for line, detail in told[:MAX_TOLD]]
    return "; ".join(
        [*lines, *([f"and {len(told) - MAX_TOLD} more"] if len(told) > MAX_TOLD else [])]
    )


def _place(row: Sighting) -> Location:
    return Location(path=row.path, line=row.line)


def _order(place: Location) -> tuple[int, int]:
    return (place.line or 0, place.column or 0)
