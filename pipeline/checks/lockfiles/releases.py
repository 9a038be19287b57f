"""What registries, or the lock itself, say of locked releases: withdrawn, deprecated, too new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.checks.lockfiles.rules import found
from pipeline.model import Coverage, Gap, Missing, Severity
from pipeline.policy import numbered
from pipeline.registries.release import ASKED, pins
from pipeline.sbom.denied import is_denied, ways

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.checks.job import Options
    from pipeline.model import Finding, Lock, Policy
    from pipeline.registries.release import Release

UNIT = "releases"
LICENCES = "licences"
"""Units of the coverage: facts that stand beside the check's question."""


def findings(lock: Lock, options: Options) -> Iterator[Finding]:
    """What is told of each release in the lock."""
    told = set()
    for pin, packages in pins(lock).items():
        release = options.releases.get(pin)
        if release is None or release.gap is not None:
            continue
        for rule, severity, what in _faults(release, options.as_of, options.policy):
            told.add((rule, packages[0].purl))
            yield found(rule, severity, packages[0].purl, [one.location for one in packages], what)
    for package in lock.packages:
        if package.deprecated and ("deprecated", package.purl) not in told:
            place = [package.location]
            yield found("deprecated", Severity.LOW, package.purl, place, package.deprecated)


def _faults(release: Release, today: date, policy: Policy) -> Iterator[tuple[str, Severity, str]]:
    if release.yanked:
        yield "yanked", Severity.MEDIUM, release.yanked
    if release.deprecated:
        yield "deprecated", Severity.LOW, release.deprecated
    days = policy.cool_down_days
    if release.published and days and release.published > today - timedelta(days=days):
        old_enough = release.published + timedelta(days=days)
        what = f"published on {release.published}; the cool-down ends on {old_enough}"
        yield "too-new", Severity.MEDIUM, what
    denied = frozenset(policy.denied_licences)
    if denied and is_denied(release.licence, denied):
        yield "licence-denied", Severity.HIGH, f"its licence is {release.licence}"


def coverage(lock: Lock, options: Options) -> Iterator[Coverage]:
    """How many releases the registries answered for, and whose licence is known.

    None of it is required: the check's own question needs no network.
    """
    wanted = pins(lock)
    if not wanted:
        return
    if options.offline:
        why = f"the registries were not asked about {numbered(len(wanted), 'release')}: offline"
        yield _whole(lock, Gap.NETWORK_OFF, why)
        return
    if lock.ecosystem not in ASKED:
        why = f"no registry of {lock.ecosystem} is asked yet"
        yield _whole(lock, Gap.UNSUPPORTED_INPUT, why)
        return
    missing = []
    for pin, packages in wanted.items():
        release = options.releases.get(pin)
        if release is None or release.gap is not None:
            missing.append(
                Missing(
                    subject=packages[0].key,
                    gap=release.gap if release and release.gap else Gap.DATA_MISSING,
                    why=release.why if release else "the registry was not asked",
                    location=packages[0].location,
                )
            )
    yield _counted(lock, UNIT, len(wanted), missing)
    if options.policy.denied_licences:
        unknown = [
            Missing(
                subject=packages[0].key,
                gap=Gap.DATA_MISSING,
                why=_why_unknown(options.releases.get(pin)),
                location=packages[0].location,
            )
            for pin, packages in wanted.items()
            if not _is_known(options.releases.get(pin))
        ]
        yield _counted(lock, LICENCES, len(wanted), unknown)


def _whole(lock: Lock, gap: Gap, why: str) -> Coverage:
    missing = Missing(subject="facts about releases", gap=gap, why=why)
    return Coverage(
        scope=lock.path, unit=UNIT, expected=1, evaluated=0, missing=(missing,), required=False
    )


def _counted(lock: Lock, unit: str, expected: int, missing: list[Missing]) -> Coverage:
    return Coverage(
        scope=lock.path,
        unit=unit,
        expected=expected,
        evaluated=expected - len(missing),
        missing=tuple(missing),
        required=False,
    )


def _is_known(release: Release | None) -> bool:
    return release is not None and ways(release.licence) is not None


def _why_unknown(release: Release | None) -> str:
    if release is None or not release.licence:
        return "no licence is declared in its metadata"
    return "its licence is not named by an SPDX expression"
