"""Do the lockfiles fix exactly what is meant, prove it, and take it from the right place?

Everything is read from the repository's own files, as data: whether each manifest has a lock that
everybody gets, whether the two agree, whether each file is proven by a hash and belongs to the
package that it stands for, and which places packages come from.

Beside that, PyPI and npm are asked what became of each release: withdrawn, deprecated, published
only yesterday, under which licence. Offline this part is a gap that is told, and never a pass.
"""

# presence    is there a lock, and does everybody have it?
# integrity   is each file proven?
# sources     where do packages come from?
# steps       do lock and manifest agree? (`ranges` reads what a manifest asks for)
# releases    what registries say of the locked releases
# rules       what may be wrong, as findings

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.advisories.source import Question
from pipeline.checks.job import Network, Skip
from pipeline.checks.lockfiles import integrity, presence, releases, sources, steps
from pipeline.checks.lockfiles.rules import RULES
from pipeline.checks.unread import unread_file, unread_lines
from pipeline.model import Coverage, Gap, Location, Origin, Reading, Status, Unread
from pipeline.registries.release import ASKED, pins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.checks.job import Job, Options, Ran
    from pipeline.model import Finding, Target

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

TOOL = None
NETWORK = Network.REGISTRY


def questions(target: Target) -> tuple[Question, ...]:
    """The releases that the registries are asked about."""
    return tuple(
        sorted(
            {
                Question(*pin)
                for lock in target.locks
                for pin in pins(lock)
                if pin.ecosystem in ASKED
            }
        )
    )


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:  # noqa: ARG001 - the shape
    """Nothing has to run: the locks were read by discovery."""
    if not (target.locks or target.projects or target.unread):
        return Skip(
            status=Status.NOT_APPLICABLE, reason="there is no dependency manifest and no lockfile"
        )
    return ()


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:  # noqa: ARG001
    """Findings and coverage of every manifest and every lock."""
    findings: dict[tuple[str, str], Finding] = {}
    for finding in _findings(target, options):
        key = (finding.rule, finding.subject)
        findings[key] = _merge(findings[key], finding) if key in findings else finding
    return Reading(
        findings=tuple(findings[key] for key in sorted(findings)),
        coverage=(*_coverage(target), *_facts(target, options)),
        data=options.data,
    )


def _findings(target: Target, options: Options) -> Iterator[Finding]:
    yield from presence.findings(target)
    yield from steps.findings(target)
    for lock in target.locks:
        yield from integrity.findings(lock)
        yield from sources.findings(target, lock, options.policy)
        yield from releases.findings(lock, options)


def _merge(one: Finding, other: Finding) -> Finding:
    """The same problem in another place: the worse of the two, in all places."""
    worse = min(one, other, key=lambda finding: finding.severity.rank)
    places = {*one.locations, *other.locations}
    return replace(
        worse, locations=tuple(sorted(places, key=lambda place: (place.path, place.line or 0)))
    )


# ------------------------------------------------------------------------------------ coverage


def _coverage(target: Target) -> Iterator[Coverage]:
    """Every package of every lock, and every manifest."""
    for lock in target.locks:
        dependencies = [one for one in lock.packages if one.source.origin is not Origin.WORKSPACE]
        yield Coverage(
            scope=lock.path,
            unit="packages",
            expected=len(dependencies) + len(lock.unread),
            evaluated=len(dependencies),
            missing=unread_lines(lock),
        )
    known = {path for lock in target.locks for path in (lock.path, *lock.files)}
    told: set[str] = set()
    for project in target.projects:
        for path in project.locks:
            if path not in known and path not in told:
                told.add(path)
                yield _gap(path, Gap.UNSUPPORTED_INPUT, "no reader knows this lock format yet")
        for manifest in project.manifests:
            if manifest.declared is None and not project.locks:
                why = "it may have dependencies, and there is no lockfile"
                yield _gap(manifest.path, Gap.INPUT_MISSING, why)
            elif manifest.declared is None:
                why = "what it asks for cannot be told without running it"
                yield replace(_gap(manifest.path, Gap.UNSUPPORTED_INPUT, why), required=False)
            elif manifest.path not in known:
                yield Coverage(scope=manifest.path, unit="manifests", expected=1, evaluated=1)


def _gap(path: str, gap: Gap, why: str) -> Coverage:
    return unread_file(Unread(location=Location(path=path), why=why, gap=gap))


def _facts(target: Target, options: Options) -> Iterator[Coverage]:
    for lock in target.locks:
        yield from releases.coverage(lock, options)
