"""Policy: what is acceptable, and what follows from it. Pure, and sees the model alone.

    weigh        findings and waivers      ->  what policy made of each finding
    unevaluated  evidence and controls     ->  everything that nobody looked at
    decide       all of that               ->  the verdict
    judge        all of that               ->  the report

The verdict follows from the report's own lines: one violation makes it `violated`, else one
blocking line of what was not evaluated makes it `incomplete`. Nothing else leads to `compliant`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline.errors import ExitCode
from pipeline.model import (
    Decision,
    Disposition,
    Finding,
    Gap,
    Gate,
    Judged,
    Kind,
    Location,
    Outcome,
    Report,
    Severity,
    Status,
    Unevaluated,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from pipeline.model import (
        ControlResult,
        Coverage,
        DataRecord,
        Evidence,
        FrameworkCount,
        Policy,
        Target,
        Waiver,
    )

CHECK = "policy"
"""The name under which policy reports what is wrong with its own waivers."""

INTEGRITY = "GATE-01"
"""The control whose failure means "we do not know", never "we found it"."""

MAX_WAIVER_DAYS = 366
"""A risk is accepted for a year at most; then somebody looks again."""

_SETTINGS = "supply-chain.yml"
_SIDE_DATA = frozenset({"kev", "epss"})
"""Data that rank findings but do not find any: too old, they cost their own control only."""

_DEPENDENCIES = "dependencies"


# --------------------------------------------------------------------------------- own rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that policy itself reports: what is wrong, why it matters, what to do."""

    title: str
    why: str
    fix: str
    severity: Severity


RULES: Mapping[str, Rule] = {
    "policy/waiver-expired": Rule(
        title="A waiver has expired",
        why="The day until which somebody accepted the risk has passed, so nobody accepts it now.",
        fix="Mend what it waived and delete it, or decide anew and give it a later end.",
        severity=Severity.HIGH,
    ),
    "policy/waiver-too-long": Rule(
        title="A waiver lasts too long",
        why=f"A waiver for more than {MAX_WAIVER_DAYS} days is never looked at again.",
        fix=f"Give it an end at most {MAX_WAIVER_DAYS} days from today.",
        severity=Severity.MEDIUM,
    ),
    "policy/waiver-unused": Rule(
        title="A waiver is not used",
        why="It matches no finding of this run, and would silence the next one that it fits.",
        fix="Delete it.",
        severity=Severity.LOW,
    ),
}


# ------------------------------------------------------------------------------------- findings


def weigh(findings: Iterable[Finding], policy: Policy, as_of: date) -> tuple[Judged, ...]:
    """What policy makes of each finding, in reading order: each appears exactly once.

    Waivers that have ended by `as_of`, or last too long, join as findings of policy's own.
    """
    touching = _Touching(policy.waivers)
    judged = [_weigh(finding, touching.of(finding), policy, as_of) for finding in findings]
    for waiver in policy.waivers:
        if waiver.expires < as_of:
            judged.append(_own("policy/waiver-expired", waiver, policy))
        elif (waiver.expires - as_of).days > MAX_WAIVER_DAYS:
            judged.append(_own("policy/waiver-too-long", waiver, policy))
    return tuple(sorted(judged, key=_reading_order))


def _weigh(finding: Finding, touching: Sequence[Waiver], policy: Policy, as_of: date) -> Judged:
    offence = _offence(finding, policy)
    if not offence:
        return Judged(
            finding=finding,
            disposition=Disposition.BELOW_THRESHOLD,
            why=_excuse(finding.severity, policy),
        )
    waiver, lapse = _holding(finding, touching, as_of)
    if waiver is None:
        why = f"{offence}; {lapse}" if lapse else offence
        return Judged(finding=finding, disposition=Disposition.VIOLATION, why=why)
    return Judged(
        finding=finding,
        disposition=Disposition.WAIVED,
        why=f"{waiver.owner} accepts it until {_end(waiver, finding)}: {waiver.reason}",
        waiver=waiver,
    )


