"""The dependencies check over output as pip-audit writes it, honest and otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from pipeline.advisories.source import CANARY, Answer, Question
from pipeline.checks import dependencies
from pipeline.checks.job import Job, Options, Ran, Skip
from pipeline.errors import UnreadableOutputError
from pipeline.model import (
    Exploited,
    Gap,
    Kind,
    Location,
    Lock,
    Manifest,
    Origin,
    Package,
    Project,
    Reading,
    Severity,
    Source,
    Status,
    Target,
    Unread,
)

type_row = dict[str, Any]


def package(name: str, version: str | None = "1.0", line: int = 1, **changes: Any) -> Package:
    return Package(
        **{
            "ecosystem": "PyPI",
            "name": name,
            "version": version,
            "location": Location(path="requirements.txt", line=line),
            **changes,
        }
    )


def lock(*packages: Package, path: str = "requirements.txt", **changes: Any) -> Lock:
    return Lock(
        **{
            "path": path,
            "format": "requirements.txt",
            "ecosystem": "PyPI",
            "digest": "sha256:0",
            "packages": packages,
            "files": (path,),
            **changes,
        }
    )


def target(*locks: Lock, **changes: Any) -> Target:
    return Target(**{"name": "t", "git": None, "files": 1, "locks": locks, **changes})


def record(id_: str, name: str, *aliases: str, fixed: str = "2.0", **changes: Any) -> type_row:
    return {
        "id": id_,
        "aliases": list(aliases),
        "summary": f"{name} is broken",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
        ],
        **changes,
    }


def options(of: Target, known: Mapping[str, Sequence[type_row]], **changes: Any) -> Options:
    answers = {
        question: Answer(records=tuple(known.get(question.name, ())))
        for question in dependencies.questions(of)
    }
    return Options(**{"relay_url": "http://127.0.0.1:1/q", "answers": answers, **changes})


def audit(job: Job, with_: Options) -> list[type_row]:
    """What pip-audit writes for a job when everything goes well (shape of 2.10.1)."""
    rows = []
    for line in job.inputs["pins.txt"].decode().splitlines():
        name, version = line.split("==", 1)
        if (name, version) == CANARY[1:]:
            vulns = [{"id": "SUPPLY-CHAIN-CANARY", "fix_versions": [], "aliases": []}]
        else:
            vulns = [
                {"id": one["id"], "fix_versions": ["2.0"], "aliases": one["aliases"]}
                for one in with_.answers[Question("PyPI", name, version)].records
            ]
        rows.append({"name": name, "version": version, "vulns": vulns})
    return rows


def ran(job: Job, rows: Any) -> Ran:
    content = json.dumps({"dependencies": rows, "fixes": []}).encode()
    return Ran(job=job, exit_code=1, outputs={"audit.json": content})


def read(
    of: Target, with_: Options, spoil: Callable[[list[type_row]], Any] = lambda rows: rows
) -> Reading:
    jobs = dependencies.plan(of, with_)
    assert not isinstance(jobs, Skip)
    return dependencies.read(of, with_, [ran(job, spoil(audit(job, with_))) for job in jobs])


# ----------------------------------------------------------------------------------- planning


def test_nothing_to_audit_is_not_applicable() -> None:
    found = dependencies.plan(target(), Options())
    assert isinstance(found, Skip)
    assert found.status is Status.NOT_APPLICABLE


def test_the_call_is_the_safe_one() -> None:
    of = target(lock(package("a"), package("b", "2.0rc1")))
    (job,) = dependencies.plan(of, options(of, {}))  # type: ignore[misc]
    assert job.inputs == {"pins.txt": b"supply-chain-canary==1.0\na==1.0\nb==2.0rc1\n"}
    assert {"--no-deps", "--disable-pip", "--cache-dir"} <= set(job.arguments)
    assert job.accept == {1}, "with the canary in it, 0 can only mean that it was not seen"
    assert job.arguments[job.arguments.index("--vulnerability-service") + 1] == "osv"


def test_several_versions_of_a_name_take_several_runs() -> None:
    of = target(lock(package("a", "1.0"), package("a", "2.0"), package("b")))
    jobs = dependencies.plan(of, options(of, {}))
    assert not isinstance(jobs, Skip)
    pins = [job.inputs["pins.txt"].decode().split()[1:] for job in jobs]
    assert pins == [["a==1.0", "b==1.0"], ["a==2.0"]]


def test_locks_with_the_same_pins_share_a_run() -> None:
    of = target(lock(package("a")), lock(package("a"), path="other.txt"))
    jobs = dependencies.plan(of, options(of, {}))
    assert not isinstance(jobs, Skip)
    assert len(jobs) == 1


def test_versions_are_asked_for_in_normal_form() -> None:
    of = target(lock(package("a", "1.0.0-RC.1"), package("b", "v2")))
    assert dependencies.questions(of) == (
        Question("PyPI", "a", "1.0.0rc1"),
        Question("PyPI", "b", "2"),
    )


# ----------------------------------------------------------------------------------- findings


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
    exploited = Exploited(added=date(2021, 1, 1), due=date(2021, 2, 1), ransomware=False)
    of = target(
        lock(
            package("a", direct=True, requires=("b",)),
            package("b", line=7, direct=False),
        )
    )
    with_ = options(
        of, {"b": [known]}, exploited={"CVE-2020-1": exploited}, epss={"CVE-2020-1": 0.5}
    )
    (finding,) = read(of, with_).findings
    assert finding.rule == "CVE-2020-1"
    assert finding.aliases == ("PYSEC-1",)
    assert finding.kind is Kind.VULNERABILITY
    assert (finding.severity, finding.score, finding.cvss) == (Severity.CRITICAL, 9.8, vector)
    assert finding.subject == "pkg:pypi/b@1.0"
    assert finding.locations == (Location(path="requirements.txt", line=7),)
    assert finding.paths == (("a==1.0", "b==1.0"),)
    assert finding.fixed_versions == ("2.0",)
    assert finding.fix == "upgrade b from 1.0 to 2.0 or later"
    assert finding.exploited == exploited
    assert finding.epss == 0.5
    assert finding.seen_by == ("pip-audit",)


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


# ----------------------------------------------------------------------------------- coverage


@pytest.mark.parametrize(
    ("odd", "gap"),
    [
        (package("x", None), Gap.NO_VERSION),
        (package("x", "not a version"), Gap.UNPARSABLE_VERSION),
        (package("x", source=Source(origin=Origin.VCS)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.URL)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.PATH)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.INDEX)), Gap.NOT_FROM_REGISTRY),
    ],
)
def test_what_nobody_can_answer_for_is_named(odd: Package, gap: Gap) -> None:
    of = target(lock(package("a"), odd))
    reading = read(of, options(of, {}))
    (coverage,) = reading.coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    (missing,) = coverage.missing
    assert missing.gap is gap
    assert missing.subject.startswith("x")


def test_the_repositorys_own_packages_are_no_dependencies() -> None:
    own = package("mine", source=Source(origin=Origin.WORKSPACE))
    of = target(lock(own, package("a")))
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (1, 1)


def test_a_line_that_was_not_read_counts() -> None:
    line = Unread(location=Location(path="requirements.txt", line=4), why="not a requirement")
    of = target(lock(package("a"), unread=(line,)))
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    assert coverage.missing[0].subject == "line 4"
    assert coverage.missing[0].gap is Gap.PARSE_ERROR


def test_an_unreadable_lock_without_a_line_is_named_by_its_path() -> None:
    whole = Unread(location=Location(path="requirements.txt"), why="not UTF-8")
    of = target(lock(unread=(whole,)))
    reading = dependencies.read(of, options(of, {}), [])
    assert reading.coverage[0].missing[0].subject == "requirements.txt"


def test_a_source_that_cannot_answer_leaves_a_gap_and_is_not_asked_through_pip_audit() -> None:
    of = target(lock(package("a"), package("b")))
    with_ = options(of, {})
    with_.answers[Question("PyPI", "b", "1.0")] = Answer(  # type: ignore[index]
        gap=Gap.DATA_MISSING, why="it does not know"
    )
    (job,) = dependencies.plan(of, with_)  # type: ignore[misc]
    assert b"b==" not in job.inputs["pins.txt"]
    (coverage,) = read(of, with_).coverage
    assert [(gap.subject, gap.why) for gap in coverage.missing] == [("b==1.0", "it does not know")]


def test_a_question_without_any_answer_is_a_gap() -> None:
    of = target(lock(package("a")))
    (coverage,) = dependencies.read(of, Options(), []).coverage
    assert coverage.missing[0].gap is Gap.DATA_MISSING


def test_manifests_without_a_lock_are_gaps() -> None:
    def project(path: str, declared: int | None, *locks: str) -> Project:
        manifest = Manifest(path=path, declared=declared)
        return Project(path=".", ecosystem="PyPI", manifests=(manifest,), locks=locks)

    of = target(
        projects=(
            project("a/pyproject.toml", 3),
            project("b/setup.py", None),
            project("c/pyproject.toml", 0),
            project("d/package.json", 3, "d/package-lock.json"),
            project("e/package.json", 3, "d/package-lock.json"),
        )
    )
    reading = dependencies.read(of, Options(), [])
    assert [(part.scope, part.missing[0].gap) for part in reading.coverage] == [
        ("a/pyproject.toml", Gap.INPUT_MISSING),
        ("b/setup.py", Gap.INPUT_MISSING),
        ("d/package-lock.json", Gap.UNSUPPORTED_INPUT),
    ]


def test_locks_of_other_ecosystems_are_gaps_when_their_answers_are_not_pip_audits() -> None:
    other = package("left-pad", ecosystem="npm")
    of = target(lock(other))
    with_ = options(of, {}, answers={Question("npm", "left-pad", "1.0"): Answer()})
    jobs = dependencies.plan(of, with_)
    assert jobs == ()
    (coverage,) = dependencies.read(of, with_, []).coverage
    assert coverage.missing[0].gap is Gap.DATA_MISSING


# --------------------------------------------------------------------- output that is no answer


def without(name: str) -> Callable[[list[type_row]], list[type_row]]:
    return lambda rows: [row for row in rows if row["name"] != name]


def test_a_package_missing_from_the_output_is_a_gap() -> None:
    of = target(lock(package("a"), package("b")))
    (coverage,) = read(of, options(of, {}), without("b")).coverage
    assert coverage.evaluated == 1
    assert coverage.missing[0].gap is Gap.NOT_ACCOUNTED_FOR


def test_a_skipped_package_is_a_gap_with_pip_audits_reason() -> None:
    def skip(rows: list[type_row]) -> list[type_row]:
        return [*rows[:-1], {"name": rows[-1]["name"], "skip_reason": "no idea"}]

    of = target(lock(package("a"), package("b")))
    (coverage,) = read(of, options(of, {}), skip).coverage
    assert "no idea" in coverage.missing[0].why


def test_a_version_that_was_not_asked_for_makes_the_output_unreadable() -> None:
    def other(rows: list[type_row]) -> list[type_row]:
        return [rows[0], {**rows[1], "version": "9"}]

    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="not asked about"):
        read(of, options(of, {}), other)


def test_a_dropped_advisory_is_a_gap_and_still_a_finding() -> None:
    def drop(rows: list[type_row]) -> list[type_row]:
        return [rows[0], {**rows[1], "vulns": []}]

    of = target(lock(package("a")))
    reading = read(of, options(of, {"a": [record("PYSEC-1", "a", "CVE-2020-1")]}), drop)
    assert reading.coverage[0].missing[0].why == "pip-audit left out CVE-2020-1"
    assert [finding.rule for finding in reading.findings] == ["CVE-2020-1"]


def test_an_advisory_from_nowhere_makes_the_output_unreadable() -> None:
    def invent(rows: list[type_row]) -> list[type_row]:
        vuln = {"id": "CVE-1", "fix_versions": [], "aliases": []}
        return [rows[0], {**rows[1], "vulns": [vuln]}]

    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="not given"):
        read(of, options(of, {}), invent)


def silent(rows: list[type_row]) -> list[type_row]:
    return [{**row, "vulns": []} for row in rows]


@pytest.mark.parametrize("spoil", [silent, without(CANARY.name)])
def test_silence_about_the_canary_makes_the_output_unreadable(
    spoil: Callable[[list[type_row]], list[type_row]],
) -> None:
    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="canary"):
        read(of, options(of, {}), spoil)


def test_a_package_told_twice_makes_the_output_unreadable() -> None:
    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="not asked about"):
        read(of, options(of, {}), lambda rows: [*rows, rows[-1]])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"<html>",
        b'{"dependencies": null}',
        b'{"dependencies": [1]}',
        b'{"dependencies": [{"name": "a"}]}',
        b'{"dependencies": [{"name": 1, "version": "1", "vulns": []}]}',
        b'{"dependencies": [{"name": "a", "version": "1", "vulns": [{}]}]}',
        b'{"dependencies": [{"name": "a", "version": "1", "vulns": null}]}',
        b'{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "x", "aliases": 1}]}]}',
        b'{"dependencies": [{"name": "a", "skip_reason": 3}]}',
        b'{"dependencies": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_output_of_another_shape_is_unreadable(content: bytes) -> None:
    of = target(lock(package("a")))
    with_ = options(of, {})
    (job,) = dependencies.plan(of, with_)  # type: ignore[misc]
    with pytest.raises(UnreadableOutputError):
        dependencies.read(of, with_, [Ran(job=job, exit_code=1, outputs={"audit.json": content})])


def test_no_output_is_unreadable() -> None:
    of = target(lock(package("a")))
    with_ = options(of, {})
    (job,) = dependencies.plan(of, with_)  # type: ignore[misc]
    with pytest.raises(UnreadableOutputError, match="no output"):
        dependencies.read(of, with_, [Ran(job=job, exit_code=1, outputs={})])
