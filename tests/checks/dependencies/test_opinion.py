"""The second opinion: what Trivy is given, what it is heard on, and how witnesses are merged."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pipeline.checks import dependencies
from pipeline.checks.dependencies import opinion
from pipeline.checks.job import Job, Options, Ran, Skip, Wanted
from pipeline.model import (
    DataRecord,
    Finding,
    Gap,
    Location,
    Origin,
    Policy,
    Reading,
    Severity,
    Source,
    Target,
    Unread,
)
from pipeline.tools.trivy import OUTPUT, Database
from tests.checks.dependencies.builders import audit, lock, options, package, ran, record, target

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

# ---------------------------------------------------------------------------------- the asking


def test_the_database_first_and_then_the_locks() -> None:
    first = dependencies.plan(ONE, Options(root="/x"))
    assert first == Wanted(database=True, optional=True)
    required = dependencies.plan(ONE, Options(root="/x", policy=REQUIRED))
    assert required == Wanted(database=True, optional=True, fetch=True)
    second = dependencies.plan(ONE, Options(root="/x", database=database()))
    assert second == Wanted(files=("requirements.txt",))


@pytest.mark.parametrize(
    "with_",
    [
        Options(),
        Options(root="/x", lacking="there is no Trivy"),
        Options(root="/x", database=database(fresh=False)),
    ],
)
def test_nobody_is_asked_who_cannot_answer(with_: Options) -> None:
    assert opinion.wanted(ONE, with_) is None
    assert opinion.job(ONE, with_) is None


def test_an_old_database_is_used_where_the_policy_insists() -> None:
    with_ = Options(root="/x", database=database(fresh=False), files=FILES, policy=REQUIRED)
    assert opinion.job(ONE, with_)
    assert (
        read(ONE, equipped(ONE, database=database(fresh=False), policy=REQUIRED)).data[-1].fresh
        is False
    )


def test_nothing_that_advisories_speak_of() -> None:
    own = package("a", source=Source(origin=Origin.WORKSPACE))
    assert opinion.wanted(target(lock(own)), Options(root="/x")) is None
    assert opinion.read(target(lock(own)), Options(root="/x"), None) == opinion.Opinion()


def test_locks_have_the_names_that_trivy_knows() -> None:
    of = target(
        lock(package("a"), path="a/dev.txt"),
        lock(package("b"), path="pdm.lock", format="pdm.lock"),
        lock(
            package("g", "v1.0.0", ecosystem="Go"),
            path="go/go.sum",
            format="go.sum",
            ecosystem="Go",
            files=("go/go.sum", "go/go.mod"),
        ),
    )
    files = {"a/dev.txt": b"1", "go/go.sum": b"2", "go/go.mod": b"3", "pdm.lock": b"4"}
    job = opinion.job(of, Options(root="/x", database=database(), files=files))
    assert isinstance(job, Job)
    copies = {name: text for name, text in job.inputs.items() if name.startswith("locks/")}
    assert copies == {
        "locks/0/requirements.txt": b"1",
        "locks/1/go.sum": b"2",
        "locks/1/go.mod": b"3",
    }
    assert job.optional
    assert job.binary == "trivy"
    assert job.arguments[job.arguments.index("--cache-dir") + 1] == "/cache"
    assert job.arguments[-1] == "locks"


# --------------------------------------------------------------------------------- witnesses


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
        equipped(of, files=files, epss={"CVE-2020-9": 0.5}),
        *(result(number, {"B_b": "2.0"}, one) for number, one in enumerate(rows)),
    )
    (found,) = reading.findings
    assert (found.rule, found.aliases, found.severity) == ("CVE-2020-9", ("GHSA-y",), Severity.HIGH)
    assert found.subject == "pkg:pypi/b-b@2.0"
    assert [place.path for place in found.locations] == ["requirements.txt", "x.txt"]
    assert found.fix == "upgrade b-b from 2.0 to 2.0 or later"
    assert found.fixed_versions == ("2.0", "3.0")
    assert found.epss == 0.5
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


# -------------------------------------------------------------------------------- what is told


@pytest.mark.parametrize("required", [False, True])
def test_trivy_that_was_not_heard_is_told(required: bool) -> None:
    policy = Policy(second_opinion=required)
    absent = equipped(ONE, database=None, lacking="there is no Trivy here", policy=policy)
    assert gaps(read(ONE, absent)) == [("Trivy", Gap.NOT_CONFIGURED, required)]
    failed = read(ONE, equipped(ONE, policy=policy), fails=True)
    assert gaps(failed) == [("Trivy", Gap.TOOL_FAILED, required)]


def test_an_old_database_is_told() -> None:
    reading = read(ONE, equipped(ONE, database=database(fresh=False)))
    assert gaps(reading) == [("Trivy", Gap.NOT_CONFIGURED, False)]
    assert "older" in next(part for part in reading.coverage if part.missing).missing[0].why


def test_locks_that_trivy_does_not_read_are_told() -> None:
    of = target(
        lock(package("a"), path="pdm.lock", format="pdm.lock"),
        lock(package("b-b", "2.0")),
        lock(package("c"), path="huge.txt"),
    )
    huge = Unread(location=Location(path="huge.txt"), why="too large", gap=Gap.TOO_LARGE)
    with_ = equipped(of, files={**FILES, "huge.txt": huge}, policy=REQUIRED)
    reading = read(of, with_, result(0, BOTH))
    assert gaps(reading) == [
        ("pdm.lock", Gap.UNSUPPORTED_INPUT, True),
        ("huge.txt", Gap.TOO_LARGE, True),
    ]
    assert reading.data[-1].name == "Trivy vulnerability database"


@pytest.mark.parametrize(
    "results",
    [
        [{"Class": "lang-pkgs"}],
        [result(9, BOTH)],
        [result(0, BOTH) | {"Target": "x"}],
        [result(0, BOTH, row("a", "1.0", "CVE-1", Severity="AWFUL"))],
        [result(0, BOTH) | {"Packages": [{}]}],
        [{}],
    ],
)
def test_an_answer_that_makes_no_sense_is_none(results: list[dict[str, Any]]) -> None:
    reading = read(ONE, equipped(ONE, {"a": [record("PYSEC-1", "a")]}), *results)
    assert gaps(reading) == [("Trivy", Gap.TOOL_FAILED, False)]
    (found,) = reading.findings
    assert (found.seen_by, found.missed_by) == (("a source", "pip-audit"), ())


def test_secrets_and_licences_in_the_answer_are_not_its_business() -> None:
    odd = result(0, {}) | {"Class": "secret", "Target": "what"}
    assert read(ONE, equipped(ONE), odd, result(0, BOTH)).findings == ()


def test_nobody_disagrees_about_nothing() -> None:
    assert opinion.disagreements(()) == ()
    findings: tuple[Finding, ...] = read(ONE, equipped(ONE), result(0, BOTH)).findings
    assert opinion.disagreements(findings) == ()
