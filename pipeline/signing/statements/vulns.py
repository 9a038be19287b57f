"""The vulnerabilities that were found, as in-toto's vulnerability predicate v0.2.

The predicate knows no "not looked at": an empty result reads as "none". So it is left out unless
every check that looks for vulnerabilities came to its end with nothing missing.
Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/vuln.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.signing.facts import VERIFIER
from pipeline.signing.statements.form import Omitted, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts

NAME = "vulns"
TYPE = "https://in-toto.io/attestation/vulns/v0.2"
_CHECKS = ("dependencies", "container")
_WHOLE = frozenset({"clean", "found"})
_ADVISORIES = "OSV advisories"


def build(facts: Facts) -> Iterator[Statement | Omitted]:
    """The result of the scan, if it was a whole one."""
    report = facts.report
    scans = [item for item in report["evidence"] if item["check"] in _CHECKS]
    broken = [item for item in scans if item["status"] not in _WHOLE | {"not_applicable"}]
    if broken:
        yield Omitted(NAME, f"the check {broken[0]['check']} is {broken[0]['status']}")
        return
    if not any(item["status"] in _WHOLE for item in scans):
        yield Omitted(NAME, "no check looked for vulnerabilities")
        return
    data = [record for item in scans for record in item["data"] if record["as_of"]]
    known = [record for record in data if record["name"] == _ADVISORIES] or data
    if not known:
        yield Omitted(NAME, "nobody says how old the advisories were")
        return
    yield Statement(
        name=NAME,
        predicate_type=TYPE,
        subjects=facts.subjects,
        predicate={
            "scanner": {
                "uri": VERIFIER,
                "version": report["pipeline_version"],
                "db": _database(known[0]),
                "result": [_result(item) for item in found(report)],
            },
            "metadata": _times(facts),
        },
    )


def found(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings of a report that are vulnerabilities or malware."""
    return [item for item in report["findings"] if item["kind"] in {"vulnerability", "malware"}]


def _database(record: dict[str, Any]) -> dict[str, Any]:
    made = {"uri": f"urn:supply-chain-pipeline:data:{record['name'].replace(' ', '-').lower()}"}
    if record["digest"]:
        made["version"] = record["digest"]
    return made | {"lastUpdate": f"{record['as_of']}T00:00:00Z"}


def _result(item: dict[str, Any]) -> dict[str, Any]:
    severity = [{"method": VERIFIER, "score": item["severity"]}]
    if item["score"] is not None:
        method = item["cvss"].partition("/")[0] if item["cvss"].startswith("CVSS:") else "CVSS:2.0"
        severity.append({"method": method, "score": str(item["score"])})
    annotations = [{"subject": item["subject"]}, {"disposition": item["disposition"]}]
    return {"id": item["rule"], "severity": severity, "annotations": annotations}


def _times(facts: Facts) -> dict[str, str]:
    run = facts.report["run"]
    if not run:
        return {"scanStartedOn": facts.moment, "scanFinishedOn": facts.moment}
    started = datetime.fromisoformat(run["started"])
    longest = max((item["seconds"] for item in run["checks"]), default=0.0)
    finished = min(started + timedelta(seconds=longest), datetime.fromisoformat(facts.moment))
    return {
        "scanStartedOn": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "scanFinishedOn": f"{max(started, finished):%Y-%m-%dT%H:%M:%SZ}",
    }
