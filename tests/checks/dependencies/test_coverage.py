"""What was evaluated and what was not."""

from __future__ import annotations

import pytest

from pipeline.advisories.source import Answer, Question
from pipeline.checks import dependencies
from pipeline.checks.job import Options
from pipeline.model import Gap, Location, Manifest, Origin, Package, Project, Source, Unread
from tests.checks.dependencies.builders import (
    lock,
    options,
    package,
    read,
    target,
)


@pytest.mark.parametrize(
    ("odd", "gap"),
    [
        (package("x", None), Gap.NO_VERSION),
        (package("x", "not a version"), Gap.UNPARSABLE_VERSION),
        (package("x", source=Source(origin=Origin.VCS)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.URL)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.PATH)), Gap.NOT_FROM_REGISTRY),
        (package("x", source=Source(origin=Origin.INDEX)), Gap.NOT_FROM_REGISTRY),
    ],
)
def test_what_nobody_can_answer_for_is_named(odd: Package, gap: Gap) -> None:
    of = target(lock(package("a"), odd))
    reading = read(of, options(of, {}))
    (coverage,) = reading.coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    (missing,) = coverage.missing
    assert missing.gap is gap
    assert missing.subject.startswith("x")


def test_the_repositorys_own_packages_are_no_dependencies() -> None:
    own = package("mine", source=Source(origin=Origin.WORKSPACE))
    of = target(lock(own, package("a")))
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (1, 1)


def test_a_line_that_was_not_read_counts() -> None:
    line = Unread(location=Location(path="requirements.txt", line=4), why="not a requirement")
    of = target(lock(package("a"), unread=(line,)))
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    assert coverage.missing[0].subject == "line 4"
    assert coverage.missing[0].gap is Gap.PARSE_ERROR


def test_an_unreadable_lock_without_a_line_is_named_by_its_path() -> None:
    whole = Unread(location=Location(path="requirements.txt"), why="not UTF-8")
    of = target(lock(unread=(whole,)))
    reading = dependencies.read(of, options(of, {}), [])
    assert reading.coverage[0].missing[0].subject == "requirements.txt"


def test_a_source_that_cannot_answer_leaves_a_gap_and_is_not_asked_through_pip_audit() -> None:
    of = target(lock(package("a"), package("b")))
    with_ = options(of, {})
    with_.answers[Question("PyPI", "b", "1.0")] = Answer(  # type: ignore[index]
        gap=Gap.DATA_MISSING, why="it does not know"
    )
    (job,) = dependencies.plan(of, with_)  # type: ignore[misc]
    assert b"b==" not in job.inputs["pins.txt"]
    (coverage,) = read(of, with_).coverage
    assert [(gap.subject, gap.why) for gap in coverage.missing] == [("b==1.0", "it does not know")]


def test_a_question_without_any_answer_is_a_gap() -> None:
    of = target(lock(package("a")))
    (coverage,) = dependencies.read(of, Options(), []).coverage
    assert coverage.missing[0].gap is Gap.DATA_MISSING


def test_manifests_without_a_lock_are_gaps() -> None:
    def project(path: str, declared: int | None, *locks: str) -> Project:
        manifest = Manifest(path=path, declared=declared)
        return Project(path=".", ecosystem="PyPI", manifests=(manifest,), locks=locks)

    of = target(
        projects=(
            project("a/pyproject.toml", 3),
            project("b/setup.py", None),
            project("c/pyproject.toml", 0),
            project("d/package.json", 3, "d/package-lock.json"),
            project("e/package.json", 3, "d/package-lock.json"),
        )
    )
    reading = dependencies.read(of, Options(), [])
    assert [(part.scope, part.missing[0].gap) for part in reading.coverage] == [
        ("a/pyproject.toml", Gap.INPUT_MISSING),
        ("b/setup.py", Gap.INPUT_MISSING),
        ("d/package-lock.json", Gap.UNSUPPORTED_INPUT),
    ]


@pytest.mark.parametrize(
    ("odd", "gap"),
    [
        (package("x", None, ecosystem="npm"), Gap.NO_VERSION),
        (package("x", "1.0", ecosystem="npm"), Gap.UNPARSABLE_VERSION),
        (package("x", "1.0.0.0", ecosystem="Go"), Gap.UNPARSABLE_VERSION),
        (package("x", "dev-main", ecosystem="Packagist"), Gap.UNPARSABLE_VERSION),
        (
            package("x", "1.0.0", ecosystem="npm", source=Source(origin=Origin.INDEX)),
            Gap.NOT_FROM_REGISTRY,
        ),
    ],
)
def test_other_ecosystems_are_counted_like_python(odd: Package, gap: Gap) -> None:
    of = target(lock(package("a", "1.0.0", ecosystem="npm"), odd))
    (coverage,) = read(of, options(of, {})).coverage
    assert (coverage.expected, coverage.evaluated) == (2, 1)
    assert [part.gap for part in coverage.missing] == [gap]


def test_an_ecosystem_that_the_source_does_not_hold_is_a_gap() -> None:
    of = target(lock(package("a", "1.0.0", ecosystem="npm")))
    why = "the advisory store has no npm data, only PyPI"
    silent = {Question("npm", "a", "1.0.0"): Answer(gap=Gap.DATA_MISSING, why=why)}
    (coverage,) = read(of, options(of, {}, answers=silent)).coverage
    assert [(part.subject, part.gap, part.why) for part in coverage.missing] == [
        ("a==1.0.0", Gap.DATA_MISSING, why)
    ]


def test_an_unanswered_question_of_another_ecosystem_is_a_gap() -> None:
    of = target(lock(package("a", "1.0.0", ecosystem="npm")))
    (coverage,) = dependencies.read(of, Options(), []).coverage
    assert (coverage.evaluated, coverage.missing[0].gap) == (0, Gap.DATA_MISSING)


def test_gos_standard_library_is_told_beside_the_question() -> None:
    go = lock(package("example.com/a", "v1.0.0", ecosystem="Go"), path="go.sum", ecosystem="Go")
    of = target(go)
    modules, library = read(of, options(of, {})).coverage
    assert modules.complete
    assert (library.required, library.complete) == (False, False)
    assert "standard library" in library.missing[0].subject


def test_a_lock_without_modules_says_nothing_of_a_standard_library() -> None:
    of = target(lock(path="go.sum", ecosystem="Go"))
    (coverage,) = read(of, options(of, {})).coverage
    assert coverage.scope == "go.sum"
