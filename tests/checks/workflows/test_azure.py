"""Azure Pipelines: every rule with a file that breaks it and one that nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.workflows import azure
from pipeline.checks.workflows.problem import Problem
from pipeline.yamltree import Table, compose
from tests.checks.workflows.cases import cases, hold, name


def root(text: str) -> Table:
    found = compose(text, "ci/a.yml", aliases=True)
    assert isinstance(found, Table)
    return found


def find(text: str) -> list[Problem]:
    return list(azure.problems(root(text), "ci/a.yml"))


@pytest.mark.parametrize("case", cases("azure"), ids=name)
def test_each_rule(case: Path) -> None:
    hold(case, find)


def test_templates_of_this_repository() -> None:
    text = (
        "extends: {template: base.yml}\n"
        "stages:\n"
        "  - template: ../other/stage.yml\n"
        "  - template: /root.yml@self\n"
        "  - template: far.yml@elsewhere\n"
        "  - template: ${{ parameters.x }}\n"
    )
    assert azure.templates(root(text), "ci/a.yml") == ["ci/base.yml", "other/stage.yml", "root.yml"]
    assert azure.templates(root("extends: {template: x.yml}"), "a.yml") == ["x.yml"]


@pytest.mark.parametrize(
    "text",
    [
        "resources: 3",
        "resources: {repositories: 3, containers: [x, {container: a, image: [x]}]}",
        "resources: {repositories: [{repository: self}]}",
        "variables: [x, {name: [a], value: b}, {name: TOKEN, value: [1]}]",
        "steps: [{script: [x]}, {container: }]",
    ],
)
def test_another_shape_is_no_problem_of_these_rules(text: str) -> None:
    assert find(text) == []
