from __future__ import annotations

from datetime import date

import pytest

from pipeline.checks.hardening.configuration.gathered import Gathered
from pipeline.checks.hardening.configuration.images import Reference, reference
from pipeline.checks.hardening.problem import Read
from pipeline.model import Gap, Location, Severity

DAY = date(2026, 11, 1)
PINNED = "debian:12@sha256:" + "4f" * 32


@pytest.fixture
def gathered() -> Gathered:
    return Gathered("a/Dockerfile", DAY)


def named(image: str) -> Reference:
    found = reference(image)
    assert found is not None
    return found


def test_nothing_found_is_nothing_told(gathered: Gathered) -> None:
    assert gathered.told() == Read()


def test_a_problem_and_what_is_open_have_their_place(gathered: Gathered) -> None:
    gathered.find("root-image", Severity.HIGH, 3, "it runs as root")
    gathered.leave(4, "only the build decides")
    told = gathered.told()
    (problem,) = told.problems
    assert (problem.rule, problem.severity, problem.detail) == (
        "root-image",
        Severity.HIGH,
        "it runs as root",
    )
    assert problem.place == Location(path="a/Dockerfile", line=3)
    (left,) = told.open
    assert (left.place.line, left.why, left.gap) == (4, "only the build decides", Gap.INPUT_MISSING)


def test_an_image_is_named_whether_pinned_or_not(gathered: Gathered) -> None:
    gathered.name(PINNED, 1)
    gathered.name("debian:12", 2)
    told = gathered.told()
    assert told.named == ((PINNED, gathered.at(1)), ("debian:12", gathered.at(2)))
    assert {problem.place.line for problem in told.problems} == {2}
    assert told.images == 0


def test_an_image_that_is_used_is_dated(gathered: Gathered) -> None:
    gathered.date(named("debian:8"), 1)
    gathered.date(named("example.org/own:1"), 2)
    told = gathered.told()
    assert told.images == 2
    assert [(problem.rule, problem.place.line) for problem in told.problems] == [
        ("end-of-life-image", 1)
    ]
    assert [(one.place.line, one.gap) for one in told.undated] == [(2, Gap.DATA_MISSING)]
