"""One finding for one problem, whoever saw it."""

from __future__ import annotations

from typing import Any

from pipeline.checks.hardening.configuration.trivy import Sighting
from pipeline.checks.hardening.findings import MAX_TOLD, findings
from pipeline.checks.hardening.problem import Problem
from pipeline.model import Finding, Location, Severity

FILE = "Dockerfile"


def problem(rule: str = "root-user", line: int = 1, **more: Any) -> Problem:
    values: dict[str, Any] = {"severity": Severity.MEDIUM, "detail": "why"}
    return Problem(rule=rule, place=Location(path=FILE, line=line), **(values | more))


def sighting(name: str = "DS-0002", line: int | None = None, **more: Any) -> Sighting:
    values: dict[str, Any] = {
        "severity": Severity.HIGH,
        "title": "A title",
        "message": "a message",
        "fix": "mend it",
        "url": "https://example.org",
        "path": FILE,
        "end": line,
    }
    return Sighting(id=name, line=line, **(values | more))


def merged(
    problems: list[Problem], sightings: list[Sighting], *, seen: bool = True
) -> tuple[Finding, ...]:
    return findings(problems, sightings, read={FILE}, seen={FILE} if seen else set())


def test_what_both_saw_is_one_finding_with_two_witnesses() -> None:
    (found,) = merged([problem()], [sighting()])
    assert (found.rule, found.subject, found.severity) == (
        "hardening/root-user",
        FILE,
        Severity.HIGH,
    )
    assert found.aliases == ("DS-0002", "AVD-DS-0002", "DS002")
    assert (found.seen_by, found.missed_by) == (("own rules", "Trivy"), ())
    assert found.ids >= {"DS-0002", "hardening/root-user"}


def test_what_only_our_rules_saw_though_trivy_looked() -> None:
    (found,) = merged([problem()], [])
    assert (found.seen_by, found.missed_by) == (("own rules",), ("Trivy",))
    (alone,) = merged([problem()], [], seen=False)
    assert alone.missed_by == ()
    (unasked,) = merged([problem("shell-form")], [])
    assert unasked.missed_by == ()


def test_what_only_trivy_saw_though_we_looked() -> None:
    (found,) = merged([], [sighting(line=4)])
    assert (found.rule, found.title) == ("hardening/root-user", "An image runs as root")
    assert (found.seen_by, found.missed_by) == (("Trivy",), ("own rules",))
    assert found.locations == (Location(path=FILE, line=4),)
    (elsewhere,) = merged([], [sighting(path="chart/x.yaml")])
    assert elsewhere.missed_by == ()


def test_what_only_trivy_asks_keeps_its_id() -> None:
    (found,) = merged([], [sighting("DS-0017", 2), sighting("DS-0017", 5)])
    assert (found.rule, found.title, found.fix) == ("DS-0017", "A title", "mend it")
    assert found.aliases == ("AVD-DS-0017", "DS017")
    assert [place.line for place in found.locations] == [2, 5]
    assert found.missed_by == ()
    assert found.detail == "line 2: a message; line 5: a message"


def test_alike_checks_join_only_where_both_saw() -> None:
    (joined,) = merged([problem("secret-in-image")], [sighting("DS-0031", 1)])
    assert joined.rule == "hardening/secret-in-image"
    alone = merged([], [sighting("DS-0031", 1)])
    assert [one.rule for one in alone] == ["DS-0031"]
    assert alone[0].missed_by == ()


def test_two_checks_of_trivy_s_for_one_rule_of_ours() -> None:
    (found,) = merged([], [sighting("KSV-0011", 3), sighting("KSV-0018", 3)])
    assert found.rule == "hardening/no-limits"
    assert {"KSV-0011", "KSV-0018"} <= set(found.aliases)


def test_places_of_trivy_s_stand_where_ours_do_not() -> None:
    rows = [sighting(line=1, end=9), sighting(line=20, end=25), sighting(line=None)]
    (found,) = merged([problem(line=5)], rows)
    assert [place.line for place in found.locations] == [5, 20]


def test_one_finding_per_rule_and_file_rated_by_the_worst() -> None:
    problems = [problem(line=3, severity=Severity.LOW), problem(line=1, url="https://a")]
    (found,) = merged(problems, [], seen=False)
    assert found.severity is Severity.MEDIUM
    assert found.detail == "line 1: why; line 3: why"
    assert found.url == "https://a"


def test_details_are_bounded_and_places_are_not() -> None:
    (found,) = merged([problem(line=line) for line in range(1, 101)], [], seen=False)
    assert found.detail.endswith(f"and {100 - MAX_TOLD} more")
    assert len(found.locations) == 100
