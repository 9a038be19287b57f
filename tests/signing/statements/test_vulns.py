"""Vulnerabilities as they were found, or no statement at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.model import Gap, Kind, Missing, Severity, Status
from tests.signing.reports import evidence, finding
from tests.signing.statements.making import facts, made


def test_vulnerabilities_as_they_were_found(tmp_path: Path) -> None:
    found = evidence(
        status=Status.FOUND,
        findings=(
            finding(),
            finding(rule="MAL-1", kind=Kind.MALWARE, score=None, cvss=""),
            finding(
                rule="CVE-2", score=5.0, cvss="AV:N/AC:L/Au:N/C:P/I:N/A:N", severity=Severity.MEDIUM
            ),
            finding(rule="lockfiles/x", kind=Kind.RULE),
        ),
    )
    predicate = made(facts(tmp_path, found, run=True))[0]["vulns"].predicate
    results = {item["id"]: item for item in predicate["scanner"]["result"]}
    assert results.keys() == {"CVE-2026-1", "MAL-1", "CVE-2"}
    assert results["CVE-2026-1"]["severity"] == [
        {"method": "pkg:pypi/supply-chain-pipeline", "score": "critical"},
        {"method": "CVSS:3.1", "score": "9.8"},
    ]
    assert results["CVE-2026-1"]["annotations"] == [
        {"subject": "pkg:pypi/jinja2@2.10"},
        {"disposition": "violation"},
    ]
    assert results["CVE-2"]["severity"][1]["method"] == "CVSS:2.0"
    assert predicate["scanner"]["db"] == {
        "uri": "urn:supply-chain-pipeline:data:osv-advisories",
        "version": "sha256:00",
        "lastUpdate": "2026-11-01T00:00:00Z",
    }
    assert predicate["metadata"] == {
        "scanStartedOn": "2026-11-01T12:00:00Z",
        "scanFinishedOn": "2026-11-01T12:00:01Z",
    }


NO_DATE = evidence(data=())
GAP = (Missing(subject="x", gap=Gap.NO_VERSION, why="-"),)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([evidence(status=Status.PARTIAL)], "is partial"),
        ([evidence(status=Status.ERRORED)], "is errored"),
        ([evidence(status=Status.SKIPPED)], "is skipped"),
        ([evidence(), evidence("container", status=Status.PARTIAL)], "container is partial"),
        ([evidence("lockfiles")], "no check looked"),
        ([evidence(status=Status.NOT_APPLICABLE)], "no check looked"),
        ([NO_DATE], "how old"),
    ],
)
def test_half_a_scan_is_no_statement(tmp_path: Path, items: list[Any], why: str) -> None:
    assert why in made(facts(tmp_path, *items))[1]["vulns"]


def test_a_container_without_anything_to_look_at_hides_nothing(tmp_path: Path) -> None:
    items = (evidence(), evidence("container", status=Status.NOT_APPLICABLE, coverage=()))
    assert "vulns" in made(facts(tmp_path, *items))[0]
