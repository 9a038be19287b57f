"""What a control sees, what it can say, and how one is written.

    @control(
        "DEP-01",
        title="...", rationale="...", how="...", fix="...",
        severity=Severity.HIGH, gate=Gate.BLOCK, checks=("dependencies",),
        evidence_for={OSPS: ("OSPS-QA-02.01",)},
    )
    def every_manifest_is_locked(facts: Facts) -> Answer: ...

The name then stands for an `Entry`: the data and the function together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.model import (
    Answer,
    Control,
    Disposition,
    Evidence,
    Gap,
    Judged,
    Outcome,
    Policy,
    Requirement,
    Status,
    Target,
)
from pipeline.policy import NOTHING, Baseline, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.controls.frameworks import Framework
    from pipeline.model import Finding, Gate, Image, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a verification saw of a release, all by name, and the `signer` that it expected.

    `artefacts` and `images` verified, the `refused` ones did not. `provenance` and `sboms` name
    those with such a statement of the signer's about them.
    """

    signer: str
    artefacts: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    refused_images: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    sboms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a control may look at.

    `evidence` is keyed by check; `planned` names the checks that were to run. `signed` says
    whether the evidence's signature verified, and is `None` where none was made. `release` is
    what a verification saw, and `None` inside a report. `baseline` is what the base of a change
    held already.
    """

    target: Target
    evidence: Mapping[str, Evidence]
    judged: tuple[Judged, ...]
    policy: Policy
    planned: tuple[str, ...]
    as_of: date
    signed: bool | None
    baseline: Baseline = NOTHING
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A control of the catalogue and the pure function that answers it."""

    control: Control
    answer: Callable[[Facts], Answer]


def control(  # noqa: PLR0913 - one argument per field of the catalogue
    name: str,
    *,
    title: str,
    rationale: str,
    how: str,
    fix: str,
    severity: Severity,
    gate: Gate,
    checks: tuple[str, ...],
    evidence_for: Mapping[Framework, tuple[str, ...]],
    related: Mapping[Framework, tuple[str, ...]] | None = None,
) -> Callable[[Callable[[Facts], Answer]], Entry]:
    """Join a control's data with the function below it.

    `evidence_for` names the requirements that its result is evidence for. Those in `related`
    could not be verified or fit only indirectly: they are shown and never counted.
    """
    requirements = tuple(
        Requirement(framework=framework.id, id=id_, counted=counted)
        for counted, group in ((True, evidence_for), (False, related or {}))
        for framework, ids in group.items()
        for id_ in ids
    )
    data = Control(
        id=name,
        title=title,
        rationale=rationale,
        how=how,
        fix=fix,
        severity=severity,
        gate=gate,
        checks=checks,
        requirements=requirements,
    )
    return lambda answer: Entry(data, answer)


# ------------------------------------------------------------------------------------- answers


def passed(reason: str, *evidence: str) -> Answer:
    """At least one relevant input was seen, all were understood, and all is well."""
    return Answer(outcome=Outcome.PASS, reason=reason, evidence=evidence)


def failed(reason: str, *evidence: str, existing: bool = False) -> Answer:
    """Something is wrong. One failure outweighs everything that is not known.

    `existing`: the base of the change held all of it already, so that it does not block.
    """
    return Answer(outcome=Outcome.FAIL, reason=reason, evidence=evidence, existing=existing)


def waived(reason: str, *evidence: str) -> Answer:
    """Something is wrong, and all of it is accepted until a day."""
    return Answer(outcome=Outcome.WAIVED, reason=reason, evidence=evidence)


def unknown(gap: Gap, reason: str, *evidence: str) -> Answer:
    """Nobody can tell: a tool, an input or data are missing, too old or not understood."""
    return Answer(outcome=Outcome.NOT_EVALUATED, reason=reason, evidence=evidence, gap=gap)


def errored(reason: str, *evidence: str) -> Answer:
    """The check that would tell broke."""
    return Answer(outcome=Outcome.ERROR, reason=reason, evidence=evidence, gap=Gap.TOOL_FAILED)


def not_applicable(rule: str, *evidence: str) -> Answer:
    """The question does not arise; `rule` says by what. Never for something that is missing."""
    return Answer(outcome=Outcome.NOT_APPLICABLE, reason=rule, evidence=evidence)


