"""What the tests of policy are made of: one finding, one waiver, one report at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pipeline.model import (
    Answer,
    Control,
    ControlResult,
    Coverage,
    Disposition,
    Evidence,
    Exploited,
    Finding,
    FrameworkCount,
    Gap,
    Gate,
    Git,
    Judged,
    Kind,
    Location,
    Missing,
    Outcome,
    Policy,
    Project,
    Report,
    Severity,
    Status,
    Target,
    Waiver,
)
from pipeline.policy import judge, weigh

TODAY = date(2026, 11, 22)
LOCK = Location(path="requirements.txt", line=3)
GIT = Git(commit="a" * 40, branch="main", dirty=False, remote=None, shallow=False)
TARGET = Target(
    name="shop",
    git=GIT,
    files=9,
    projects=(Project(path=".", ecosystem="PyPI", locks=("requirements.txt",)),),
)
KEV = Exploited(added=date(2026, 11, 1), due=TODAY + timedelta(days=5), ransomware=False)
V, B = Disposition.VIOLATION, Disposition.BELOW_THRESHOLD


def finding(rule: str = "CVE-2026-1", severity: Severity = Severity.HIGH, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "dependencies",
        "rule": rule,
        "kind": Kind.VULNERABILITY,
        "severity": severity,
        "title": "a problem",
        "subject": "pkg:pypi/jinja2@2.4.1",
        "locations": (LOCK,),
    }
    return Finding(**(values | more))


def evidence(
    *findings: Finding, check: str = "dependencies", status: Status | None = None, **more: Any
) -> Evidence:
    values: dict[str, Any] = {
        "check": check,
        "status": status or (Status.FOUND if findings else Status.CLEAN),
        "findings": findings,
        "coverage": (Coverage(scope="requirements.txt", unit="packages", expected=4, evaluated=4),),
    }
    return Evidence(**(values | more))


def waiver(id_: str = "CVE-2026-1", *, days: int = 30, **more: Any) -> Waiver:
    values: dict[str, Any] = {
        "id": id_,
        "reason": "not reachable",
        "owner": "platform",
        "expires": TODAY + timedelta(days=days),
    }
    return Waiver(**(values | more))


def result(
    outcome: Outcome, name: str = "DEP-03", gate: Gate = Gate.BLOCK, gap: Gap | None = None
) -> ControlResult:
    control = Control(
        id=name,
        title="a question",
        rationale="-",
        how="-",
        fix="Mend it.",
        severity=Severity.HIGH,
        gate=gate,
        checks=("dependencies",),
        requirements=(),
    )
    return ControlResult(control=control, answer=Answer(outcome=outcome, reason="because", gap=gap))


def report(
    *items: Evidence,
    policy: Policy | None = None,
    planned: tuple[str, ...] = ("dependencies",),
    controls: tuple[ControlResult, ...] = (),
    target: Target = TARGET,
    frameworks: tuple[FrameworkCount, ...] = (),
    notices: tuple[str, ...] = (),
) -> Report:
    policy = policy or Policy()
    findings = [found for item in items for found in item.findings]
    return judge(
        version="1",
        target=target,
        evidence=items,
        judged=weigh(findings, policy, TODAY),
        controls=controls,
        frameworks=frameworks,
        policy=policy,
        planned=planned,
        as_of=TODAY,
        notices=notices,
    )


def weighed(found: Finding, **policy: Any) -> Judged:
    """What policy makes of one finding; policy's own findings are left out."""
    all_ = weigh([found], Policy(**policy), TODAY)
    (one,) = [item for item in all_ if item.finding is found]
    return one


def own_rules(judged: tuple[Judged, ...]) -> list[str]:
    return [item.finding.rule for item in judged if item.finding.check == "policy"]


PARTIAL = (
    Coverage(
        scope="requirements.txt",
        unit="packages",
        expected=4,
        evaluated=3,
        missing=(Missing(subject="left-pad", gap=Gap.NO_VERSION, why="not pinned"),),
    ),
)

NOTHING_TO_DO = evidence(status=Status.NOT_APPLICABLE, coverage=())
