from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from pipeline import collect as room
from pipeline.checks.job import Job, Network, Options, Ran, Wanted
from pipeline.model import Coverage, Evidence, Finding, Kind, Reading, Severity, Target
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
        return Reading(
            findings=(known, other, rule),
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
        )


def test_others_vulnerabilities_are_ranked_by_kev_and_epss(
    run: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHECKS", {"dependencies": Warned()})
    evidence = run()
    known, other, rule = evidence.findings
    assert known.exploited is not None
    assert known.exploited.due == date(2022, 7, 18)
    assert known.epss is not None
    assert (other.exploited, other.epss, rule.exploited) == (None, None, None)
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
