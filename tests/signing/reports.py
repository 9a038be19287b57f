"""Small reports to sign: real files in the real layout, made without running a check."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline import controls, policy, report
from pipeline.model import (
    Coverage,
    DataRecord,
    Evidence,
    File,
    Finding,
    Git,
    Kind,
    Location,
    Lock,
    Manifest,
    Package,
    Policy,
    Project,
    Report,
    RunFacts,
    Severity,
    Status,
    Target,
)
from pipeline.store import Output, Plan

DAY = date(2026, 11, 1)
COMMIT = "a" * 40
POLICY = b"version: 1\n"
TARGET = Target(
    name="shop",
    git=Git(
        commit=COMMIT,
        branch="main",
        dirty=False,
        remote="https://github.com/acme/shop",
        shallow=False,
    ),
    files=3,
    projects=(
        Project(
            path=".",
            ecosystem="PyPI",
            manifests=(Manifest(path="pyproject.toml", declared=1),),
            locks=("requirements.txt",),
        ),
    ),
    locks=(
        Lock(
            path="requirements.txt",
            format="requirements.txt",
            ecosystem="PyPI",
            digest="sha256:" + "ab" * 32,
            packages=(
                Package(
                    ecosystem="PyPI",
                    name="jinja2",
                    version="2.10",
                    location=Location(path="requirements.txt", line=1),
                ),
            ),
        ),
    ),
)
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.7",
    "serialNumber": "urn:uuid:fe9cf2b6-476e-5f8d-9efd-e6cb22b49a28",
    "metadata": {"component": {"type": "application", "name": "shop", "version": "1.0"}},
}


def sbom(spec: str = "1.7", **component: Any) -> bytes:
    root = {**SBOM["metadata"]["component"], **component}  # type: ignore[index]
    return json.dumps(SBOM | {"specVersion": spec, "metadata": {"component": root}}).encode()


def finding(**more: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "dependencies",
        "rule": "CVE-2026-1",
        "kind": Kind.VULNERABILITY,
        "severity": Severity.CRITICAL,
        "title": "Bad",
        "subject": "pkg:pypi/jinja2@2.10",
        "locations": (Location(path="requirements.txt", line=1),),
        "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "score": 9.8,
    }
    return Finding(**(values | more))


def evidence(check: str = "dependencies", **more: Any) -> Evidence:
    values: dict[str, Any] = {
        "check": check,
        "status": Status.CLEAN,
        "coverage": (Coverage(scope="requirements.txt", unit="packages", expected=1, evaluated=1),),
        "data": (
            DataRecord(
                name="OSV advisories", origin="advisories", digest="sha256:00", as_of=DAY, entries=1
            ),
        ),
    }
    return Evidence(**(values | more))


def write_report(
    folder: Path,
    *items: Evidence,
    run: bool = False,
    sboms: dict[str, bytes] | None = None,
    target: Target = TARGET,
    rules: Policy | None = None,
) -> Output:
    """A whole output folder: plan, evidence, SBOMs, and the report in every format."""
    found = items or (evidence(),)
    output = Output(folder)
    settled = rules or Policy(
        origin="supply-chain.yml", digest="sha256:" + hashlib.sha256(POLICY).hexdigest()
    )
    plan = Plan(
        root="/shop",
        as_of=DAY,
        offline=True,
        checks=tuple(item.check for item in found),
        target=target,
        policy=settled,
        token="0" * 32,
    )
    output.begin(plan)
    files = (sboms or {"1.7/repository.cdx.json": sbom()}).items()
    kept = output.keep(
        "sbom", [File(path=name, content=content, media_type="") for name, content in files]
    )
    found = (replace(found[0], artefacts=kept), *found[1:])
    for item in found:
        output.record(plan, item, seconds=0.5)
    made = _judged(plan, found)
    if run:
        facts = RunFacts(
            started=datetime(2026, 11, 1, 12, tzinfo=UTC),
            seconds=3.0,
            python="3.11",
            platform="Linux",
            checks=(("dependencies", 1.5),),
        )
        made = replace(made, run=facts)
    report.write(made, output.report)
    return output


def _judged(plan: Plan, found: tuple[Evidence, ...]) -> Report:
    judged = policy.weigh([one for item in found for one in item.findings], plan.policy, plan.as_of)
    results = controls.evaluate(
        controls.Facts(
            target=plan.target,
            evidence={item.check: item for item in found},
            judged=judged,
            policy=plan.policy,
            planned=plan.checks,
            as_of=plan.as_of,
            signed=None,
        )
    )
    return policy.judge(
        version="0.1.0",
        target=plan.target,
        evidence=found,
        judged=judged,
        controls=results,
        frameworks=controls.count(results),
        policy=plan.policy,
        planned=plan.checks,
        as_of=plan.as_of,
    )
