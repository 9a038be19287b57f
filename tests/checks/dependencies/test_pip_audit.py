"""pip-audit's output, honest and otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.advisories.source import CANARY
from pipeline.checks import dependencies
from pipeline.checks.job import Ran, Skip, Wanted
from pipeline.errors import UnreadableOutputError
from pipeline.model import Gap
from tests.checks.dependencies.builders import (
    Row,
    lock,
    options,
    package,
    read,
    record,
    target,
)


def without(name: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row for row in rows if row["name"] != name]


def test_a_package_missing_from_the_output_is_a_gap() -> None:
    of = target(lock(package("a"), package("b")))
    (coverage,) = read(of, options(of, {}), without("b")).coverage
    assert coverage.evaluated == 1
    assert coverage.missing[0].gap is Gap.NOT_ACCOUNTED_FOR


def test_a_skipped_package_is_a_gap_with_pip_audits_reason() -> None:
    def skip(rows: list[Row]) -> list[Row]:
        return [*rows[:-1], {"name": rows[-1]["name"], "skip_reason": "no idea"}]

    of = target(lock(package("a"), package("b")))
    (coverage,) = read(of, options(of, {}), skip).coverage
    assert "no idea" in coverage.missing[0].why


def test_a_version_that_was_not_asked_for_makes_the_output_unreadable() -> None:
    def other(rows: list[Row]) -> list[Row]:
        return [rows[0], {**rows[1], "version": "9"}]

    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="not asked about"):
        read(of, options(of, {}), other)


def test_a_dropped_advisory_is_a_gap_and_still_a_finding() -> None:
    def drop(rows: list[Row]) -> list[Row]:
        return [rows[0], {**rows[1], "vulns": []}]

    of = target(lock(package("a")))
    reading = read(of, options(of, {"a": [record("PYSEC-1", "a", "CVE-2020-1")]}), drop)
    assert reading.coverage[0].missing[0].why == "pip-audit left out CVE-2020-1"
    assert [finding.rule for finding in reading.findings] == ["CVE-2020-1"]


def test_an_advisory_from_nowhere_makes_the_output_unreadable() -> None:
    def invent(rows: list[Row]) -> list[Row]:
        vuln = {"id": "CVE-1", "fix_versions": [], "aliases": []}
        return [rows[0], {**rows[1], "vulns": [vuln]}]

    of = target(lock(package("a")))
    with pytest.raises(UnreadableOutputError, match="not given"):
        read(of, options(of, {}), invent)


def silent(rows: list[Row]) -> list[Row]:
    return [{**row, "vulns": []} for row in rows]


@pytest.mark.parametrize("spoil", [silent, without(CANARY.name)])
def test_silence_about_the_canary_makes_the_output_unreadable(
    spoil: Callable[[list[Row]], list[Row]],
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


def test_a_large_lock_is_shared_by_two_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.checks.dependencies.pip_audit.LARGE", 2)
    of = target(lock(package("a"), package("b"), package("c")))
    jobs = dependencies.plan(of, options(of, {}))
    assert not isinstance(jobs, Skip | Wanted)
    pins = [job.inputs["pins.txt"].decode().split()[1:] for job in jobs]
    assert pins == [["a==1.0"], ["b==1.0", "c==1.0"]]
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (3, 3)
