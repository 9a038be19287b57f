"""A large report, made up."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pipeline import controls, policy
from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Kind,
    Location,
    Lock,
    Package,
    Policy,
    Severity,
    Status,
    Target,
)

if TYPE_CHECKING:
    from pipeline.model import (
        Report,
    )

DAY = date(2026, 11, 1)
_SEVERITIES = tuple(Severity)


def large(count: int) -> Report:
    """A report with `count` findings, judged by the real policy and controls."""
    packages = tuple(
        Package(
            ecosystem="PyPI",
            name=f"package-{number}",
            version="1.0",
            location=Location(path="requirements.txt", line=number + 1),
            direct=not number % 3,
        )
        for number in range(count // 4)
    )
    lock = Lock(
        path="requirements.txt",
        format="requirements.txt",
        ecosystem="PyPI",
        digest="sha256:" + "0" * 64,
        packages=packages,
    )
    target = Target(name="large", git=None, files=1, locks=(lock,))
    findings = tuple(finding(number, packages[number % len(packages)]) for number in range(count))
    evidence = Evidence(
        check="dependencies",
        status=Status.FOUND,
        findings=findings,
        coverage=(
            Coverage(
                scope=lock.path, unit="packages", expected=len(packages), evaluated=len(packages)
            ),
        ),
    )
    judged = policy.weigh(findings, Policy(), DAY)
    results = controls.evaluate(
        controls.Facts(
            target=target,
            evidence={"dependencies": evidence},
            judged=judged,
            policy=Policy(),
            planned=("dependencies",),
            as_of=DAY,
            signed=None,
        )
    )
    return policy.judge(
        version="benchmark",
        target=target,
        evidence=(evidence,),
        judged=judged,
        controls=results,
        frameworks=controls.count(results),
        policy=Policy(),
        planned=("dependencies",),
        as_of=DAY,
    )


def finding(number: int, package: Package) -> Finding:
    """A finding with every field that a renderer shows."""
    return Finding(
        check="dependencies",
        rule=f"CVE-2026-{number}",
        kind=Kind.VULNERABILITY,
        severity=_SEVERITIES[number % len(_SEVERITIES)],
        title="Somebody can do something that nobody meant to allow, and it takes a line to say so",
        subject=package.purl,
        locations=(package.location,),
        detail="Made up for a benchmark. " * 20,
        fix=f"upgrade {package.name} from 1.0 to 2.0 or later",
        url=f"https://example.com/advisories/{number}",
        aliases=(f"GHSA-{number}", f"PYSEC-2026-{number}"),
        fixed_versions=("2.0",),
        paths=(("package-0==1.0", package.key),),
        score=7.5,
        epss=0.01,
        seen_by=("pip-audit",),
    )
