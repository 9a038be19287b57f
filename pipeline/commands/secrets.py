"""`supply-chain secrets`: the search for secrets by itself, and a record of accepted ones.

`scan` looks and tells, and writes nothing; with `--staged`, only at what is about to be
committed, which is what the pre-commit hook calls. `baseline` writes what is there today as
waivers with a reason and an end, for `supply-chain.yml`.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline import collect, policy, settings, stages
from pipeline.checks.job import Skip
from pipeline.errors import ExitCode, IncompleteError, UsageError
from pipeline.files import write
from pipeline.model import Disposition, Reading
from pipeline.policy.rules import MAX_WAIVER_DAYS
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pipeline.model import Finding, Judged, Missing
    from pipeline.store import Plan

CHECK = "secrets"


def execute(arguments: argparse.Namespace) -> int:
    """Look for secrets; tell them, or write them down as accepted."""
    is_baseline = arguments.action == "baseline"
    request = stages.Request(
        target=arguments.target,
        config=arguments.config,
        images=tuple(arguments.image),
        platform=arguments.platform or "",
    )
    plan = stages.sketch(request, CHECK, built=is_baseline or not arguments.staged)
    if is_baseline:
        return _baseline(plan, arguments)
    if arguments.staged:
        plan = replace(plan, secrets=replace(plan.secrets, staged=True))
    reading = _read(plan)
    judged = policy.weigh(list(reading.findings), plan.policy, plan.as_of)
    for item in judged:
        if item.disposition is Disposition.VIOLATION or not arguments.quiet:
            sys.stdout.write(f"{_told(item)}\n")
    gaps = list(_gaps(reading))
    for gap in gaps:
        sys.stderr.write(f"not looked at: {plain(gap.subject)}: {plain(gap.why)}\n")
    if any(item.disposition is Disposition.VIOLATION for item in judged):
        return ExitCode.VIOLATED
    return ExitCode.INCOMPLETE if gaps else ExitCode.COMPLIANT


def _read(plan: Plan) -> Reading:
    """What the check says; nothing to look at is an empty reading. Raises for its faults."""
    found = collect.perform(CHECK, plan)
    return Reading() if isinstance(found, Skip) else found


def _told(item: Judged) -> str:
    finding = item.finding
    places = ", ".join(
        f"{place.path}:{place.line}" if place.line else place.path
        for place in finding.locations[:3]
    )
    kind = finding.severity.value
    if item.disposition is not Disposition.VIOLATION:
        kind = f"{kind}, {item.disposition.value.replace('_', ' ')}"
    return plain(f"{kind}: {finding.title} [{finding.rule}] at {places}: {finding.detail}")


def _gaps(reading: Reading) -> Iterator[Missing]:
    return (one for part in reading.coverage if part.required for one in part.missing)


def _baseline(plan: Plan, arguments: argparse.Namespace) -> int:
    """Waivers for what is there today and is not accepted yet.

    Raises `IncompleteError` unless everything was read, and `UsageError` for waivers that would
    not load, or would be findings themselves.
    """
    if arguments.expires < plan.as_of:
        raise UsageError(
            f"the day {arguments.expires} is over", fix="name a day in the future with --expires"
        )
    if (arguments.expires - plan.as_of).days > MAX_WAIVER_DAYS:
        raise UsageError(
            f"{arguments.expires} is more than {MAX_WAIVER_DAYS} days away",
            fix="name an earlier day with --expires: a waiver is to be looked at again",
        )
    if arguments.output and arguments.output.exists():
        raise UsageError(
            "the file exists already",
            where=str(arguments.output),
            fix="name a new one, and put its waivers where they belong",
        )
    reading = _read(plan)
    if gaps := list(_gaps(reading)):
        raise IncompleteError(
            f"not everything was looked at: {gaps[0].subject}: {gaps[0].why}",
            fix="mend that first: what was not seen cannot be accepted",
        )
    judged = policy.weigh(reading.findings, plan.policy, plan.as_of)
    new = [
        item.finding
        for item in judged
        if item.finding.check == CHECK and item.disposition is not Disposition.WAIVED
    ]
    text = "".join(_lines(new, arguments))
    settings.parse(text, "the waivers")
    if arguments.output:
        write(arguments.output.absolute(), text.encode())
    else:
        sys.stdout.write(text)
    return ExitCode.COMPLIANT


def _lines(findings: Sequence[Finding], arguments: argparse.Namespace) -> Iterator[str]:
    yield "waivers:\n" if findings else "waivers: []\n"
    for finding in findings:
        yield f"  # {plain(finding.title, limit=200)}\n"
        yield f"  - id: {_quoted(finding.aliases[0] if finding.aliases else finding.rule)}\n"
        if not finding.aliases:
            yield f"    path: {_quoted(finding.locations[0].path)}\n"
            if re.search("[*?]", finding.subject):
                # A name of a file that would be a pattern as a path; here it is taken literally.
                yield f"    package: {_quoted(finding.subject)}\n"
        yield f"    reason: {_quoted(arguments.reason)}\n"
        yield f"    owner: {_quoted(arguments.owner)}\n"
        yield f"    expires: {arguments.expires}\n"


def _quoted(text: str) -> str:
    """A text as YAML: JSON's strings are YAML's, but for its two halves of one character.

    Source: YAML 1.2, 1.2 "Relation to JSON", and 5.7 "Escaped Characters".
    """

    def whole(pair: re.Match[str]) -> str:
        code = ord(json.loads(f'"{pair[0]}"'))
        return f"\\U{code:08x}"

    return re.sub(r"\\ud[89ab]\w\w\\ud[c-f]\w\w", whole, json.dumps(text))
