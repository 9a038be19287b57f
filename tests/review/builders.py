"""What the tests of the review are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Gap,
    Kind,
    Location,
    Lock,
    Package,
    Severity,
    Status,
    Target,
)
from pipeline.review import compare
from pipeline.review.model import Commit, Review

TODAY = date(2026, 11, 22)
OLD, NEW = "0a" * 20, "0b" * 20


@dataclass(frozen=True, kw_only=True)
class Known:
    """A release as a registry tells it."""

    published: date | None = None
    licence: str = ""
    yanked: str = ""
    deprecated: str = ""
    gap: Gap | None = None


def package(name: str = "a", version: str | None = "1.0", line: int = 1, **more: Any) -> Package:
    values: dict[str, Any] = {
        "ecosystem": "PyPI",
        "name": name,
        "version": version,
        "location": Location(path="uv.lock", line=line),
    }
    return Package(**(values | more))


def lock(*packages: Package, path: str = "uv.lock", **more: Any) -> Lock:
    values: dict[str, Any] = {
        "path": path,
        "format": path.rpartition("/")[2],
        "ecosystem": "PyPI",
        "digest": f"sha256:{hash(packages)}",
        "packages": packages,
    }
    return Lock(**(values | more))


def target(*locks: Lock, **more: Any) -> Target:
    return Target(**({"name": "shop", "git": None, "files": 1, "locks": locks} | more))


def finding(rule: str = "CVE-2026-1", subject: str = "pkg:pypi/a@1.0", **more: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "dependencies",
        "rule": rule,
        "kind": Kind.VULNERABILITY,
        "severity": Severity.HIGH,
        "title": "a problem",
        "subject": subject,
        "locations": (Location(path="uv.lock", line=1),),
    }
    return Finding(**(values | more))


def evidence(*findings: Finding, scopes: tuple[str, ...] = ("uv.lock",), **more: Any) -> Evidence:
    values: dict[str, Any] = {
        "check": "dependencies",
        "status": Status.FOUND if findings else Status.CLEAN,
        "findings": findings,
        "coverage": tuple(
            Coverage(scope=scope, unit="packages", expected=1, evaluated=1) for scope in scopes
        ),
    }
    return Evidence(**(values | more))


def review(before: Target, after: Target, **more: Any) -> Review:
    values: dict[str, Any] = {
        "version": "0.1.0",
        "as_of": TODAY,
        "base": Commit(asked="main", id=OLD),
        "head": Commit(asked="HEAD", id=NEW),
        "before": before,
        "after": after,
        "evidence_before": evidence(),
        "evidence_after": evidence(),
        "releases": {},
    }
    return compare(**(values | more))
