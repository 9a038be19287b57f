"""Policy: what is acceptable, and what follows from it. Pure, and sees the model alone.

    findings   findings and waivers      ->  `weigh`: what policy made of each finding
    waivers    a waiver and a finding    ->  whether it speaks of it, and whether it holds
    baseline   evidence of a base    ->  what a change did not bring in
    unused     waivers that match none   ->  which are not used, and which nobody can tell of
    gaps       evidence and controls     ->  `unevaluated`: everything that nobody looked at
    verdict    all of that               ->  `decide`: violated, incomplete or compliant
    here       all of that               ->  `judge`: the report
    rules      what is wrong with a waiver, as rules that policy itself reports
    order      the order in which a report is read

The verdict follows from the report's own lines: one violation makes it `violated`, else one
blocking line of what was not evaluated makes it `incomplete`. Nothing else leads to `compliant`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.model import Report
from pipeline.policy.baseline import NOTHING, Baseline
from pipeline.policy.findings import own_finding, weigh
from pipeline.policy.gaps import FIXES, check_gaps, settled, stale, unevaluated
from pipeline.policy.order import (
    control_order,
    coverage_order,
    evidence_order,
    gap_order,
    reading_order,
)
from pipeline.policy.rules import CHECK, MAX_WAIVER_DAYS, RULES, Rule
from pipeline.policy.unused import unmatched, unsure_gaps
from pipeline.policy.verdict import INTEGRITY, decide, numbered, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from pipeline.model import (
        Base,
        ControlResult,
        Evidence,
        Finding,
        FrameworkCount,
        Judged,
        Policy,
        Target,
    )

__all__ = [
    "CHECK",
    "FIXES",
    "INTEGRITY",
    "MAX_WAIVER_DAYS",
    "NOTHING",
    "RULES",
    "Baseline",
    "Rule",
    "check_gaps",
    "decide",
    "judge",
    "numbered",
    "settled",
    "some",
    "stale",
    "unevaluated",
    "weigh",
]


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
    base: Base | None = None,
    baseline: Baseline = NOTHING,
) -> Report:
    """The report: the same input in any order gives the same one.

    `judged` is what `weigh` made of the evidence's findings, and may hold more. `baseline` is
    what the commit `base` held, and the same that `weigh` was given. Raises
    `ValueError` when a finding of the evidence is not among them: it would vanish.
    """
    if Counter(_identity(found) for item in evidence for found in item.findings) - Counter(
        _identity(item.finding) for item in judged
    ):
        raise ValueError("a finding of the evidence was not weighed")
    idle, unsure = unmatched(judged, evidence, planned, policy, as_of)
    unused = [own_finding("policy/waiver-unused", waiver, policy) for waiver in idle]
    findings = tuple(sorted((*judged, *unused), key=reading_order))
    lines = unevaluated(
        target=target,
        evidence=evidence,
        controls=controls,
        planned=planned,
        policy=policy,
        baseline=baseline,
    )
    lines = tuple(sorted((*lines, *unsure_gaps(unsure, policy)), key=gap_order))
    return Report(
        version=version,
        target=target,
        as_of=as_of,
        policy=policy,
        verdict=decide(judged=findings, unevaluated=lines, controls=controls, policy=policy),
        unevaluated=lines,
        findings=findings,
        evidence=tuple(sorted((_bare(item) for item in evidence), key=evidence_order)),
        controls=tuple(sorted(controls, key=control_order)),
        frameworks=tuple(sorted(frameworks, key=lambda item: (item.framework, item.version))),
        notices=(*sorted(set(notices)), *_notices(target)),
        base=base,
    )


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.check, finding.rule, finding.subject


def _bare(evidence: Evidence) -> Evidence:
    """Evidence without its findings, which have their own place, and with its parts in order."""
    return replace(
        evidence,
        findings=(),
        coverage=tuple(sorted(evidence.coverage, key=coverage_order)),
        tools=tuple(sorted(evidence.tools, key=repr)),
        data=tuple(sorted(evidence.data, key=repr)),
        artefacts=tuple(sorted(evidence.artefacts, key=repr)),
    )


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
