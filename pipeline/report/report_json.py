"""`report.json`: the whole report as data, in a layout of its own with a published schema.

The layout is spelled out here rather than dumped from the model, so that the model can change
without breaking whoever reads reports; `report.schema.json` describes it and every report is
held against it before it is written. A layout that old readers would misread gets a new number.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IncompleteError
from pipeline.model import Decision, Verdict
from pipeline.report.documents import check, encode
from pipeline.report.links import web_link
from pipeline.report.row import is_direct, packages_by_location
from pipeline.report.view import View, counts

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.model import (
        Base,
        CiFile,
        ControlResult,
        Evidence,
        Git,
        Image,
        Judged,
        Location,
        Lock,
        Missing,
        Package,
        Policy,
        Report,
        RunFacts,
        Target,
        Unevaluated,
        Unread,
        Waiver,
    )

SCHEMA = "supply-chain-report/1"
"""Name and version of the layout."""

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def render(report: Report) -> bytes:
    """The report as indented UTF-8 JSON with sorted keys and a final newline.

    Characters that could deceive a terminal are written as JSON escapes, which loses nothing.
    """
    return encode(_document(report))


def verdict_of(content: bytes) -> Verdict:
    """The verdict in the bytes of a `report.json`.

    Raises `UnreadableOutputError` for what does not follow the schema, and `IncompleteError`
    when the verdict contradicts the report's own list of what was not evaluated.
    """
    fix = "run `supply-chain report` again"
    document = check(content, SCHEMA_FILE, where="report.json")
    found = document["verdict"]
    decision = Decision(found["decision"])
    blocking = any(item["blocking"] for item in document["unevaluated"])
    violations = any(item["disposition"] == "violation" for item in document["findings"])
    if decision is Decision.COMPLIANT and (blocking or violations):
        raise IncompleteError(
            "it says compliant, but lists "
            + ("a violation" if violations else "inputs that were not evaluated"),
            where="report.json",
            fix=fix,
        )
    return Verdict(
        decision=decision,
        exit_code=found["exit_code"],
        headline=found["headline"],
        reasons=tuple(found["reasons"]),
    )


def _document(report: Report) -> dict[str, Any]:
    verdict = report.verdict
    packages = packages_by_location(report.target)
    return {
        "schema": SCHEMA,
        "pipeline_version": report.version,
        "as_of": _day(report.as_of),
        "verdict": {
            "decision": verdict.decision.value,
            "exit_code": verdict.exit_code,
            "headline": verdict.headline,
            "reasons": verdict.reasons,
        },
        "counts": counts(View(report)),
        "unevaluated": [_unevaluated(item) for item in report.unevaluated],
        "findings": [_finding(item, packages) for item in report.findings],
        "evidence": [_evidence(item) for item in report.evidence],
        "controls": [_control(item) for item in report.controls],
        "frameworks": [
            {
                "framework": item.framework,
                "version": item.version,
                "evidenced": item.evidenced,
                "mapped": item.mapped,
                "total": item.total,
            }
            for item in report.frameworks
        ],
        "target": _target(report.target),
        "policy": _policy(report.policy),
        "notices": report.notices,
        "base": _base(report.base),
        "run": _run(report.run),
    }


def _unevaluated(item: Unevaluated) -> dict[str, Any]:
    return {
        "what": item.what,
        "gap": item.gap.value,
        "why": item.why,
        "fix": item.fix,
        "location": _location(item.location),
        "blocking": item.blocking,
    }


def _finding(judged: Judged, packages: dict[Location, list[Package]]) -> dict[str, Any]:
    finding = judged.finding
    return {
        "fingerprint": finding.fingerprint,
        "disposition": judged.disposition.value,
        "why": judged.why,
        "waiver": None if judged.waiver is None else _waiver(judged.waiver),
        "check": finding.check,
        "rule": finding.rule,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "score": finding.score,
        "cvss": finding.cvss,
        "epss": finding.epss,
        "exploited": None
        if finding.exploited is None
        else {
            "added": _day(finding.exploited.added),
            "due": _day(finding.exploited.due),
            "ransomware": finding.exploited.ransomware,
        },
        "title": finding.title,
        "detail": finding.detail,
        "fix": finding.fix,
        "fixed_versions": finding.fixed_versions,
        "url": web_link(finding.url),
        "subject": finding.subject,
        "aliases": finding.aliases,
        "direct": is_direct(finding, packages),
        "paths": finding.paths,
        "locations": [_location(place) for place in finding.locations],
        "commits": [
            {
                "id": commit.id,
                "day": None if commit.day is None else _day(commit.day),
                "path": commit.path,
                "line": commit.line,
            }
            for commit in finding.commits
        ],
        "removed": finding.removed,
        "seen_by": finding.seen_by,
        "missed_by": finding.missed_by,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "check": item.check,
        "status": item.status.value,
        "reason": item.reason,
        "expected": item.expected,
        "evaluated": item.evaluated,
        "coverage": [
            {
                "scope": part.scope,
                "unit": part.unit,
                "expected": part.expected,
                "evaluated": part.evaluated,
                "required": part.required,
                "missing": [_missing(missing) for missing in part.missing],
            }
            for part in item.coverage
        ],
        "tools": [
            {
                "name": tool.name,
                "version": tool.version,
                "digest": tool.digest,
                "obtained": tool.obtained,
                "verified": tool.verified,
            }
            for tool in item.tools
        ],
        "data": [
            {
                "name": data.name,
                "origin": data.origin,
                "digest": data.digest,
                "as_of": None if data.as_of is None else _day(data.as_of),
                "entries": data.entries,
                "fresh": data.fresh,
                "note": data.note,
            }
            for data in item.data
        ],
        "artefacts": [
            {"path": file.path, "digest": file.digest, "media_type": file.media_type}
            for file in item.artefacts
        ],
        "tables": [
            {
                "title": table.title,
                "columns": table.columns,
                "rows": table.rows,
                "note": table.note,
            }
            for table in item.tables
        ],
    }


def _missing(item: Missing) -> dict[str, Any]:
    return {
        "subject": item.subject,
        "gap": item.gap.value,
        "why": item.why,
        "location": _location(item.location),
    }


def _control(item: ControlResult) -> dict[str, Any]:
    control, answer = item.control, item.answer
    return {
        "id": control.id,
        "title": control.title,
        "outcome": answer.outcome.value,
        "reason": answer.reason,
        "existing": answer.existing,
        "evidence": answer.evidence,
        "rationale": control.rationale,
        "how": control.how,
        "fix": control.fix,
        "severity": control.severity.value,
        "gate": control.gate.value,
        "checks": control.checks,
        "requirements": [
            {"framework": part.framework, "id": part.id, "counted": part.counted}
            for part in control.requirements
        ],
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "git": _git(target.git),
        "files": target.files,
        "projects": [
            {
                "path": project.path,
                "ecosystem": project.ecosystem,
                "manifests": [
                    {"path": manifest.path, "declared": manifest.declared}
                    for manifest in project.manifests
                ],
                "locks": project.locks,
            }
            for project in target.projects
        ],
        "locks": [_lock(lock) for lock in target.locks],
        "dockerfiles": target.dockerfiles,
        "compose": target.compose,
        "kubernetes": target.kubernetes,
        "terraform": target.terraform,
        "helm": target.helm,
        "cloudformation": target.cloudformation,
        "images": [_image(image) for image in target.images],
        "ci": [_ci(file) for file in target.ci],
        "excluded": [{"path": item.path, "why": item.why} for item in target.excluded],
        "unread": [_unread(item) for item in target.unread],
    }


def _image(image: Image) -> dict[str, Any]:
    return {
        "name": image.name,
        "transport": image.transport,
        "platform": image.platform,
        "id": image.config,
        "manifest": image.manifest,
        "index": image.index,
        "base": image.base,
        "base_digest": image.base_digest,
        "base_from": image.base_from,
        "layers": [layer.diff_id for layer in image.layers],
        "unread": image.unread.why if image.unread else "",
    }


def _git(git: Git | None) -> dict[str, Any] | None:
    if git is None:
        return None
    return {
        "commit": git.commit,
        "branch": git.branch,
        "dirty": git.dirty,
        "remote": git.remote,
        "shallow": git.shallow,
    }


def _lock(lock: Lock) -> dict[str, Any]:
    return {
        "path": lock.path,
        "format": lock.format,
        "ecosystem": lock.ecosystem,
        "digest": lock.digest,
        "files": lock.files,
        "indexes": lock.indexes,
        "package_count": len(lock.packages),
        "packages": [_package(package) for package in lock.packages],
        "unread": [_unread(item) for item in lock.unread],
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "purl": package.purl,
        "name": package.name,
        "version": package.version,
        "location": _location(package.location),
        "origin": package.source.origin.value,
        "source": package.source.url,
        "hashes": package.hashes,
        "markers": package.markers,
        "extras": package.extras,
        "groups": package.groups,
        "direct": package.direct,
        "requires": package.requires,
    }


def _ci(file: CiFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "system": file.system,
        "triggers": file.triggers,
        "audits": [
            {
                "location": _location(step.location),
                "command": step.command,
                "fatal": step.fatal,
            }
            for step in file.audits
        ],
        "unread": file.unread,
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "origin": policy.origin,
        "digest": policy.digest,
        "fail_on": None if policy.fail_on is None else policy.fail_on.value,
        "fail_on_unknown": policy.fail_on_unknown,
        "required": policy.required,
        "required_controls": policy.required_controls,
        "advisories_max_age_days": policy.advisories_max_age_days,
        "kev_max_age_days": policy.kev_max_age_days,
        "registries": policy.registries,
        "image_registries": policy.image_registries,
        "cool_down_days": policy.cool_down_days,
        "denied_licences": policy.denied_licences,
        "second_opinion": policy.second_opinion,
        "waivers": [_waiver(waiver) for waiver in policy.waivers],
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "id": waiver.id,
        "package": waiver.package,
        "path": waiver.path,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": _day(waiver.expires),
        "location": _location(waiver.location),
    }


def _unread(item: Unread) -> dict[str, Any]:
    return {"location": _location(item.location), "gap": item.gap.value, "why": item.why}


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    return {"path": location.path, "line": location.line, "column": location.column}


def _base(base: Base | None) -> dict[str, Any] | None:
    if base is None:
        return None
    return {"asked": base.asked, "commit": base.commit, "checks": base.checks, "why": base.why}


def _run(run: RunFacts | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "started": _moment(run.started),
        "seconds": run.seconds,
        "python": run.python,
        "platform": run.platform,
        "checks": [{"check": check, "seconds": seconds} for check, seconds in run.checks],
    }


def _day(day: date) -> str:
    return day.isoformat()


def _moment(moment: datetime) -> str:
    """RFC 3339; a moment in UTC ends in "Z"."""
    text = moment.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if moment.utcoffset() == timedelta(0) else text
