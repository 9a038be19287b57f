"""The check as a whole: what it asks, plans and makes of the answers."""

from __future__ import annotations

from pipeline.advisories.source import Answer, Question
from pipeline.checks import dependencies
from pipeline.checks.job import Options, Skip, Wanted
from pipeline.model import Gap, Kind, Location, Severity, Status
from tests.checks.dependencies.builders import (
    lock,
    options,
    package,
    read,
    record,
    target,
)


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
    assert not isinstance(jobs, Skip | Wanted)
    pins = [job.inputs["pins.txt"].decode().split()[1:] for job in jobs]
    assert pins == [["a==1.0", "b==1.0"], ["a==2.0"]]


def test_locks_with_the_same_pins_share_a_run() -> None:
    of = target(lock(package("a")), lock(package("a"), path="other.txt"))
    jobs = dependencies.plan(of, options(of, {}))
    assert not isinstance(jobs, Skip | Wanted)
    assert len(jobs) == 1


def test_versions_are_asked_for_in_normal_form() -> None:
    of = target(lock(package("a", "1.0.0-RC.1"), package("b", "v2")))
    assert dependencies.questions(of) == (
        Question("PyPI", "a", "1.0.0rc1"),
        Question("PyPI", "b", "2"),
    )


def test_versions_of_go_are_asked_for_as_advisories_write_them() -> None:
    of = target(
        lock(
            package("example.com/a", "v1.2.3", ecosystem="Go"),
            package("example.com/b", "v2.0.0+incompatible", ecosystem="Go"),
            package("c", "1.0.0+b", ecosystem="crates.io"),
        )
    )
    assert dependencies.questions(of) == (
        Question("Go", "example.com/a", "1.2.3"),
        Question("Go", "example.com/b", "2.0.0+incompatible"),
        Question("crates.io", "c", "1.0.0+b"),
    )


def test_other_ecosystems_are_answered_without_a_tool() -> None:
    of = target(lock(package("left-pad", "1.0.0", ecosystem="npm", line=4)))
    known = record("GHSA-1", "left-pad", "CVE-2020-1", fixed="1.3.0", ecosystem="npm")
    with_ = options(of, {"left-pad": [known]}, answered_by="advisory store")
    assert dependencies.plan(of, with_) == ()
    reading = dependencies.read(of, with_, [])
    assert reading.coverage[0].complete
    (finding,) = reading.findings
    assert (finding.rule, finding.aliases) == ("CVE-2020-1", ("GHSA-1",))
    assert finding.subject == "pkg:npm/left-pad@1.0.0"
    assert finding.locations == (Location(path="requirements.txt", line=4),)
    assert finding.fix == "upgrade left-pad from 1.0.0 to 1.3.0 or later"
    assert finding.seen_by == ("advisory store",)


def test_each_package_of_a_mixed_lock_goes_its_own_way() -> None:
    """The same name in two ecosystems is two packages, and only one of them is pip-audit's."""
    of = target(lock(package("a"), package("a", "1.0.0", ecosystem="npm")))
    with_ = options(of, {"a": [record("PYSEC-1", "a"), record("GHSA-1", "a", ecosystem="npm")]})
    reading = read(of, with_)
    seen = {(found.subject, found.rule, found.seen_by) for found in reading.findings}
    assert ("pkg:pypi/a@1.0", "PYSEC-1", ("a source", "pip-audit")) in seen
    assert ("pkg:npm/a@1.0.0", "GHSA-1", ("a source",)) in seen
    assert reading.coverage[0].evaluated == 2


def test_malware_of_any_ecosystem_is_critical() -> None:
    of = target(lock(package("evil", "1.0.0", ecosystem="npm")))
    known = record("MAL-2024-1", "evil", "GHSA-1", ecosystem="npm")
    (finding,) = read(of, options(of, {"evil": [known]})).findings
    assert (finding.kind, finding.severity) == (Kind.MALWARE, Severity.CRITICAL)
    assert finding.rule == "MAL-2024-1"
    assert "compromised" in finding.fix


def test_a_gap_is_never_a_finding() -> None:
    of = target(lock(package("a", "1.0.0", ecosystem="npm")))
    doubt = Answer(records=(record("N-1", "a", ecosystem="npm"),), gap=Gap.DATA_MISSING, why="no")
    reading = read(of, options(of, {}, answers={Question("npm", "a", "1.0.0"): doubt}))
    assert reading.findings == ()
    assert reading.coverage[0].missing[0].why == "no"