def _offence(finding: Finding, policy: Policy) -> str:
    """Why a finding violates the policy, or ""."""
    if finding.kind is Kind.MALWARE:
        return "malicious packages always violate the policy"
    if finding.exploited:
        known = finding.exploited
        return f"known to be exploited since {known.added}, to be mended by {known.due}"
    return _too_severe(finding.severity, policy)


def _too_severe(severity: Severity, policy: Policy) -> str:
    """Why a severity alone violates the policy, or "". What nobody rated has its own switch."""
    if severity is Severity.UNKNOWN:
        return "nobody rated it: that violates the policy" if policy.fail_on_unknown else ""
    if policy.fail_on is None or severity.rank > policy.fail_on.rank:
        return ""
    return f"{severity} is at or above the threshold, {policy.fail_on}"


def _excuse(severity: Severity, policy: Policy) -> str:
    """Why a severity does not violate the policy."""
    if severity is Severity.UNKNOWN:
        return "nobody rated it, and the policy tolerates that"
    if policy.fail_on is None:
        return "the policy has no threshold for rated severities"
    return f"{severity} is below the threshold, {policy.fail_on}"


def _own(rule: str, waiver: Waiver, policy: Policy) -> Judged:
    """A finding about a waiver. It obeys the threshold like any other and cannot be waived."""
    text = RULES[rule]
    place = waiver.location or Location(path=_SETTINGS)
    named = " ".join(part for part in (waiver.id, waiver.package, waiver.path) if part)
    finding = Finding(
        check=CHECK,
        rule=rule,
        kind=Kind.RULE,
        severity=text.severity,
        title=f"{text.title}: {named}",
        subject=f"{place.path}#{named}",
        locations=(place,),
        detail=f"{waiver.owner}, until {waiver.expires}: {waiver.reason}. {text.why}",
        fix=text.fix,
    )
    return _weigh(finding, (), policy, waiver.expires)


def _reading_order(judged: Judged) -> tuple[object, ...]:
    """What to mend first comes first; after the rule and subject only to settle ties."""
    finding = judged.finding
    return (
        _DISPOSITIONS.index(judged.disposition),
        not (finding.exploited or finding.kind is Kind.MALWARE),
        finding.severity.rank,
        not (finding.fixed_versions or (finding.kind is Kind.RULE and finding.fix)),
        min(map(len, finding.paths), default=_FAR),
        -(finding.epss or 0.0),
        finding.rule,
        finding.subject,
        finding.check,
        tuple(map(_place, finding.locations)),
        finding.title,
        finding.detail,
        finding.kind,
        finding.score or 0.0,
        finding.cvss,
        finding.fix,
        finding.url,
        *(finding.aliases, finding.fixed_versions, finding.paths),
        *(finding.seen_by, finding.missed_by),
        repr(finding.exploited),
    )


_DISPOSITIONS = (Disposition.VIOLATION, Disposition.BELOW_THRESHOLD, Disposition.WAIVED)
_FAR = 1_000_000
"""Deeper than any chain of dependencies: the depth where none is known."""


def _place(location: Location | None) -> tuple[str, int, int]:
    return (location.path, location.line or 0, location.column or 0) if location else ("", 0, 0)


# ------------------------------------------------------------------------------------- waivers


class _Touching:
    """Which waivers speak of a finding, whether or not they hold."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._by_id: dict[str, list[Waiver]] = defaultdict(list)
        for waiver in waivers:
            self._by_id[waiver.id.casefold()].append(waiver)

    def of(self, finding: Finding) -> list[Waiver]:
        """Waivers for any of its ids, for its package, and for at least one of its places."""
        if not self._by_id or finding.check == CHECK:
            return []
        return [
            waiver
            for id_ in {id_.casefold() for id_ in finding.ids if id_}
            for waiver in self._by_id.get(id_, ())
            if _is_for(waiver.package, finding.subject)
            and (not waiver.path or any(_inside(waiver, place) for place in finding.locations))
        ]


def _holding(
    finding: Finding, touching: Sequence[Waiver], as_of: date
) -> tuple[Waiver | None, str]:
    """The waiver under which a finding is accepted, the longest one; else why none holds."""
    if not touching:
        return None, ""
    if finding.kind is Kind.MALWARE:
        return None, "no waiver can accept malware"
    whole = [
        waiver
        for waiver in touching
        if not waiver.path or all(_inside(waiver, place) for place in finding.locations)
    ]
    if not whole:
        return None, "a waiver covers some of its places, not all"
    last = max(whole, key=lambda waiver: (_end(waiver, finding), waiver.expires, repr(waiver)))
    end = _end(last, finding)
    if as_of <= end:
        return last, ""
    cut = " with the day by which it had to be mended" if end < last.expires else ""
    return None, f"its waiver ended on {end}{cut}"


def _end(waiver: Waiver, finding: Finding) -> date:
    """The last day on which a waiver holds for a finding: never after CISA's due date."""
    return min(waiver.expires, finding.exploited.due) if finding.exploited else waiver.expires


