from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.secrets.engine import Canary, Hit
from pipeline.checks.secrets.overlooked import AGAIN, Laid
from pipeline.checks.secrets.work import Task, Work

OURS, FIRST = "a" * 40, "b" * 40
LAID = Laid({"again/1": "c" * 40}, {f"{AGAIN}1": ("x.lock", "y/x.lock"), f"{AGAIN}2": ("z",)})


def task(first: str = "") -> Task:
    work = Work(root=Path("/r"))
    return Task(work=work, canary=Canary.make(), laid=LAID, commit=OURS, first=first)


def hit(path: str, commit: str = OURS) -> Hit:
    return Hit(rule="r", name="n", confidence="high", path=path, line=1, commit=commit, value="v")


def test_every_file_of_a_second_look_counts() -> None:
    assert task().looked_again == 3
    assert Task(work=Work(root=Path("/r")), canary=Canary.make()).looked_again == 0


@pytest.mark.parametrize(
    ("path", "commit", "files"),
    [
        (f"{AGAIN}1", OURS, ("x.lock", "y/x.lock")),
        (f"{AGAIN}1!inner.txt", OURS, ("x.lock", "y/x.lock")),
        (f"{AGAIN}3", OURS, ()),
        ("x.lock", OURS, None),
        (f"{AGAIN}1", FIRST, None),
    ],
)
def test_a_hit_of_a_second_look_is_told_from_others(
    path: str, commit: str, files: tuple[str, ...] | None
) -> None:
    assert task().again(hit(path, commit)) == files


def test_what_stands_under_names_of_ours_may_be_in_a_commit_of_its_own() -> None:
    assert task().held == OURS
    assert task(FIRST).held == FIRST
    assert task(FIRST).again(hit(f"{AGAIN}2", FIRST)) == ("z",)
    assert task(FIRST).again(hit(f"{AGAIN}2", OURS)) is None
