"""What was evaluated and what was not: every package, every line, every manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.dependencies.asking import missing as missing_of
from pipeline.checks.dependencies.asking import question_of
from pipeline.checks.unread import unread_file, unread_lines
from pipeline.discover import unlocked as discovered
from pipeline.model import Coverage, Gap, Location, Missing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Options
    from pipeline.model import Lock, Target


def cover(
    lock: Lock,
    options: Options,
    answered: Collection[Question],
    unaccounted: Mapping[Question, str],
) -> Coverage:
    """Every package of the lock against what was answered; forks of one version count once."""
    evaluated: set[str] = set()
    missing: dict[str, Missing] = {}
    for package in lock.packages:
        question = question_of(package)
        if question is None:
            continue
        if isinstance(question, Missing):
            missing.setdefault(package.key, question)
        elif question in answered:
            evaluated.add(package.key)
        else:
            answer = options.answers.get(question)
            if question in unaccounted:
                gap, why = Gap.NOT_ACCOUNTED_FOR, unaccounted[question]
            elif answer is not None and answer.gap is not None:
                gap, why = answer.gap, answer.why
            else:
                gap, why = Gap.DATA_MISSING, "the advisory source gave no answer"
            missing.setdefault(package.key, missing_of(package, gap, why))
    # One key can be both: the same version from the registry and from elsewhere.
    left_out = [*missing.values(), *unread_lines(lock)]
    return Coverage(
        scope=lock.path,
        unit="packages",
        expected=len(evaluated) + len(left_out),
        evaluated=len(evaluated),
        missing=tuple(left_out),
    )


def standard_library(lock: Lock) -> Iterator[Coverage]:
    """Go's standard library: a part of every build, and not of the lock.

    Advisories speak of it ("stdlib", "toolchain") by the release that builds. `go.mod` names the
    oldest release that may; which one did, only the build knows. So it is told as a gap beside
    the question, which is about locked dependencies.
    """
    if lock.ecosystem != "Go" or not lock.packages:
        return
    missing = Missing(
        subject="Go's standard library",
        gap=Gap.NO_VERSION,
        why="no lock says which release of Go builds this, so nothing was looked up for it",
        location=Location(path=lock.path),
    )
    yield Coverage(
        scope=lock.path,
        unit="standard libraries",
        expected=1,
        evaluated=0,
        missing=(missing,),
        required=False,
    )


def unlocked(target: Target) -> Iterator[Coverage]:
    """Manifests and locks that nobody could read packages from: each one is a gap."""
    for part in discovered.unlocked(target):
        yield unread_file(part)
