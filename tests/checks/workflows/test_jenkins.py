"""Jenkinsfiles: every rule with a file that breaks it and one that nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.workflows import jenkins
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Location
from tests.checks.workflows.cases import cases, hold, name


def find(text: str) -> list[Problem]:
    return list(jenkins.problems(text, "Jenkinsfile"))


@pytest.mark.parametrize("case", cases("jenkins"), ids=name)
def test_each_rule(case: Path) -> None:
    hold(case, find)


def test_positions_are_exact_behind_comments() -> None:
    (found,) = find("/* a\n b */ agent { docker 'x:1' }\n")
    assert found.place == Location(path="Jenkinsfile", line=2, column=23)


def test_comment_marks_in_a_text_hide_nothing() -> None:
    (found,) = find("sh 'echo https://x /*'\n@Library('a@main') _\n")
    assert found.place.line == 2


@pytest.mark.parametrize("text", ["/*" * 200_000, "'''" * 200_000, "'\\" * 200_000, '"' * 200_001])
def test_a_text_without_end_is_read_once(text: str) -> None:
    assert find(text) == []


@settings(deadline=None)
@given(st.text(alphabet="/*'\"\\\n@Library(x) docker image:=curl|sh", max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    lines = text.count("\n") + 1
    assert all(1 <= (problem.place.line or 0) <= lines for problem in find(text))
