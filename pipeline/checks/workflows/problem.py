"""A problem at one place, and how several of them become the findings of the report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.workflows.rules import RULES, page
from pipeline.model import Finding, Kind, Location, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECK = "workflows"
MAX_TOLD = 20
"""Places whose detail is told in one finding; the rest is counted. Every place is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at `place`. `rule` is the id without the check's name.

    `detail` is one clause and never repeats a value that could be a secret. `title` and `url` are
    for rules of a tool that our table does not know. `seen_by` is "" for our own rules.
    """

    rule: str
    severity: Severity
    place: Location
    detail: str
    title: str = ""
    url: str = ""
    seen_by: str = ""


def findings(problems: Iterable[Problem]) -> tuple[Finding, ...]:
    """One finding per rule and file, with every place; the worst place rates it.

    Where a tool and a rule of ours name the same line, the tool's place stands for both.
    """
    groups: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[problem.rule, problem.place.path].append(problem)
    return tuple(_finding(groups[key]) for key in sorted(groups))


def _finding(group: list[Problem]) -> Finding:
    first = group[0]
    known = RULES.get(f"{CHECK}/{first.rule}")
    seen = {problem.place.line for problem in group if problem.seen_by}
    places = {
        problem.place for problem in group if problem.seen_by or problem.place.line not in seen
    }
    told = sorted({(problem.place.line or 0, plain(problem.detail)) for problem in group})
    lines = [f"line {line}: {detail}" if line else detail for line, detail in told[:MAX_TOLD]]
    if len(told) > MAX_TOLD:
        lines.append(f"and {len(told) - MAX_TOLD} more")
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{first.rule}",
        kind=Kind.RULE,
        severity=min((problem.severity for problem in group), key=lambda one: one.rank),
        title=known.title if known else plain(first.title, limit=200),
        subject=first.place.path,
        locations=tuple(sorted(places, key=lambda one: (one.line or 0, one.column or 0))),
        detail="; ".join(lines),
        fix=known.fix if known else "see what the tool says about this rule",
        url=next((problem.url for problem in group if problem.url), page(first.rule)),
        seen_by=tuple(sorted({problem.seen_by for problem in group if problem.seen_by})),
    )
