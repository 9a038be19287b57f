"""GitLab CI: every rule with a file that breaks it and one that nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.workflows import gitlab
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Location
from pipeline.yamltree import Table, compose
from tests.checks.workflows.cases import cases, hold, name


def root(text: str) -> Table:
    found = compose(text, "g.yml", aliases=True, tags=gitlab.TAGS)
    assert isinstance(found, Table)
    return found


def find(text: str) -> list[Problem]:
    return list(gitlab.problems(root(text), "g.yml"))


@pytest.mark.parametrize("case", cases("gitlab"), ids=name)
def test_each_rule(case: Path) -> None:
    hold(case, find)


def test_what_is_included() -> None:
    found = gitlab.included(
        root(
            "include:\n"
            "  - /a.yml\n"
            "  - local: b.yml\n"
            "  - template: X.yml\n"
            "  - project: p\n"
            "  - local: ci/*.yml\n"
            "  - https://example.com/x.yml\n"
            "  - $VARIABLE/x.yml\n"
        ),
        "g.yml",
    )
    assert found.local == ["a.yml", "b.yml"]
    assert [place.line for place in found.elsewhere] == [5, 6, 7, 8]
    assert gitlab.included(root("include: one.yml"), "g.yml").local == ["one.yml"]
    assert gitlab.included(root("include: {local: one.yml}"), "g.yml").local == ["one.yml"]
    assert gitlab.included(root("include:\nx: 1"), "g.yml") == gitlab.Included()


def test_after_script_cannot_fail_a_job() -> None:
    (found,) = find("job: {after_script: [pip-audit]}")
    assert found.rule == "swallowed-gate"


def test_lines_inside_a_block() -> None:
    (found,) = find("job:\n  script:\n    - |\n      make\n      pip-audit || true\n")
    assert found.place == Location(path="g.yml", line=5)


@pytest.mark.parametrize(
    "text",
    [
        "image: [x]",
        "variables: 3\nservices: 4",
        "job: {script: {a: b}, image: ~, services: [[x]], variables: {TOKEN: [1]}}",
        "include: [[x]]",
    ],
)
def test_another_shape_is_no_problem_of_these_rules(text: str) -> None:
    assert find(text) == []
