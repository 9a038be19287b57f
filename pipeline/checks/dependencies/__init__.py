"""Does a locked dependency have a known vulnerability, or is it malware?

Every package of every lock is looked up in one snapshot of advisories. pip-audit is asked about
Python packages; it never sees a file of the scanned repository and talks to a relay of ours that
answers from the same snapshot. Packages of all other ecosystems are matched in process.

Trivy gives a second opinion where it is at hand: `opinion`.

Nothing is believed: what pip-audit's output does not account for, and every package that could
not be asked for, is counted as not evaluated.
"""

# asking      which packages can be asked about
# pip_audit   its input and its output
# coverage    every package against what was answered
# findings    advisories as findings
# opinion     what Trivy says of the same locks
# witnesses   who saw a problem, and who could have

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.advisories.source import Question
from pipeline.checks.dependencies import opinion, pip_audit, witnesses
from pipeline.checks.dependencies.asking import question_of
from pipeline.checks.dependencies.coverage import cover, standard_library, unlocked
from pipeline.checks.dependencies.findings import finding_of, findings_in, merge
from pipeline.checks.job import Network, Skip, Tool
from pipeline.model import Reading, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.checks.job import Job, Options, Ran, Rule, Wanted
    from pipeline.model import Finding, Lock, Package, Target

TOOL = Tool(distribution="pip-audit", module="pip_audit")
NETWORK = Network.ADVISORIES
RULES: Mapping[str, Rule] = {}


def questions(target: Target) -> tuple[Question, ...]:
    """What the advisory source is asked: every locked version that comes from a registry."""
    asked = {question for lock in target.locks for question in _asked(lock)}
    return tuple(sorted(asked))


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """One pip-audit run per lock, and more where a lock holds several versions of one name.

    Locks with the same pins share a run. One run of Trivy looks at all locks.
    """
    if wanted := opinion.wanted(target, options):
        return wanted
    if not (target.locks or target.projects or target.unread):
        return Skip(
            status=Status.NOT_APPLICABLE, reason="there is no dependency manifest and no lockfile"
        )
    jobs = {}
    for lock in target.locks:
        for pins in pip_audit.batches(lock, options):
            job = pip_audit.job_of(pins, options)
            jobs[job.name] = job
    second = opinion.job(target, options)
    return (*jobs.values(), *((second,) if second else ()))


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """Findings and coverage of every lock and of every manifest that has none."""
    second = next((run for run in runs if run.job.name == opinion.NAME), None)
    audited = {run.job.name: pip_audit.audited(run, options) for run in runs if run is not second}
    findings: dict[tuple[str, str], Finding] = {}
    coverage = []
    for lock in target.locks:
        answered = _answered(lock, options)
        unaccounted: dict[Question, str] = {}
        for pins in pip_audit.batches(lock, options):
            for question, problem in audited[pip_audit.job_of(pins, options).name].items():
                if problem:
                    unaccounted[question] = problem
                else:
                    answered.add(question)
        coverage.append(cover(lock, options, answered, unaccounted))
        coverage.extend(standard_library(lock))
        # An advisory is told even where the count does not add up: it is known all the same.
        asked = answered | unaccounted.keys()
        for finding in findings_in(lock, options, asked, unaccounted.keys()):
            key = (finding.rule, finding.subject)
            findings[key] = merge(findings[key], finding) if key in findings else finding
    coverage.extend(unlocked(target))
    heard = opinion.read(target, options, second)
    found = tuple(_with(heard, [findings[key] for key in sorted(findings)], target, options))
    return Reading(
        findings=tuple(sorted(found, key=lambda one: (one.rule, one.subject))),
        coverage=(*coverage, *heard.coverage),
        data=(*options.data, *heard.data),
        tables=witnesses.disagreements(found),
    )


def _with(
    heard: opinion.Opinion, findings: Sequence[Finding], target: Target, options: Options
) -> Iterator[Finding]:
    """The findings with the second opinion, and what only that one sees."""
    if not heard.judged and not heard.rows:
        yield from findings
        return
    packages: dict[opinion.Key, list[Package]] = defaultdict(list)
    for lock in target.locks:
        for package in lock.packages:
            packages[opinion.key_of(package)].append(package)
    keys = {one.purl: key for key, several in packages.items() for one in several}
    yield from witnesses.joined(findings, heard, keys)
    for row in witnesses.alone(findings, heard, keys):
        others = [options.answered_by]
        if row.key.ecosystem == pip_audit.ECOSYSTEM:
            others.append(pip_audit.WITNESS)
        question = question_of(packages[row.key][0])
        answer = options.answers.get(question) if isinstance(question, Question) else None
        missed = others if answer is not None and answer.gap is None else []
        yield finding_of(row, packages[row.key], missed)


def _asked(lock: Lock) -> Iterator[Question]:
    for package in lock.packages:
        question = question_of(package)
        if isinstance(question, Question):
            yield question


def _answered(lock: Lock, options: Options) -> set[Question]:
    """The questions whose answers stand as they are: those that are not pip-audit's to confirm."""
    return {
        question
        for question in _asked(lock)
        if question.ecosystem != pip_audit.ECOSYSTEM
        and (answer := options.answers.get(question)) is not None
        and answer.gap is None
    }