# ------------------------------------------------------------- of a check and what it found


def not_found(target: Target, rule: str, *evidence: str) -> Answer:
    """That the question does not arise, unless what could not be read may be what it is about."""
    if target.unread:
        first = target.unread[0]
        return unknown(
            first.gap, f"{first.location.path} could not be read: {first.why}", *evidence
        )
    return not_applicable(rule)


def may_hide(target: Target, what: str) -> Answer | None:
    """That `what` may be in what could not be read; `None` where all was."""
    if not target.unread:
        return None
    places = [part.location.path for part in target.unread]
    reason = f"{what} may be in what could not be read: {some(places)}"
    return unknown(target.unread[0].gap, reason, *sorted(set(places)))


def broken(found: Evidence | None, check: str) -> Answer | None:
    """That a check left nothing, or broke; `None` when it ended."""
    if found is None:
        return unknown(Gap.INPUT_MISSING, f"the {check} check left no evidence")
    if found.status is Status.ERRORED:
        return errored(f"the {check} check errored: {found.reason}", check)
    return None


def unheard(found: Evidence | None, check: str) -> Answer | None:
    """That a check left nothing, broke or was skipped; `None` when it looked."""
    if found is not None and found.status is Status.SKIPPED:
        reason = f"the {check} check was skipped: {found.reason}"
        return unknown(Gap.NOT_CONFIGURED, reason, check)
    return broken(found, check)


def still_open(
    news: Sequence[Judged],
    old: Sequence[Judged],
    words: Callable[[Sequence[Judged]], str],
    check: str = "",
) -> Answer | None:
    """The failure for what nobody accepted; `None` where there is nothing.

    `old` is what the base of a change held already; it counts where there is nothing new. The
    evidence is that of `check`, or of the checks that found it.
    """
    if news:
        return failed(f"open: {words(news)}", *_origin(news, check))
    if old:
        reason = f"open, and in the base already: {words(old)}"
        return failed(reason, *_origin(old, check), existing=True)
    return None


def told(hits: Iterable[Judged]) -> str:
    """What was found, and in what, for the reason of an answer."""
    return some([f"{item.finding.rule} in {item.finding.subject}" for item in hits])


def told_briefly(hits: Iterable[Judged]) -> str:
    """The same, for rules of the check that the control names anyway."""
    found = [item.finding for item in hits]
    return some([f"{one.rule.removeprefix(f'{one.check}/')} in {one.subject}" for one in found])


def lapse(found: Evidence, noun: str) -> tuple[Gap, str]:
    """By which gap a check fell short, and how; `noun` is what it looks at."""
    gaps = [missing.gap for part in found.coverage if part.required for missing in part.missing]
    reason = f"{found.evaluated} of {found.expected} {noun} were evaluated"
    return min(gaps, default=Gap.NOT_ACCOUNTED_FOR), reason


def _origin(hits: Sequence[Judged], check: str) -> tuple[str, ...]:
    return (check,) if check else tuple(sorted({item.finding.check for item in hits}))


def unwaived(facts: Facts, hits: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Those of the hits that no waiver accepts: what is new, and what the base held already."""
    open_ = [item for item in hits if item.disposition is not Disposition.WAIVED]
    old = facts.baseline.old(item.finding for item in hits)
    news = [item for item in open_ if item.finding.fingerprint not in old]
    return news, [item for item in open_ if item.finding.fingerprint in old]


def having(hits: Iterable[Judged], *dispositions: Disposition) -> list[Judged]:
    """Those of the hits that the policy judged so."""
    return [item for item in hits if item.disposition in dispositions]


def is_in_image(finding: Finding, images: Iterable[Image]) -> bool:
    """Whether a finding has a place inside one of the images."""
    return any(place.path.startswith(_inside(images)) for place in finding.locations)


def is_in_repository(finding: Finding, images: Iterable[Image]) -> bool:
    """Whether a finding has a place outside all of the images."""
    inside = _inside(images)
    places = finding.locations
    return not places or not all(place.path.startswith(inside) for place in places)


def _inside(images: Iterable[Image]) -> tuple[str, ...]:
    """How paths in the images begin."""
    return tuple(f"{image.name}!/" for image in images)
