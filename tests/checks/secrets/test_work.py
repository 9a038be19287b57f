from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.secrets.engine import Canary, Hit
from pipeline.checks.secrets.overlooked import AGAIN, Laid
from pipeline.checks.secrets.work import Task, Work

OURS, FIRST = "a" * 40, "b" * 40
NAMES = {f"{AGAIN}1": ("x.lock", "y/x.lock"), f"{AGAIN}2": ("z",), f"{AGAIN}canary": ()}
LAID = Laid(NAMES, {f"{AGAIN}1": "c" * 40})
BESIDE = Laid({"beside/1.gz": ("x.lock",)})


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
        (f"{AGAIN}1/unpacked/inner", OURS, ("x.lock", "y/x.lock")),
        (f"{AGAIN}canary", OURS, ()),
        (f"{AGAIN}3", OURS, None),
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


def test_a_second_look_may_lie_beside_todays_files() -> None:
    there = Task(work=Work(root=Path("/r")), canary=Canary.make(), laid=BESIDE, commit=OURS)
    assert there.again(hit("beside/1.gz", "")) == ("x.lock",)
    assert there.again(hit("beside/1.gz!inner.txt", "")) == ("x.lock",)
    assert there.again(hit("beside/1.gz", OURS)) is None, "a commit has a file of that name"
    assert there.again(hit("/r/x.lock", "")) is None


def test_all_canaries_of_a_job_are_known() -> None:
    one, two, three = (Canary.make() for _ in range(3))
    work = Work(root=Path("/r"))
    assert list(Task(work=work, canary=one).canaries) == [one]
    assert list(Task(work=work, canary=one, laid=Laid({}, {}, two), walk=three).canaries) == [
        one,
        two,
        three,
    ]