def _inside(waiver: Waiver, place: Location) -> bool:
    return _glob(waiver.path).fullmatch(place.path) is not None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within one folder, `**` crosses folders; all else is literal."""
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _is_for(package: str, subject: str) -> bool:
    """Whether a waiver's package names a finding's subject, which is a purl or a path.

    A package is a purl or a name, either with or without its version ("jinja2",
    "jinja2==2.4.1", "@scope/name@1.0"). Without a version it means every version; with
    qualifiers it means exactly that purl.
    """
    if not package or package == subject:
        return True
    if not subject.startswith("pkg:"):
        return False
    kind, name, version = _purl(subject)
    if package.startswith("pkg:"):
        if re.search("[?#]", package):
            return False
        wanted_kind, wanted, wanted_version = _purl(package)
        if wanted_kind != kind:
            return False
    else:
        wanted, wanted_version = _split(package.replace("==", "@", 1))
    return _normal(wanted, kind) == _normal(name, kind) and wanted_version in {"", version}


def _purl(text: str) -> tuple[str, str, str]:
    """Type, name with namespace, and version of a package URL; qualifiers are dropped."""
    kind, _, rest = re.split("[?#]", text.removeprefix("pkg:"), maxsplit=1)[0].partition("/")
    name, version = _split(rest)
    return kind.casefold(), unquote(name), unquote(version)


def _split(text: str) -> tuple[str, str]:
    """Name and version around the last "@"; a leading one belongs to an npm scope."""
    name, _, version = text.rpartition("@")
    return (name, version) if name else (text, "")


def _normal(name: str, kind: str) -> str:
    """A name as its registry compares it: PEP 503 for PyPI, else as written."""
    return re.sub(r"[-_.]+", "-", name).lower() if kind == "pypi" else name


def _unmatched(
    judged: Iterable[Judged],
    evidence: Sequence[Evidence],
    planned: Sequence[str],
    policy: Policy,
    as_of: date,
) -> tuple[list[Waiver], list[Waiver]]:
    """Waivers in force that match nothing: those known to be unused, and those that may not be.

    A waiver for a rule belongs to the rule's check, one for an advisory to every check. Where
    that check was not planned, nothing is said.
    """
    touching = _Touching(policy.waivers)
    used = {waiver for item in judged for waiver in touching.of(item.finding)}
    whole = {item.check for item in evidence if settled(item)}
    whole -= {item.check for item in evidence if not settled(item)}
    idle: list[Waiver] = []
    unsure: list[Waiver] = []
    for waiver in policy.waivers:
        check, is_rule, _ = waiver.id.partition("/")
        owners = {check} - {CHECK} if is_rule else {*planned, _DEPENDENCIES}
        if waiver in used or waiver.expires < as_of or not owners <= {*planned}:
            continue
        (idle if owners <= whole else unsure).append(waiver)
    return idle, unsure


# --------------------------------------------------------------------- what was not evaluated

FIXES: Mapping[Gap, str] = {
    Gap.TOOL_MISSING: "Install the tool: its Nox session does so by itself.",
    Gap.TOOL_FAILED: "Read the reason, mend it, and run the check again.",
    Gap.DATA_MISSING: "Fetch the data with `supply-chain advisories update`, or name them.",
    Gap.DATA_STALE: "Refresh the data with `supply-chain advisories update`.",
    Gap.NETWORK_OFF: "Run it without --offline, or import the data beforehand.",
    Gap.INPUT_MISSING: "Commit the missing file: for dependencies, a lockfile with exact versions.",
    Gap.UNSUPPORTED_INPUT: "Add a lockfile in a supported format beside it.",
    Gap.PARSE_ERROR: "Correct the file at this place, or generate it anew.",
    Gap.UNPARSABLE_VERSION: "Lock a version that the ecosystem's version rules allow.",
    Gap.NO_VERSION: "Pin it to one exact version.",
    Gap.NOT_FROM_REGISTRY: "Take it from the public registry, or review it by hand.",
    Gap.NOT_ACCOUNTED_FOR: "Run the check again; if it stays, report it as a fault of the tool.",
    Gap.NOT_CONFIGURED: "Configure it, or take it off what the policy requires.",
    Gap.TOO_LARGE: "Make the file smaller, or exclude it on purpose.",
}
"""What to do about each reason code."""

_ANSWERED = frozenset(
    {Outcome.PASS, Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.ATTESTED, Outcome.FAIL}
)


def settled(evidence: Evidence) -> bool:
    """Whether a check's silence means something: it ended well, saw everything, knew enough.

    A check that evaluated nothing at all must say `not_applicable`; `clean` is not believed.
    """
    if not all(part.complete for part in evidence.coverage):
        return False
    if evidence.status is Status.NOT_APPLICABLE:
        return evidence.evaluated == 0
    ended = evidence.status in {Status.CLEAN, Status.FOUND}
    return ended and evidence.evaluated > 0 and not stale(evidence)


def stale(evidence: Evidence) -> tuple[DataRecord, ...]:
    """The data a check's findings rest on that are too old. KEV and EPSS only rank them."""
    return tuple(
        record for record in evidence.data if not record.fresh and record.name not in _SIDE_DATA
    )


