"""Trivy's answers about locks, as small as they can be, and the whole check that hears them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pipeline.checks import dependencies
from pipeline.checks.dependencies import opinion
from pipeline.checks.job import Options, Ran, Skip, Wanted
from pipeline.model import (
    DataRecord,
    Gap,
    Policy,
    Reading,
    Target,
    Unread,
)
from pipeline.tools.trivy import OUTPUT, Database
from tests.checks.dependencies.builders import audit, lock, options, package, ran, target

REQUIRED = Policy(second_opinion=True)
FILES: dict[str, bytes | Unread] = {"requirements.txt": b"a==1.0\nB_b==2.0\n"}


def database(*sources: str, fresh: bool = True) -> Database:
    held = DataRecord(name="Trivy vulnerability database", origin="o", as_of=date.min, fresh=fresh)
    return Database(
        cache="/cache", sources=frozenset(sources or {"pip::somebody"}), records=(held,)
    )


def equipped(of: Target, known: dict[str, list[Any]] | None = None, **changes: Any) -> Options:
    values: dict[str, Any] = {"root": "/x", "database": database(), "files": FILES}
    return options(of, known or {}, **(values | changes))


def row(name: str, version: str, id_: str, *others: str, **changes: Any) -> dict[str, Any]:
    return {
        "VulnerabilityID": id_,
        "VendorIDs": list(others),
        "PkgName": name,
        "InstalledVersion": version,
        "FixedVersion": "2.0, 3.0",
        "Severity": "HIGH",
        "Title": "It is broken",
        "Description": "All of it",
        "PrimaryURL": "https://example.org/x",
        **changes,
    }


def result(number: int, packages: dict[str, str], *rows: dict[str, Any]) -> dict[str, Any]:
    listed = [{"Name": name, "Version": version} for name, version in packages.items()]
    return {
        "Target": f"{number}/requirements.txt",
        "Class": "lang-pkgs",
        "Type": "pip",
        "Packages": listed,
        "Vulnerabilities": list(rows),
    }


def read(of: Target, with_: Options, *results: dict[str, Any], fails: bool = False) -> Reading:
    """The whole check, with pip-audit and Trivy as they answer."""
    jobs = dependencies.plan(of, with_)
    assert not isinstance(jobs, Skip | Wanted)
    runs = []
    for job in jobs:
        if job.name != opinion.NAME:
            runs.append(ran(job, audit(job, with_)))
        elif not fails:
            content = json.dumps({"SchemaVersion": 2, "Results": list(results)}).encode()
            runs.append(Ran(job=job, exit_code=0, outputs={OUTPUT: content}))
    return dependencies.read(of, with_, runs)


def gaps(reading: Reading) -> list[tuple[str, Gap, bool]]:
    return [
        (one.subject, one.gap, part.required)
        for part in reading.coverage
        if part.scope == opinion.SCOPE
        for one in part.missing
    ]


ONE = target(lock(package("a"), package("b-b", "2.0", line=2)))
BOTH = {"a": "1.0", "B_b": "2.0"}
