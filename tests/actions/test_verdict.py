from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.actions import verdict
from pipeline.actions.scan import Project, Scan
from pipeline.actions.verdict import Counts, ProjectVerdict
from pipeline.errors import IncompleteError
from pipeline.model import Decision
from pipeline.store import encode

C, V, U = Decision.COMPLIANT, Decision.VIOLATED, Decision.INCOMPLETE


def one(decision: Decision) -> ProjectVerdict:
    return ProjectVerdict(
        key="a",
        path="a",
        verdict=decision,
        exit_code=0,
        headline="x",
        counts=Counts(violations=1, not_evaluated=2),
        folder=".",
    )


def planned(count: int) -> Scan:
    projects = tuple(Project(key=str(number), path=str(number)) for number in range(count))
    return Scan(commit="c", event="push", basis="b", projects=projects, legs=())


@pytest.mark.parametrize(
    ("decisions", "count", "problems", "expected", "code"),
    [
        ((C,), 1, (), C, 0),
        ((C, C), 2, (), C, 0),
        ((C, V), 2, (), V, 1),
        ((U, V), 2, ("x",), V, 1),
        ((C, U), 2, (), U, 3),
        ((C,), 1, ("x",), U, 3),
        ((C,), 2, (), U, 3),
        ((), 0, (), U, 3),
        ((), 1, (), U, 3),
    ],
)
def test_compliant_is_only_what_was_all_judged(
    decisions: tuple[Decision, ...],
    count: int,
    problems: tuple[str, ...],
    expected: Decision,
    code: int,
) -> None:
    found = verdict.sum_up(planned(count), tuple(map(one, decisions)), problems)
    assert (found.verdict, found.exit_code) == (expected, code)
    assert found.counts.violations == len(decisions)


def test_without_a_plan_nothing_is_known() -> None:
    found = verdict.sum_up(None, (), ("no plan",))
    assert (found.verdict, found.commit, found.projects) == (U, "", ())


def test_counts_are_one_line_of_json() -> None:
    assert json.loads((Counts(violations=1) + Counts(violations=2, below_threshold=3)).line) == {
        "violations": 3,
        "existing": 0,
        "waived": 0,
        "below-threshold": 3,
        "not-evaluated": 0,
    }


def test_a_verdict_comes_back(tmp_path: Path) -> None:
    whole = verdict.sum_up(planned(1), (one(V),), ("p",))
    (tmp_path / verdict.FILE).write_bytes(encode(whole))
    assert verdict.read(tmp_path) == whole


@pytest.mark.parametrize("content", [None, "", "{}", '{"verdict": "green"}'])
def test_no_verdict_is_incomplete(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / verdict.FILE).write_text(content)
    with pytest.raises(IncompleteError):
        verdict.read(tmp_path)
