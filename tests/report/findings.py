"""Findings to be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.model import Disposition, Finding, Judged, Kind, Location, Severity
from pipeline.report.view import View

if TYPE_CHECKING:
    from pipeline.model import Report


def finding(rule: str = "GHSA-1", **other: Any) -> Finding:
    base = Finding(
        check="dependencies",
        rule=rule,
        kind=Kind.VULNERABILITY,
        severity=Severity.HIGH,
        title="t",
        subject="pkg:pypi/a@1",
        locations=(Location(path="uv.lock", line=1),),
    )
    return replace(base, **other)


def with_findings(report: Report, *findings: Finding) -> View:
    judged = (Judged(finding=f, disposition=Disposition.VIOLATION, why="w") for f in findings)
    return View(replace(report, findings=tuple(judged)))
