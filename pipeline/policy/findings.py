"""Findings: which violate the policy, which are below its threshold, and which are accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.model import Disposition, Finding, Judged, Kind, Location, Severity
from pipeline.policy.baseline import NOTHING
from pipeline.policy.order import reading_order
from pipeline.policy.rules import CHECK, MAX_WAIVER_DAYS, RULES
from pipeline.policy.waivers import Touching, holding, last_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from pipeline.model import Policy, Waiver
    from pipeline.policy.baseline import Baseline, Held

_SETTINGS = "supply-chain.yml"


def weigh(
    findings: Iterable[Finding], policy: Policy, as_of: date, *, baseline: Baseline = NOTHING
) -> tuple[Judged, ...]:
    """What policy makes of each finding, in reading order: each appears exactly once.

    What would violate the policy but stands in the `baseline` as well is `existing`. Waivers that
    have ended by `as_of`, or last too long, join as findings of policy's own.
    """
    touching = Touching(policy.waivers)
    findings = tuple(findings)
    now = baseline.now(findings)
    judged = []
    for finding in findings:
        item = _weigh(finding, touching.of(finding), policy, as_of)
        if item.disposition is Disposition.VIOLATION and not _is_harm(finding):
            item = _compare(item, now[finding.fingerprint], baseline)
        judged.append(item)
    for waiver in policy.waivers:
        if waiver.expires < as_of:
            judged.append(own_finding("policy/waiver-expired", waiver, policy))
        elif (waiver.expires - as_of).days > MAX_WAIVER_DAYS:
            judged.append(own_finding("policy/waiver-too-long", waiver, policy))
    return tuple(sorted(judged, key=reading_order))


def _weigh(finding: Finding, touching: Sequence[Waiver], policy: Policy, as_of: date) -> Judged:
    offence = _offence(finding, policy)
    # A finding below the threshold can be waived as well: a control may still ask about it.
    waiver, lapse = holding(finding, touching, as_of)
    if waiver is None and not offence:
        return Judged(
            finding=finding,
            disposition=Disposition.BELOW_THRESHOLD,
            why=_excuse(finding.severity, policy),
        )
    if waiver is None:
        why = f"{offence}; {lapse}" if lapse else offence
        return Judged(finding=finding, disposition=Disposition.VIOLATION, why=why)
    return Judged(
        finding=finding,
        disposition=Disposition.WAIVED,
        why=f"{waiver.owner} accepts it until {last_day(waiver, finding)}: {waiver.reason}",
        waiver=waiver,
    )


def _compare(violation: Judged, now: Held, baseline: Baseline) -> Judged:
    """The violation, or that it exists already: as bad, and in as many places, as in the base."""
    before = baseline.findings.get(violation.finding.fingerprint)
    if before is None:
        return violation
    if more := now.beyond(before):
        return replace(violation, why=f"{violation.why}; the base has it too, but {more}")
    why = f"{violation.why}; the base has it too, so this change does not bring it in"
    return replace(violation, disposition=Disposition.EXISTING, why=why)


def _is_harm(finding: Finding) -> bool:
    """What violates the policy wherever it comes from."""
    return finding.kind is Kind.MALWARE or finding.exploited is not None


def _offence(finding: Finding, policy: Policy) -> str:
    """Why a finding violates the policy, or ""."""
    if finding.kind is Kind.MALWARE:
        return "malicious packages always violate the policy"
    if finding.exploited:
        known = finding.exploited
        return f"known to be exploited since {known.added}, to be mended by {known.due}"
    return too_severe(finding.severity, policy)


def too_severe(severity: Severity, policy: Policy) -> str:
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


def own_finding(rule: str, waiver: Waiver, policy: Policy) -> Judged:
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
