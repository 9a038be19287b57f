"""Who saw a problem, and who could have: one finding, whoever saw it."""

from __future__ import annotations

from pipeline.checks.dependencies import witnesses
from pipeline.model import Finding, Gap, Location, Severity
from tests.checks.dependencies.builders import lock, package, record, target
from tests.checks.dependencies.heard import (
    BOTH,
    FILES,
    ONE,
    database,
    equipped,
    gaps,
    read,
    result,
    row,
)


def test_three_scanners_three_ids_one_finding_three_witnesses() -> None:
    """The source calls it GHSA, pip-audit tells the alias, Trivy knows it as a CVE."""
    known = record("GHSA-x", "a", "PYSEC-1", "CVE-2020-1")
    reading = read(
        ONE, equipped(ONE, {"a": [known]}), result(0, BOTH, row("a", "1.0", "CVE-2020-1", "GLAD-9"))
    )
    (found,) = reading.findings
    assert found.ids == {"CVE-2020-1", "GHSA-x", "PYSEC-1", "GLAD-9"}
    assert found.seen_by == ("a source", "pip-audit", "Trivy")
    assert found.missed_by == ()
    assert reading.tables == ()
    assert gaps(reading) == []


def test_what_trivy_could_have_seen_and_did_not() -> None:
    reading = read(ONE, equipped(ONE, {"a": [record("PYSEC-1", "a")]}), result(0, BOTH))
    (found,) = reading.findings
    assert (found.seen_by, found.missed_by) == (("a source", "pip-audit"), ("Trivy",))
    (table,) = reading.tables
    assert table.rows == (("pkg:pypi/a@1.0", "PYSEC-1", "a source, pip-audit", "Trivy"),)
    assert len(table.columns) == len(table.rows[0])


def test_malware_is_not_trivy_s_to_know() -> None:
    reading = read(ONE, equipped(ONE, {"a": [record("MAL-2026-1", "a")]}), result(0, BOTH))
    (found,) = reading.findings
    assert (found.seen_by, found.missed_by) == (("a source", "pip-audit"), ())


def test_what_trivy_could_not_read_it_did_not_miss() -> None:
    reading = read(ONE, equipped(ONE, {"a": [record("PYSEC-1", "a")]}), result(0, {"B_b": "2.0"}))
    (found,) = reading.findings
    assert found.missed_by == ()
    assert gaps(reading) == [("requirements.txt", Gap.NOT_ACCOUNTED_FOR, False)]


def test_without_advisories_for_an_ecosystem_nothing_is_missed() -> None:
    with_ = equipped(ONE, {"a": [record("PYSEC-1", "a")]}, database=database("npm::somebody"))
    reading = read(ONE, with_, result(0, BOTH))
    assert reading.findings[0].missed_by == ()
    assert gaps(reading) == [("requirements.txt", Gap.DATA_MISSING, False)]


def test_what_only_trivy_sees_is_a_finding() -> None:
    of = target(
        lock(package("b-b", "2.0", line=2)),
        lock(package("b-b", "2.0", location=Location(path="x.txt", line=7)), path="x.txt"),
    )
    files = {**FILES, "x.txt": b"b-b==2.0\n"}
    rows = [row("B_b", "2.0", "CVE-2020-9", "GHSA-y"), row("B_b", "2.0", "CVE-2020-9", "GHSA-y")]
    reading = read(
        of,
        equipped(of, files=files),
        *(result(number, {"B_b": "2.0"}, one) for number, one in enumerate(rows)),
    )
    (found,) = reading.findings
    assert (found.rule, found.aliases, found.severity) == ("CVE-2020-9", ("GHSA-y",), Severity.HIGH)
    assert found.subject == "pkg:pypi/b-b@2.0"
    assert [place.path for place in found.locations] == ["requirements.txt", "x.txt"]
    assert found.fix == "upgrade b-b from 2.0 to 2.0 or later"
    assert found.fixed_versions == ("2.0", "3.0")
    assert (found.seen_by, found.missed_by) == (("Trivy",), ("a source", "pip-audit"))


def test_what_is_not_fixed_and_not_rated() -> None:
    rows = row(
        "a", "1.0", "CVE-2020-9", FixedVersion="", Severity="UNKNOWN", Title="", VendorIDs=None
    )
    (found,) = read(ONE, equipped(ONE), result(0, BOTH, rows)).findings
    assert found.severity is Severity.UNKNOWN
    assert found.title == "CVE-2020-9"
    assert "no fixed version" in found.fix


def test_nobody_missed_what_they_gave_no_answer_to() -> None:
    of = target(lock(package("a", "1.0.0", ecosystem="npm"), ecosystem="npm", format="yarn.lock"))
    with_ = equipped(of, database=database("npm::somebody"), answers={})
    found = read(of, with_, result(0, {"a": "1.0.0"}, row("a", "1.0.0", "CVE-2020-9"))).findings
    assert found[0].missed_by == ()
    answered = equipped(of, database=database("npm::somebody"))
    found = read(of, answered, result(0, {"a": "1.0.0"}, row("a", "1.0.0", "CVE-2020-9"))).findings
    assert found[0].missed_by == ("a source",)


def test_go_spells_versions_its_own_way() -> None:
    of = target(lock(package("x.org/g", "v1.0.0", ecosystem="Go"), format="go.sum", ecosystem="Go"))
    with_ = equipped(
        of,
        {"x.org/g": [record("GO-1", "x.org/g", "CVE-2020-1", ecosystem="Go")]},
        database=database("go::somebody"),
    )
    reading = read(
        of, with_, result(0, {"x.org/g": "1.0.0"}, row("x.org/g", "1.0.0", "CVE-2020-1"))
    )
    assert reading.findings[0].seen_by == ("a source", "Trivy")


def test_what_is_no_package_of_the_lock_is_left_alone() -> None:
    rows = [row("ghost", "1.0", "CVE-2020-9"), row("a", "9.9", "CVE-2020-8")]
    assert read(ONE, equipped(ONE), result(0, BOTH, *rows)).findings == ()


def test_nobody_disagrees_about_nothing() -> None:
    assert witnesses.disagreements(()) == ()
    findings: tuple[Finding, ...] = read(ONE, equipped(ONE), result(0, BOTH)).findings
    assert witnesses.disagreements(findings) == ()