def unevaluated(
    *,
    target: Target,
    evidence: Sequence[Evidence],
    controls: Sequence[ControlResult],
    planned: Sequence[str],
    policy: Policy,
) -> tuple[Unevaluated, ...]:
    """Everything that nobody looked at, blocking lines first, each with a way to mend it.

    `blocking` marks what keeps the verdict from being compliant: gaps of required checks,
    planned checks without evidence, parts of the repository that discovery could not read, and
    required controls without an answer.
    """
    lines = (
        *check_gaps(evidence, planned=planned, policy=policy),
        *(
            _line(f"{part.location.path} (discovery)", part.gap, part.why, location=part.location)
            for part in target.unread
        ),
        *_control_gaps(controls, policy),
    )
    return tuple(sorted(lines, key=_gap_order))


def check_gaps(
    evidence: Sequence[Evidence], *, planned: Sequence[str], policy: Policy
) -> tuple[Unevaluated, ...]:
    """What the checks left open: all that stands between the plan and a complete assessment."""
    wanted = {*planned, *policy.required}
    required = {*policy.required} or wanted
    lines: list[Unevaluated] = []
    for item in evidence:
        lines += _evidence_gaps(item, blocking=item.check in required)
    lines += [
        _line(
            f"{name}: the whole check",
            Gap.INPUT_MISSING,
            "it was to run and left no evidence",
            fix="Run the check, and keep its evidence file.",
        )
        for name in sorted(wanted - {item.check for item in evidence})
    ]
    if not wanted:
        lines.append(_line("the whole repository", Gap.NOT_CONFIGURED, "no check was planned"))
    elif not any(item.evaluated > 0 for item in evidence if item.check in wanted):
        lines.append(
            _line(
                "the whole repository",
                Gap.INPUT_MISSING,
                "nothing was evaluated: no check accounts for a single input",
                fix="Check that this is the right folder, and what the policy excludes.",
            )
        )
    return tuple(lines)


