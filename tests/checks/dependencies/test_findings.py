"""Advisories as findings."""

from __future__ import annotations

from pipeline.model import Kind, Location, Severity
from tests.checks.dependencies.builders import (
    lock,
    options,
    package,
    read,
    record,
    target,
)


def test_a_clean_lock() -> None:
    of = target(lock(package("a"), package("b")))
    reading = read(of, options(of, {}))
    assert reading.findings == ()
    (coverage,) = reading.coverage
    assert (coverage.expected, coverage.evaluated, coverage.missing) == (2, 2, ())


def test_a_finding_carries_what_somebody_needs_to_mend_it() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    known = record(
        "PYSEC-1",
        "b",
        "CVE-2020-1",
        severity=[{"type": "CVSS_V3", "score": vector}],
        references=[{"type": "ADVISORY", "url": "https://example.com/1"}],
    )
    of = target(
        lock(
            package("a", direct=True, requires=("b",)),
            package("b", line=7, direct=False),
        )
    )
    (finding,) = read(of, options(of, {"b": [known]})).findings
    assert finding.rule == "CVE-2020-1"
    assert finding.aliases == ("PYSEC-1",)
    assert finding.kind is Kind.VULNERABILITY
    assert (finding.severity, finding.score, finding.cvss) == (Severity.CRITICAL, 9.8, vector)
    assert finding.subject == "pkg:pypi/b@1.0"
    assert finding.locations == (Location(path="requirements.txt", line=7),)
    assert finding.paths == (("a==1.0", "b==1.0"),)
    assert finding.fixed_versions == ("2.0",)
    assert finding.fix == "upgrade b from 1.0 to 2.0 or later"
    assert finding.seen_by == ("a source", "pip-audit")


def test_records_of_one_problem_are_one_finding_in_every_lock() -> None:
    known = [record("GHSA-x", "a", "CVE-2020-1"), record("PYSEC-1", "a", "CVE-2020-1")]
    of = target(
        lock(package("a", line=3)),
        lock(package("a", location=Location(path="b.txt", line=5)), path="b.txt"),
    )
    (finding,) = read(of, options(of, {"a": known})).findings
    assert finding.ids == {"CVE-2020-1", "GHSA-x", "PYSEC-1"}
    assert finding.locations == (
        Location(path="b.txt", line=5),
        Location(path="requirements.txt", line=3),
    )


def test_malware_says_to_remove_it() -> None:
    of = target(lock(package("a")))
    (finding,) = read(of, options(of, {"a": [record("MAL-2024-1", "a")]})).findings
    assert (finding.kind, finding.severity) == (Kind.MALWARE, Severity.CRITICAL)
    assert finding.fix.startswith("remove a")


def test_no_fix_is_said() -> None:
    known = record("PYSEC-1", "a")
    known["affected"][0]["ranges"][0]["events"].pop()
    of = target(lock(package("a")))
    (finding,) = read(of, options(of, {"a": [known]})).findings
    assert finding.fixed_versions == ()
    assert "no fixed version" in finding.fix


def test_a_fix_for_go_is_spelt_as_go_wants_it() -> None:
    of = target(lock(package("example.com/a", "v1.0.0", ecosystem="Go")))
    known = record("GO-1", "example.com/a", fixed="1.2.0", ecosystem="Go")
    (finding,) = read(of, options(of, {"example.com/a": [known]})).findings
    assert finding.fix == "upgrade example.com/a from v1.0.0 to v1.2.0 or later"
    assert finding.fixed_versions == ("1.2.0",)


def test_without_a_fix_it_says_which_parts_of_a_module_are_affected() -> None:
    of = target(lock(package("example.com/a", "v1.0.0", ecosystem="Go")))
    known = record("GO-1", "example.com/a", ecosystem="Go")
    known["affected"][0]["ranges"][0]["events"].pop()
    known["affected"][0]["ecosystem_specific"] = {"imports": [{"path": "example.com/a/old"}]}
    (finding,) = read(of, options(of, {"example.com/a": [known]})).findings
    assert finding.fix.endswith("; only what uses example.com/a/old is affected")
