"""What may be wrong with an SBOM, and the findings that say so."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.checks.job import Rule
from pipeline.checks.sbom.heard import packages_in
from pipeline.model import Finding, Kind, Severity
from pipeline.sbom.compare import compare
from pipeline.sbom.complete import SIGNATURE
from pipeline.sbom.document import VERSIONS
from pipeline.sbom.identity import bare, identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.model import Location, Target
    from pipeline.sbom import Json
    from pipeline.sbom.complete import Field
    from pipeline.sbom.merge import Conflict
    from pipeline.sbom.write import Circumstances


MERGED = "repository.cdx.json"
"""The name of the repository's document, below a folder per specification version."""

RULES: Mapping[str, Rule] = {
    "sbom/package-missing": Rule(
        title="A locked package is not in the SBOM",
        why=(
            "Whoever looks for a vulnerable package in the SBOM will not find it, and take the"
            " software for unaffected."
        ),
        fix="Make the SBOM anew from the lock: `supply-chain sbom`.",
    ),
    "sbom/component-surplus": Rule(
        title="The SBOM lists a package that no lock has",
        why=(
            "Either something is in the product that is not locked, or the SBOM speaks of another"
            " state of the software: nobody can rely on it."
        ),
        fix="Make the SBOM anew from the lock, or lock what is really used.",
    ),
    "sbom/hash-conflict": Rule(
        title="One package version is locked with contradicting hashes",
        why=(
            "Two locks take different files for the same version of a package. They may be builds"
            " for different platforms; or one of them was exchanged."
        ),
        fix="Write both locks anew from the same index, and compare what they record.",
    ),
    "sbom/field-missing": Rule(
        title="The SBOM is silent about a minimum element",
        why=(
            "CISA's minimum elements of 2026 accept that something is unknown, but not that it is"
            " passed over."
        ),
        fix="State it, or declare it unknown.",
    ),
}
SILENT = "sbom/field-missing"
"""The rule about minimum elements that a document passes over."""


def differences(document: Json, target: Target, about: Circumstances) -> Iterator[Finding]:
    """What the repository's document and the locks do not have in common."""
    found = compare(document, target, exact=True)
    places = _places(target)
    for package in found.missing:
        purl = identify(package)
        why = "cyclonedx-py left it out" if bare(purl) in about.dropped else "it was left out"
        yield _finding(
            "sbom/package-missing",
            Severity.HIGH,
            purl,
            f"{package.key} is locked, but not in the SBOM",
            detail=f"{why}.",
            locations=places[purl],
        )
    for purl in found.surplus:
        yield surplus(purl, "it is in the merged SBOM")


def surplus(purl: str, why: str) -> Finding:
    """A component that no lock knows."""
    title = f"{purl} is in the SBOM, but in no lock"
    return _finding("sbom/component-surplus", Severity.HIGH, purl, title, detail=f"{why}.")


def conflicting(conflict: Conflict, target: Target) -> Finding:
    """Locks that contradict one another about a package."""
    return _finding(
        "sbom/hash-conflict",
        Severity.MEDIUM,
        conflict.purl,
        f"locks have no {conflict.algorithm} hash of {conflict.purl} in common",
        locations=_places(target)[conflict.purl],
    )


def silent(fields: Iterable[Field]) -> Iterator[Finding]:
    """What the repository's document passes over, as findings."""
    for field in fields:
        if field.missing and field.element != SIGNATURE:
            yield _finding(
                SILENT,
                Severity.LOW,
                f"sbom/{VERSIONS[-1]}/{MERGED}#{field.element}",
                f"{field.element} is neither stated nor declared unknown {field.missing} times",
                detail=f"for example: {', '.join(field.examples)}",
            )


def _finding(  # noqa: PLR0913 - one argument per field of a finding
    rule: str,
    severity: Severity,
    subject: str,
    title: str,
    *,
    detail: str = "",
    locations: Iterable[Location] = (),
) -> Finding:
    return Finding(
        check="sbom",
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title=title,
        subject=subject,
        locations=tuple(locations),
        detail=detail,
        fix=RULES[rule].fix,
    )


def _places(target: Target) -> dict[str, tuple[Location, ...]]:
    found: dict[str, set[Location]] = defaultdict(set)
    for package in packages_in(target):
        found[identify(package)].add(package.location)
    places = {purl: tuple(sorted(locations)) for purl, locations in found.items()}
    return defaultdict(tuple, places)
