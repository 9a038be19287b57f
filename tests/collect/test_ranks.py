from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline import collect as room
from pipeline.advisories.feeds import beside
from pipeline.checks.job import Job, Network, Options, Ran, Wanted
from pipeline.model import (
    Coverage,
    Evidence,
    Exploited,
    Finding,
    Kind,
    Reading,
    Severity,
    Status,
    Target,
)
from tests.collect.checks import Curious


class Warned(Curious):
    """A check whose tool brought advisories of its own."""

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        return ()

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        known = Finding(
            check="dependencies",
            rule="CVE-2020-11978",
            kind=Kind.VULNERABILITY,
            severity=Severity.LOW,
            title="t",
            subject="pkg:pypi/x@1",
            locations=(),
        )
        other = replace(known, rule="GHSA-0", aliases=("CVE-0-0",))
        rule = replace(known, kind=Kind.RULE)
        malware = replace(other, kind=Kind.MALWARE, aliases=("CVE-0-0", "CVE-2020-11978"))
        return Reading(
            findings=(known, other, rule, malware),
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
        )


def test_others_vulnerabilities_are_ranked_by_kev_and_epss(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Warned()})
    evidence = run()
    known, other, rule, malware = evidence.findings
    assert known.exploited is not None
    assert known.exploited.due == date(2022, 7, 18)
    assert known.epss is not None
    assert (other.exploited, other.epss, rule.exploited) == (None, None, None)
    assert (malware.exploited, malware.epss) == (known.exploited, known.epss), "by any of its ids"
    assert [record.name for record in evidence.data] == ["kev", "epss"]


def test_what_only_a_second_opinion_tells_of_is_ranked_too(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advisory source was asked about everything else: the rest must not look unexploited."""
    check = Warned()
    check.NETWORK = Network.ADVISORIES
    monkeypatch.setattr(room, "CHECKS", {"dependencies": check})
    evidence = run()
    assert evidence.findings[0].exploited is not None
    assert [record.name for record in evidence.data].count("kev") == 1


def test_what_the_advisory_source_tells_of_is_ranked_with_the_real_tool(
    run: Callable[..., Evidence],
) -> None:
    evidence = run("apache-airflow==1.10.10")
    (finding,) = evidence.findings
    assert finding.rule == "CVE-2020-11978"
    assert finding.exploited == Exploited(
        added=date(2022, 1, 18), due=date(2022, 7, 18), ransomware=False
    )
    assert finding.epss == 0.94
    assert [record.name for record in evidence.data][-2:] == ["kev", "epss"]


def test_the_lists_are_named_where_nothing_was_found(run: Callable[..., Evidence]) -> None:
    """An answer of "nothing is exploited" rests on them as well."""
    evidence = run("idna==3.10")
    assert evidence.findings == ()
    assert [record.name for record in evidence.data][-2:] == ["kev", "epss"]


def test_without_a_list_nothing_is_said(run: Callable[..., Evidence], tmp_path: Path) -> None:
    beside(tmp_path / "advisories.sqlite", "kev").unlink()
    evidence = run("apache-airflow==1.10.10")
    assert [finding.exploited for finding in evidence.findings] == [None]
    assert evidence.findings[0].epss is not None
    assert [record.name for record in evidence.data][-1:] == ["epss"]


def test_a_damaged_list_is_errored(run: Callable[..., Evidence], tmp_path: Path) -> None:
    beside(tmp_path / "advisories.sqlite", "kev").write_bytes(b"no list")
    assert run("idna==3.10").status is Status.ERRORED
