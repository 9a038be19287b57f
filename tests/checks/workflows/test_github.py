"""GitHub Actions: every rule of ours with a file that breaks it and one that nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.workflows import github
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Location, Severity
from pipeline.yamltree import Table, compose
from tests.checks.workflows.cases import cases, hold, name

PIN = "@" + "a" * 40


def find(text: str) -> list[Problem]:
    root = compose(text, "w.yml", aliases=True)
    assert isinstance(root, Table)
    return list(github.problems(root, text, "w.yml"))


@pytest.mark.parametrize("case", cases("github"), ids=name)
def test_each_rule(case: Path) -> None:
    hold(case, find)


def test_an_action_is_read_like_a_workflow() -> None:
    composite = (
        f"runs:\n  using: composite\n  steps:\n    - uses: a/b{PIN}\n    - run: curl x | sh\n"
    )
    assert [(one.rule, one.place.line) for one in find(composite)] == [
        ("version-comment", 4),
        ("piped-script", 5),
    ]
    docker = "runs:\n  using: docker\n  image: docker://alpine@sha256:1\n"
    (found,) = find(docker)
    assert (found.rule, found.place) == (
        "unpinned-images",
        Location(path="w.yml", line=3, column=10),
    )
    assert find("runs: {using: docker, image: Dockerfile}\n") == []


READER = """\
on: {workflow_run: {workflows: [CI]}}
jobs:
  comment:
    steps:
      - uses: actions/download-artifact@x
      - uses: actions/github-script@x
"""


def reads_only(text: str) -> bool:
    root = compose(text, "w.yml", aliases=True)
    assert isinstance(root, Table)
    return github.takes_only_data(root)


def test_a_workflow_that_only_reads_what_a_run_has_left() -> None:
    assert reads_only(READER)
    assert reads_only(READER.replace("{workflow_run: {workflows: [CI]}}", "[workflow_run, push]"))


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("workflow_run", "pull_request_target"),
        ("{workflow_run: {workflows: [CI]}}", "[workflow_run, pull_request_target]"),
        ("{workflow_run: {workflows: [CI]}}", "[push]"),
        ("uses: actions/github-script@x", "run: make"),
        ("uses: actions/github-script@x", "{run: make, uses: actions/github-script@x}"),
        ("uses: actions/github-script@x", "uses: actions/checkout@x"),
        ("uses: actions/github-script@x", "uses: actions/github-script-more@x"),
        ("uses: actions/github-script@x", "uses: ./actions/github-script"),
        ("    steps:", "    container: a/b\n    steps:"),
        ("    steps:", "    services: {a: {image: b}}\n    steps:"),
        ("    steps:", "    uses: a/b/.github/workflows/c.yml@x\n    steps:"),
        ("    steps:", "    other:"),
        ("  comment:", "  more: x\n  comment:"),
        ("jobs:", "no:"),
    ],
)
def test_a_workflow_that_can_do_more(what: str, instead: str) -> None:
    assert what in READER
    assert not reads_only(READER.replace(what, instead))


def test_positions_are_exact() -> None:
    (found,) = find(f"jobs:\n  a:\n    steps:\n      - name: é\n        uses: a/b{PIN}\n")
    assert found.place == Location(path="w.yml", line=5, column=15)


def test_a_secret_that_looks_like_a_throwaway_is_rated_low_and_told() -> None:
    weak, strong = find("env: {A_PASSWORD: postgres, B_PASSWORD: 'q7Zr-Lk2mXw09Tbv'}\n")
    assert (weak.severity, strong.severity) == (Severity.LOW, Severity.HIGH)
    assert "throwaway" in weak.detail


@pytest.mark.parametrize(
    "text",
    [
        "jobs: [1]",
        "jobs: {a: 1, b: {steps: 3}, c: {steps: [x]}, d: {services: 1, container: [x]}}",
        "on: [push, {x: y}]\njobs: {a: {runs-on: [[x]]}}",
        "env: [1]\njobs: {a: {env: {TOKEN: [1]}, uses: [x]}}",
        "jobs: {a: {runs-on: {group: x}, steps: [{uses: [x], run: {}, with: 1}]}}",
        "on: pull_request\njobs: {a: {runs-on: {group: x}}}",
        "on: pull_request_target\njobs: {a: {steps: [{uses: actions/checkout@v1, with: 1}]}}",
        "runs: 3",
    ],
)
def test_another_shape_is_no_problem_of_these_rules(text: str) -> None:
    assert find(text) == []


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_version_is_found_behind_any_words(words: str) -> None:
    assert github._names_version(f"# {words} v1.2.3")


@given(st.from_regex(r"[a-z ]{0,40}", fullmatch=True))
def test_words_are_no_version(words: str) -> None:
    assert not github._names_version(f"# {words}")