def _evidence_gaps(evidence: Evidence, *, blocking: bool) -> Iterator[Unevaluated]:
    check = evidence.check
    whole = f"{check}: the whole check"
    reason = evidence.reason or "it gives no reason"
    named = list(_coverage_gaps(evidence, blocking=blocking))
    yield from named
    match evidence.status:
        case Status.ERRORED:
            yield _line(whole, Gap.TOOL_FAILED, reason, blocking=blocking)
        case Status.SKIPPED:
            yield _line(whole, Gap.NOT_CONFIGURED, reason, blocking=blocking)
        case Status.PARTIAL if not named:
            yield _line(
                f"{check}: a part of the check",
                Gap.NOT_ACCOUNTED_FOR,
                reason,
                blocking=blocking,
            )
        case Status.CLEAN | Status.FOUND if not evidence.evaluated and not named:
            why = "it names no input that it evaluated"
            yield _line(whole, Gap.INPUT_MISSING, why, blocking=blocking)
        case Status.NOT_APPLICABLE if evidence.evaluated and not named:
            why = "it calls itself not applicable, and yet it names inputs"
            yield _line(whole, Gap.NOT_ACCOUNTED_FOR, why, blocking=blocking)
        case _:
            pass
    if evidence.status is not Status.NOT_APPLICABLE:
        for record in evidence.data:
            if not record.fresh:
                yield _line(
                    f"{check}: with fresh {record.name} data",
                    Gap.DATA_STALE,
                    f"they are of {record.as_of}" if record.as_of else "their age is not known",
                    blocking=blocking and record.name not in _SIDE_DATA,
                )


def _coverage_gaps(evidence: Evidence, *, blocking: bool) -> Iterator[Unevaluated]:
    for part in evidence.coverage:
        for missing in part.missing:
            inside = "" if missing.subject == part.scope else f" in {part.scope}"
            yield _line(
                f"{evidence.check}: {missing.subject}{inside}",
                missing.gap,
                missing.why,
                location=missing.location,
                blocking=blocking,
            )
        if not part.complete and (not part.missing or _unnamed(part) > 0):
            yield _line(
                f"{evidence.check}: {part.unit} in {part.scope}",
                Gap.NOT_ACCOUNTED_FOR,
                f"{part.evaluated} were evaluated where {part.expected} were expected,"
                " and nothing says which",
                blocking=blocking,
            )


def _unnamed(part: Coverage) -> int:
    return part.expected - part.evaluated - len(part.missing)


def _control_gaps(controls: Sequence[ControlResult], policy: Policy) -> Iterator[Unevaluated]:
    for result in controls:
        control, answer = result.control, result.answer
        if answer.outcome not in _ANSWERED:
            yield _line(
                f"{control.id}: {control.title}",
                answer.gap or Gap.NOT_ACCOUNTED_FOR,
                answer.reason,
                # One that rests on no check is mended by its own advice, not by the check's.
                fix="" if control.checks else control.fix,
                blocking=control.id in policy.required_controls,
            )
    for name in sorted({*policy.required_controls} - {item.control.id for item in controls}):
        yield _line(
            f"{name}: the whole control",
            Gap.NOT_CONFIGURED,
            "the policy requires it, and no control of that id was evaluated",
            fix="Correct the id in the policy.",
        )


def _unsure(waivers: Sequence[Waiver], policy: Policy) -> Iterator[Unevaluated]:
    """One line for all waivers of which nobody knows whether they are still used.

    It blocks where an unused waiver would violate the policy: not knowing is never better.
    """
    if waivers:
        severity = RULES["policy/waiver-unused"].severity
        yield _line(
            f"{CHECK}: whether {', '.join(sorted({waiver.id for waiver in waivers}))}"
            " must still be waived",
            Gap.INPUT_MISSING,
            "no finding matches, but a check that could find one was not complete",
            fix="Complete the check.",
            blocking=bool(_too_severe(severity, policy)),
        )


def _line(  # noqa: PLR0913 - one argument per column of the report's line
    what: str,
    gap: Gap,
    why: str,
    *,
    fix: str = "",
    location: Location | None = None,
    blocking: bool = True,
) -> Unevaluated:
    return Unevaluated(
        what=what, gap=gap, why=why, fix=fix or FIXES[gap], location=location, blocking=blocking
    )


def _gap_order(line: Unevaluated) -> tuple[object, ...]:
    return (not line.blocking, line.what, _place(line.location), line.gap, line.why, line.fix)


# ------------------------------------------------------------------------------------- verdict


