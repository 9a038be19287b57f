"""Advisories as findings: where the package stands, how it came in, how to mend it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.advisories import problems
from pipeline.advisories.source import Question
from pipeline.checks.dependencies import pip_audit
from pipeline.checks.dependencies.asking import question_of
from pipeline.locks.graph import Graph, shortest
from pipeline.model import Finding, Kind
from pipeline.policy import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pipeline.advisories.problems import Advisory
    from pipeline.checks.dependencies.opinion import Row
    from pipeline.checks.job import Options
    from pipeline.model import Lock, Package


def findings_in(
    lock: Lock, options: Options, asked: Iterable[Question], unconfirmed: Collection[Question] = ()
) -> Iterator[Finding]:
    """One finding per advisory and package version, on every line where the version stands.

    `unconfirmed` are the questions that pip-audit left without a full answer.
    """
    places: dict[Question, list[Package]] = defaultdict(list)
    for package in lock.packages:
        question = question_of(package)
        if isinstance(question, Question):
            places[question].append(package)
    graph = Graph.of(lock)
    for question in sorted(asked):
        records = options.answers[question].records
        if not records:
            continue
        advisories = problems.group(records, question.ecosystem, question.name)
        packages = places[question]
        paths = shortest(graph.paths(package.key) for package in packages)
        is_confirmed = question.ecosystem == pip_audit.ECOSYSTEM and question not in unconfirmed
        seen_by = (options.answered_by, *((pip_audit.WITNESS,) if is_confirmed else ()))
        for advisory in advisories:
            yield _finding(advisory, packages, paths, seen_by)


def _finding(
    advisory: Advisory,
    packages: Sequence[Package],
    paths: tuple[tuple[str, ...], ...],
    seen_by: tuple[str, ...],
) -> Finding:
    package = packages[0]
    fixed = advisory.fixed_after(package.version or "")
    if advisory.kind is Kind.MALWARE:
        fix = f"remove {package.name} and treat every machine that installed it as compromised"
    else:
        fix = _upgrade(package, _spelt_like(package.version or "", fixed[0]) if fixed else "")
        if advisory.parts and not fixed:
            fix += f"; only what uses {some(advisory.parts)} is affected"
    return Finding(
        check="dependencies",
        rule=advisory.id,
        kind=advisory.kind,
        severity=advisory.severity,
        title=advisory.title,
        subject=package.purl,
        locations=tuple(sorted({package.location for package in packages})),
        detail=advisory.detail,
        fix=fix,
        url=advisory.url,
        aliases=advisory.aliases,
        fixed_versions=fixed,
        paths=paths,
        cvss=advisory.cvss,
        score=advisory.score,
        seen_by=seen_by,
    )


def finding_of(row: Row, packages: Sequence[Package], missed: Sequence[str]) -> Finding:
    """What Trivy alone sees in a package, which stands on all these lines; `missed`: who did not.

    Nothing but Trivy's word rates it: the advisory source holds no record of it.
    """
    package = packages[0]
    return Finding(
        check="dependencies",
        rule=row.id,
        kind=Kind.VULNERABILITY,
        severity=row.severity,
        title=row.title,
        subject=package.purl,
        locations=tuple(sorted({one.location for one in packages})),
        detail=row.detail,
        fix=_upgrade(package, row.fixed[0] if row.fixed else ""),
        url=row.url,
        aliases=tuple(sorted(row.ids - {row.id})),
        fixed_versions=row.fixed,
        seen_by=("Trivy",),
        missed_by=tuple(missed),
    )


def _upgrade(package: Package, fixed: str) -> str:
    """How to be rid of a vulnerability; `fixed` is "" where no version without it is known."""
    if fixed:
        return f"upgrade {package.name} from {package.version} to {fixed} or later"
    return f"no fixed version of {package.name} is known: replace it, or record a waiver"


def _spelt_like(locked: str, version: str) -> str:
    """A version with the "v" that Go's and some of PHP's locks write and advisories leave out."""
    return f"v{version}" if locked.startswith("v") and not version.startswith("v") else version


def merge(one: Finding, other: Finding) -> Finding:
    """The same problem in two locks."""
    return replace(
        one,
        locations=tuple(sorted({*one.locations, *other.locations})),
        paths=shortest((one.paths, other.paths)),
    )
