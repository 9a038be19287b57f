"""The second opinion: what Trivy is given, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks import dependencies
from pipeline.checks.dependencies import opinion
from pipeline.checks.job import Job, Options, Wanted
from pipeline.model import Gap, Location, Origin, Policy, Source, Unread
from tests.checks.dependencies.builders import lock, package, record, target
from tests.checks.dependencies.heard import (
    BOTH,
    FILES,
    ONE,
    REQUIRED,
    database,
    equipped,
    gaps,
    read,
    result,
    row,
)

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
