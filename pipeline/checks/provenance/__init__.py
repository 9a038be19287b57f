"""Who published the locked packages, and can they prove it?

PyPI and npm publish attestations of releases: statements, signed with the identity of a CI job,
that a file was built from a repository. They are verified against the hashes in the locks, with a
trusted root that comes with the pipeline; npm's own signatures too. Who published a package is
held against the policy, else against what was seen first.

A release without an attestation is told and, unless the policy wants one, no finding: most have
none. What cannot be asked for, offline for example, is not evaluated.
"""

# answers     one answer for each locked release
# pep740, npm what the two registries publish to prove one
# signers     who signed that, as one text
# publishers  whether it is who was expected, or who was seen first (`seen`)
# rules       what may be wrong, as findings

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.checks.job import Network, Skip, Tool
from pipeline.checks.provenance import publishers, seen
from pipeline.checks.provenance.answers import answer
from pipeline.checks.provenance.rules import RULES
from pipeline.errors import IncompleteError
from pipeline.files import cache_folder
from pipeline.model import Coverage, DataRecord, Gap, Missing, Reading, Status, Table
from pipeline.policy import numbered
from pipeline.registries.attested import ASKING
from pipeline.registries.release import pins
from pipeline.trust import roots

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Options, Ran
    from pipeline.checks.provenance.answers import Answer
    from pipeline.checks.provenance.seen import Seen
    from pipeline.model import Finding, Lock, Package, Target
    from pipeline.registries.release import Pin
    from pipeline.trust.roots import Root

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

TOOL = Tool(distribution="pypi-attestations")
NETWORK = Network.ATTESTATIONS


def questions(target: Target) -> tuple[Question, ...]:  # noqa: ARG001 - the shape of a check
    """Nothing is asked of the advisory source."""
    return ()


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:  # noqa: ARG001 - as above
    """Nothing has to run: registries were asked beforehand."""
    if not any(_pins(lock) for lock in target.locks):
        return Skip(
            status=Status.NOT_APPLICABLE, reason="no lock holds a package of PyPI or of npm"
        )
    return ()


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:  # noqa: ARG001
    """Who published each release, and what is wrong with that."""
    releases: dict[Pin, list[Package]] = defaultdict(list)
    for lock in target.locks:
        for pin, packages in _pins(lock).items():
            releases[pin] += packages
    root = roots.newest(cache_folder() / "trust")
    answers = {pin: answer(pin, releases[pin], options, root) for pin in sorted(releases)}
    known = seen.recall() if any(one.gap is None for one in answers.values()) else {}
    wanted = publishers.expected(options.provenance)
    demanded = {
        pin for pin in answers if options.provenance.required or publishers.key(pin) in wanted
    }
    found: list[Finding] = []
    news: dict[str, Seen] = {}
    for pin, one in answers.items():
        found += one.findings
        if one.gap is None and not one.findings:
            found += publishers.findings(
                pin, releases[pin], one, wanted, known, required=options.provenance.required
            )
            if publishers.key(pin) not in wanted:
                news |= publishers.first_sight(pin, one, known | news, options.as_of)
    return Reading(
        findings=tuple(sorted(found, key=lambda finding: (finding.rule, finding.subject))),
        coverage=(
            *(part for lock in target.locks for part in _coverage(lock, answers, demanded)),
            *_recorded(news),
        ),
        data=(*options.data, *_trusted(root, answers)),
        tables=tuple(_tables(answers, releases)),
    )


def _pins(lock: Lock) -> dict[Pin, list[Package]]:
    return {pin: packages for pin, packages in pins(lock).items() if pin.ecosystem in ASKING}


def _recorded(news: Mapping[str, Seen]) -> Iterator[Coverage]:
    """Record what was seen first; where that cannot be done, the next run does not know it."""
    try:
        seen.keep(news)
    except IncompleteError as error:
        missing = Missing(
            subject="the record of publishers",
            gap=Gap.DATA_MISSING,
            why=f"{error.where} {error.what}",
        )
        yield Coverage(
            scope="publishers",
            unit="records",
            expected=1,
            evaluated=0,
            missing=(missing,),
            required=False,
        )


# ------------------------------------------------------------------------------------ coverage


def _coverage(lock: Lock, answers: Mapping[Pin, Answer], demanded: set[Pin]) -> Iterator[Coverage]:
    """The lock's releases: those that could be answered or had to be, and beside them the rest."""
    wanted = _pins(lock)
    gaps = {pin for pin in wanted if answers[pin].gap is not None}
    required, rest = [pin for pin in wanted if pin not in gaps or pin in demanded], gaps - demanded
    if required:
        missing = [_missing(wanted[pin][0], answers[pin]) for pin in required if pin in gaps]
        yield Coverage(
            scope=lock.path,
            unit="releases",
            expected=len(required),
            evaluated=len(required) - len(missing),
            missing=tuple(missing),
        )
    if rest:
        lines = _lines(wanted, answers, sorted(rest))
        yield Coverage(
            scope=lock.path,
            unit="attestations",
            expected=len(lines),
            evaluated=0,
            missing=tuple(lines),
            required=False,
        )


def _lines(
    wanted: Mapping[Pin, list[Package]], answers: Mapping[Pin, Answer], rest: Sequence[Pin]
) -> list[Missing]:
    """One line for each release that is not known, or one for all where all have one reason."""
    reasons = {(answers[pin].gap, answers[pin].why) for pin in rest}
    if len(rest) > 1 and len(reasons) == 1:
        one = answers[rest[0]]
        assert one.gap is not None
        subject = f"attestations of {numbered(len(rest), 'release')}"
        return [Missing(subject=subject, gap=one.gap, why=one.why)]
    return [_missing(wanted[pin][0], answers[pin]) for pin in rest]


def _missing(package: Package, one: Answer) -> Missing:
    assert one.gap is not None
    return Missing(subject=package.key, gap=one.gap, why=one.why, location=package.location)


# ---------------------------------------------------------------------------------- what is told


def _trusted(root: Root, answers: Mapping[Pin, Answer]) -> Iterator[DataRecord]:
    if any(one.publishers for one in answers.values()):
        yield DataRecord(
            name="trusted root", origin=root.name, digest=root.digest, as_of=root.as_of
        )


def _tables(
    answers: Mapping[Pin, Answer], releases: Mapping[Pin, list[Package]]
) -> Iterator[Table]:
    known = {pin: one for pin, one in answers.items() if one.gap is None and not one.findings}
    if not known:
        return
    rows = tuple(
        (
            releases[pin][0].purl,
            ", ".join(one.publishers) + (", by a file that was given" if one.given else ""),
        )
        for pin, one in known.items()
        if one.publishers
    )
    bare = [one for one in known.values() if not one.publishers]
    signed = sum(one.signed for one in bare)
    note = f"{numbered(len(bare), 'release')} without an attestation"
    if signed:
        note += f", {signed} of them with the registry's own signature"
    yield Table(
        title="Who published what is locked",
        columns=("release", "published by"),
        rows=rows,
        note=note if bare else "",
    )
