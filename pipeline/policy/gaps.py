"""Gaps: everything that nobody looked at, why, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Gap, Outcome, Status, Unevaluated
from pipeline.policy.baseline import NOTHING
from pipeline.policy.order import gap_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.model import (
        ControlResult,
        Coverage,
        DataRecord,
        Evidence,
        Location,
        Policy,
        Target,
    )
    from pipeline.policy.baseline import Baseline

FIXES: Mapping[Gap, str] = {
    Gap.TOOL_MISSING: "Install the tool: its Nox session does so by itself, and `supply-chain tools"
    " install` does for those from outside the package index.",
    Gap.TOOL_FAILED: "Read the reason, mend it, and run the check again.",
    Gap.DATA_MISSING: "Fetch the data with `supply-chain advisories update`, or name them.",
    Gap.DATA_STALE: "Refresh the data with `supply-chain advisories update`; Trivy's, with"
    " `supply-chain tools update`.",
    Gap.NETWORK_OFF: "Run it without --offline, or import the data beforehand.",
    Gap.INPUT_MISSING: "Commit the missing file: for dependencies, a lockfile with exact versions."
    " Where nothing is built from it, `exclude` it in the policy.",
    Gap.UNSUPPORTED_INPUT: "Use a supported format; for dependencies, add such a lockfile. Where"
    " nothing is built from it, `exclude` it in the policy.",
    Gap.PARSE_ERROR: "Correct the file at this place, or generate it anew. Where nothing is built"
    " from it, `exclude` it in the policy.",
    Gap.UNPARSABLE_VERSION: "Lock a version that the ecosystem's version rules allow.",
    Gap.NO_VERSION: "Pin it to one exact version.",
    Gap.NOT_FROM_REGISTRY: "Take it from the public registry, or review it by hand.",
    Gap.NOT_ACCOUNTED_FOR: "Run the check again; if it stays, report it as a fault of the tool.",
    Gap.NOT_CONFIGURED: "Configure it, or take it off what the policy requires.",
    Gap.TOO_LARGE: "Make the file smaller, or exclude it on purpose.",
    Gap.LEFT_OUT: "Scan it by itself; where nothing is built from it, `exclude` it in the policy.",
}
"""What to do about each reason code."""

_FIXES_OF: Mapping[tuple[str, Gap], str] = {
    ("provenance", Gap.INPUT_MISSING): "Lock with hashes: attestations are about files.",
    ("secrets", Gap.UNSUPPORTED_INPUT): "Look at it by hand.",
    ("secrets", Gap.INPUT_MISSING): "Make it readable, with the whole history (`git fetch"
    " --unshallow`), and run the check again.",
    ("container", Gap.INPUT_MISSING): "Build the image, and name it with --image or under `images`"
    " in the policy.",
    ("hardening", Gap.INPUT_MISSING): "Write it out here, scan by itself what stands elsewhere, or"
    " review it by hand.",
    ("hardening", Gap.DATA_MISSING): "Compare it with its maker's dates by hand.",
    ("workflows", Gap.INPUT_MISSING): "Scan by itself what stands elsewhere, or review it by hand.",
    ("workflows", Gap.NETWORK_OFF): "Run zizmor by itself, with a token for GitHub.",
    ("workflows", Gap.UNSUPPORTED_INPUT): "Review it by hand, or `exclude` it in the policy.",
    ("hardening", Gap.UNSUPPORTED_INPUT): "Write it in a form that is read, or review it by hand.",
}
"""The same for checks of which the general advice does not speak."""

ANSWERED = frozenset(
    {Outcome.PASS, Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.ATTESTED, Outcome.FAIL}
)
"""The outcomes of a control that somebody looked at."""

_ELSEWHERE = frozenset({Gap.DATA_MISSING, Gap.DATA_STALE, Gap.NETWORK_OFF, Gap.LEFT_OUT})
"""What only other data or another scan can mend, whatever the advice of a control is."""

_SIDE_DATA = frozenset({"kev", "epss"})
"""Data that rank findings but do not find any: too old, they cost their own control only."""


def settled(evidence: Evidence) -> bool:
    """Whether a check's silence means something: it ended well, saw everything, knew enough.

    A check that evaluated nothing at all must say `not_applicable`; `clean` is not believed.
    """
    if not all(part.complete for part in evidence.coverage if part.required):
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


def unevaluated(  # noqa: PLR0913 - all that can leave something open
    *,
    target: Target,
    evidence: Sequence[Evidence],
    controls: Sequence[ControlResult],
    planned: Sequence[str],
    policy: Policy,
    baseline: Baseline = NOTHING,
) -> tuple[Unevaluated, ...]:
    """Everything that nobody looked at, blocking lines first, each with a way to mend it.

    `blocking` marks what keeps the verdict from being compliant: gaps of required checks,
    planned checks without evidence, parts of the repository that discovery could not read, and
    required controls without an answer. A gap that the `baseline` has too does not block.
    """
    lines = (
        *check_gaps(evidence, planned=planned, policy=policy, baseline=baseline),
        *(
            name_gap(
                f"{part.location.path} (discovery)", part.gap, part.why, location=part.location
            )
            for part in target.unread
        ),
        *control_gaps(controls, policy, evidence),
        *_no_project(target, policy),
    )
    return tuple(sorted(lines, key=gap_order))


def _no_project(target: Target, policy: Policy) -> Iterator[Unevaluated]:
    """A folder without any project is more often the wrong folder than a finished answer.

    Whoever scans one on purpose says so by naming the checks that matter.
    """
    if not (target.projects or target.locks or policy.required):
        yield name_gap(
            "the whole repository: its dependencies",
            Gap.INPUT_MISSING,
            "no project was found: there is no manifest and no lockfile",
            fix="Check that this is the right folder; if it is, name in `policy.require` the"
            " checks that matter here.",
        )


def check_gaps(
    evidence: Sequence[Evidence],
    *,
    planned: Sequence[str],
    policy: Policy,
    baseline: Baseline = NOTHING,
) -> tuple[Unevaluated, ...]:
    """What the checks left open: all that stands between the plan and a complete assessment."""
    wanted = {*planned, *policy.required}
    required = {*policy.required} or wanted
    lines: list[Unevaluated] = []
    for item in evidence:
        lines += _evidence_gaps(item, baseline, blocking=item.check in required)
    lines += [
        name_gap(
            f"{name}: the whole check",
            Gap.INPUT_MISSING,
            "it was to run and left no evidence",
            fix="Run the check, and keep its evidence file.",
        )
        for name in sorted(wanted - {item.check for item in evidence})
    ]
    if not wanted:
        lines.append(name_gap("the whole repository", Gap.NOT_CONFIGURED, "no check was planned"))
    elif not any(item.evaluated > 0 for item in evidence if item.check in wanted):
        lines.append(
            name_gap(
                "the whole repository",
                Gap.INPUT_MISSING,
                "nothing was evaluated: no check accounts for a single input",
                fix="Check that this is the right folder, and what the policy excludes.",
            )
        )
    return tuple(lines)


def _evidence_gaps(
    evidence: Evidence, baseline: Baseline, *, blocking: bool
) -> Iterator[Unevaluated]:
    check = evidence.check
    whole = f"{check}: the whole check"
    reason = evidence.reason or "it gives no reason"
    named = list(_coverage_gaps(evidence, baseline, blocking=blocking))
    yield from named
    match evidence.status:
        case Status.ERRORED:
            yield name_gap(whole, Gap.TOOL_FAILED, reason, blocking=blocking)
        case Status.SKIPPED:
            yield name_gap(whole, Gap.NOT_CONFIGURED, reason, blocking=blocking)
        case Status.PARTIAL if not named:
            yield name_gap(
                f"{check}: a part of the check",
                Gap.NOT_ACCOUNTED_FOR,
                reason,
                blocking=blocking,
            )
        case Status.CLEAN | Status.FOUND if not evidence.evaluated and not named:
            why = "it names no input that it evaluated"
            yield name_gap(whole, Gap.INPUT_MISSING, why, blocking=blocking)
        case Status.NOT_APPLICABLE if evidence.evaluated and not named:
            why = "it calls itself not applicable, and yet it names inputs"
            yield name_gap(whole, Gap.NOT_ACCOUNTED_FOR, why, blocking=blocking)
        case _:
            pass
    if evidence.status is not Status.NOT_APPLICABLE:
        for record in evidence.data:
            if not record.fresh:
                yield name_gap(
                    f"{check}: with fresh {record.name} data",
                    Gap.DATA_STALE,
                    f"they are of {record.as_of}" if record.as_of else "their age is not known",
                    blocking=blocking and record.name not in _SIDE_DATA,
                )


def _coverage_gaps(
    evidence: Evidence, baseline: Baseline, *, blocking: bool
) -> Iterator[Unevaluated]:
    before = baseline.has_gaps(evidence)
    for part in evidence.coverage:
        for missing in part.missing:
            inside = "" if missing.subject == part.scope else f" in {part.scope}"
            existing = before(part, missing)
            yield name_gap(
                f"{evidence.check}: {missing.subject}{inside}",
                missing.gap,
                f"{missing.why}; the base has the same gap" if existing else missing.why,
                fix=_FIXES_OF.get((evidence.check, missing.gap), ""),
                location=missing.location,
                blocking=blocking and part.required and not existing,
            )
        if not part.complete and (not part.missing or _unnamed(part) > 0):
            yield name_gap(
                f"{evidence.check}: {part.unit} in {part.scope}",
                Gap.NOT_ACCOUNTED_FOR,
                f"{part.evaluated} were evaluated where {part.expected} were expected,"
                " and nothing says which",
                blocking=blocking and part.required,
            )


def _unnamed(part: Coverage) -> int:
    return part.expected - part.evaluated - len(part.missing)


def control_gaps(
    controls: Sequence[ControlResult], policy: Policy, evidence: Sequence[Evidence]
) -> Iterator[Unevaluated]:
    """Controls without an answer, and required ones that do not exist."""
    answered = {item.check for item in evidence if settled(item)}
    for result in controls:
        control, answer = result.control, result.answer
        if answer.outcome not in ANSWERED:
            # Where the checks are done, its own advice is what is left to follow.
            open_checks = [check for check in control.checks if check not in answered]
            is_done = not open_checks and answer.gap not in _ELSEWHERE
            advice = (_FIXES_OF.get((check, answer.gap)) for check in open_checks if answer.gap)
            yield name_gap(
                f"{control.id}: {control.title}",
                answer.gap or Gap.NOT_ACCOUNTED_FOR,
                answer.reason,
                fix=control.fix if is_done else next(filter(None, advice), ""),
                blocking=control.id in policy.required_controls,
            )
    for name in sorted({*policy.required_controls} - {item.control.id for item in controls}):
        yield name_gap(
            f"{name}: the whole control",
            Gap.NOT_CONFIGURED,
            "the policy requires it, and no control of that id was evaluated",
            fix="Correct the id in the policy.",
        )


def name_gap(  # noqa: PLR0913 - one argument per column of the report's line
    what: str,
    gap: Gap,
    why: str,
    *,
    fix: str = "",
    location: Location | None = None,
    blocking: bool = True,
) -> Unevaluated:
    """One line of what was not evaluated; without a `fix` it gets its reason code's own."""
    return Unevaluated(
        what=what, gap=gap, why=why, fix=fix or FIXES[gap], location=location, blocking=blocking
    )