def decide(
    *,
    judged: Sequence[Judged],
    unevaluated: Sequence[Unevaluated],
    controls: Sequence[ControlResult],
    policy: Policy,
) -> Verdict:
    """The verdict: violated, else incomplete, else compliant.

    A violated verdict tells what is incomplete as well, and a compliant one counts what was
    optional and not evaluated. Reasons come worst first.
    """
    violations = [item for item in judged if item.disposition is Disposition.VIOLATION]
    failed = [item for item in controls if item.answer.outcome is Outcome.FAIL]
    stopping = [item for item in failed if _stops(item, policy)]
    blocking = [line for line in unevaluated if line.blocking]
    reasons = (*_violation_reasons(violations), *_control_reasons(stopping))
    doubts = tuple(_gap_reasons(blocking))
    if not doubts:
        doubts = tuple(_control_reasons(item for item in failed if item.control.id == INTEGRITY))
    if violations or stopping:
        what = " and ".join(
            numbered(number, noun)
            for number, noun in ((len(violations), "finding"), (len(stopping), "control"))
            if number
        )
        tail = f"; {_not_evaluated(len(blocking), 'required part')}" if blocking else ""
        return _verdict(Decision.VIOLATED, f"Policy violated: {what}{tail}", *reasons, *doubts)
    if doubts:
        what = _not_evaluated(len(blocking), "required part") if blocking else "see the reasons"
        return _verdict(Decision.INCOMPLETE, f"Incomplete: {what}", *doubts)
    open_controls = sum(item.answer.outcome not in _ANSWERED for item in controls)
    others = len(unevaluated) - len(tuple(_control_gaps(controls, policy)))
    asides = (
        f"{numbered(len(failed), 'control')} failed without blocking" if failed else "",
        _not_evaluated(open_controls, "control") if open_controls else "",
        _not_evaluated(others, "optional part") if others > 0 else "",
    )
    headline = "; ".join(("Compliant", *filter(None, asides)))
    return _verdict(Decision.COMPLIANT, headline, *_control_reasons(failed))


def _stops(result: ControlResult, policy: Policy) -> bool:
    """Whether a failed control violates the policy."""
    control = result.control
    required = control.gate is Gate.BLOCK or control.id in policy.required_controls
    return required and control.id != INTEGRITY


_EXIT_CODES = {
    Decision.COMPLIANT: ExitCode.COMPLIANT,
    Decision.VIOLATED: ExitCode.VIOLATED,
    Decision.INCOMPLETE: ExitCode.INCOMPLETE,
}


def _verdict(decision: Decision, headline: str, *reasons: str) -> Verdict:
    return Verdict(
        decision=decision,
        exit_code=int(_EXIT_CODES[decision]),
        headline=f"{headline}.",
        reasons=reasons,
    )


def _violation_reasons(violations: Sequence[Judged]) -> Iterator[str]:
    """One reason per group: malware, known exploited, then each severity."""
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for item in violations:
        finding = item.finding
        if finding.kind is Kind.MALWARE:
            group = (-2, "malicious")
        elif finding.exploited:
            group = (-1, "known to be exploited")
        elif finding.severity is Severity.UNKNOWN:
            group = (finding.severity.rank, "rated by nobody")
        else:
            group = (finding.severity.rank, f"of {finding.severity} severity")
        groups[group].append(finding.rule)
    for (_, what), ids in sorted(groups.items()):
        verb = "is" if len(ids) == 1 else "are"
        yield f"{numbered(len(ids), 'finding')} {verb} {what}: {some(ids)}"


def _control_reasons(results: Iterable[ControlResult]) -> Iterator[str]:
    for result in sorted(results, key=lambda result: result.control.id):
        yield f"{result.control.id} failed: {result.answer.reason}"


def _gap_reasons(lines: Sequence[Unevaluated]) -> Iterator[str]:
    """One reason per reason code; a single line is told in full."""
    groups: dict[Gap, list[Unevaluated]] = defaultdict(list)
    for line in lines:
        groups[line.gap].append(line)
    for gap, group in sorted(groups.items()):
        if len(group) == 1:
            yield f"{group[0].what}: {group[0].why}"
        else:
            name = gap.replace("_", " ")
            yield f"{len(group)} parts ({name}): {some([line.what for line in group])}"


