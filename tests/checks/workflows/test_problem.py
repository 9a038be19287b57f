"""Problems at places become one finding per rule and file."""

from __future__ import annotations

from typing import Any

from pipeline.checks.workflows.problem import MAX_TOLD, Problem, findings
from pipeline.model import Kind, Location, Severity


def problem(line: int | None = 1, column: int | None = None, **changes: Any) -> Problem:
    return Problem(
        **{
            "rule": "unpinned-uses",
            "severity": Severity.MEDIUM,
            "place": Location(path="a.yml", line=line, column=column),
            "detail": "why",
            **changes,
        }
    )


def test_one_finding_per_rule_and_file() -> None:
    elsewhere = problem(place=Location(path="b.yml", line=1))
    found = findings([problem(9), problem(2, severity=Severity.HIGH), elsewhere, problem(rule="x")])
    assert [(one.rule, one.subject) for one in found] == [
        ("workflows/unpinned-uses", "a.yml"),
        ("workflows/unpinned-uses", "b.yml"),
        ("workflows/x", "a.yml"),
    ]
    first = found[0]
    assert first.kind is Kind.RULE
    assert first.severity is Severity.HIGH
    assert [place.line for place in first.locations] == [2, 9]
    assert first.detail == "line 2: why; line 9: why"
    assert first.title == "An action is not pinned to a full commit"
    assert first.fix
    assert first.url == "https://docs.zizmor.sh/audits/#unpinned-uses"


def test_a_tools_place_stands_for_ours_on_the_same_line() -> None:
    (found,) = findings([problem(3, 5), problem(3, 9, seen_by="zizmor"), problem(4, 5)])
    assert [(place.line, place.column) for place in found.locations] == [(3, 9), (4, 5)]
    assert found.seen_by == ("zizmor",)


def test_a_rule_that_our_table_does_not_know_is_told_all_the_same() -> None:
    (found,) = findings(
        [problem(rule="brand-new", title="new\x1b[31m", url="https://x", seen_by="zizmor")]
    )
    assert found.rule == "workflows/brand-new"
    assert found.title == "new\ufffd[31m"
    assert found.url == "https://x"
    assert found.fix


def test_details_are_bounded_and_places_are_not() -> None:
    (found,) = findings([problem(line) for line in range(1, MAX_TOLD + 4)])
    assert found.detail.endswith("; and 3 more")
    assert len(found.locations) == MAX_TOLD + 3


def test_a_place_without_a_line() -> None:
    (found,) = findings([problem(None)])
    assert found.detail == "why"


def test_our_own_rules_have_no_page_of_zizmors() -> None:
    (found,) = findings([problem(rule="denied-action")])
    assert found.url == ""