def numbered(number: int, noun: str) -> str:
    """A number and its noun, as in "1 finding" and "2 findings"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _not_evaluated(number: int, noun: str) -> str:
    return f"{numbered(number, noun)} {'was' if number == 1 else 'were'} not evaluated"


def some(names: Sequence[str], *, most: int = 3) -> str:
    """The first few distinct names, and how many there are beside them."""
    distinct = sorted(set(names))
    more = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + more


# ------------------------------------------------------------------------------------- report


def judge(  # noqa: PLR0913 - the report's parts, each by its name
    *,
    version: str,
    target: Target,
    evidence: Sequence[Evidence],
    judged: Sequence[Judged],
    controls: Sequence[ControlResult],
    frameworks: Sequence[FrameworkCount],
    policy: Policy,
    planned: Sequence[str],
    as_of: date,
    notices: Sequence[str] = (),
) -> Report:
    """The report: the same input in any order gives the same one.

    `judged` is what `weigh` made of the evidence's findings, and may hold more. Raises
    `ValueError` when a finding of the evidence is not among them: it would vanish.
    """
    if Counter(_identity(found) for item in evidence for found in item.findings) - Counter(
        _identity(item.finding) for item in judged
    ):
        raise ValueError("a finding of the evidence was not weighed")
    idle, unsure = _unmatched(judged, evidence, planned, policy, as_of)
    unused = [_own("policy/waiver-unused", waiver, policy) for waiver in idle]
    findings = tuple(sorted((*judged, *unused), key=_reading_order))
    lines = unevaluated(
        target=target, evidence=evidence, controls=controls, planned=planned, policy=policy
    )
    lines = tuple(sorted((*lines, *_unsure(unsure, policy)), key=_gap_order))
    return Report(
        version=version,
        target=target,
        as_of=as_of,
        policy=policy,
        verdict=decide(judged=findings, unevaluated=lines, controls=controls, policy=policy),
        unevaluated=lines,
        findings=findings,
        evidence=tuple(sorted((_bare(item) for item in evidence), key=_evidence_order)),
        controls=tuple(sorted(controls, key=_control_order)),
        frameworks=tuple(sorted(frameworks, key=lambda item: (item.framework, item.version))),
        notices=(*sorted(set(notices)), *_notices(target)),
    )


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.check, finding.rule, finding.subject


def _bare(evidence: Evidence) -> Evidence:
    """Evidence without its findings, which have their own place, and with its parts in order."""
    return replace(
        evidence,
        findings=(),
        coverage=tuple(sorted(evidence.coverage, key=_coverage_order)),
        tools=tuple(sorted(evidence.tools, key=repr)),
        data=tuple(sorted(evidence.data, key=repr)),
        artefacts=tuple(sorted(evidence.artefacts, key=repr)),
    )


def _coverage_order(part: Coverage) -> tuple[object, ...]:
    missing = tuple(
        (item.subject, item.gap, item.why, _place(item.location)) for item in part.missing
    )
    return part.scope, part.unit, part.expected, part.evaluated, missing


def _evidence_order(evidence: Evidence) -> tuple[str, str, str]:
    return evidence.check, evidence.status, evidence.reason


_OUTCOMES = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.NOT_EVALUATED,
    Outcome.WAIVED,
    Outcome.ATTESTED,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


def _control_order(result: ControlResult) -> tuple[int, str]:
    return _OUTCOMES.index(result.answer.outcome), result.control.id


def _notices(target: Target) -> Iterator[str]:
    """What a reader must know of the scanned tree before trusting its commit."""
    git = target.git
    if git is None or git.commit is None:
        yield "No commit stands for what was scanned: the folder is not a git repository with one."
    elif git.dirty is None:
        yield "Whether the working tree differs from the commit could not be told."
    elif git.dirty:
        yield "The working tree has changes that are not in the commit."
    if git and git.shallow:
        yield "The clone is shallow: the history was not there to look at."
    if target.excluded:
        paths = some([part.path for part in target.excluded])
        yield f"{numbered(len(target.excluded), 'path')} left out on purpose: {paths}."
