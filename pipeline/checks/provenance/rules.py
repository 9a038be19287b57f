"""The rules of the provenance check, each with its reason, and the findings they become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule
from pipeline.model import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.model import Package, Severity

CHECK = "provenance"

RULES: Mapping[str, Rule] = {
    "provenance/invalid": Rule(
        title="An attestation of a locked release does not hold",
        why=(
            "The registry offers a proof for the very file that is locked, and it is false:"
            " the file, the proof or the registry was changed."
        ),
        fix="Do not install it. Compare the file with its project's own release, and tell both.",
    ),
    "provenance/invalid-signature": Rule(
        title="The registry's signature of a locked package does not hold",
        why=(
            "npm signs name, version and hash of each release. This signature is not for the hash"
            " in the lock: the package, the lock or the answer was changed."
        ),
        fix="Do not install it. Lock again from the registry itself and compare.",
    ),
    "provenance/other-file": Rule(
        title="The registry's file is another than the locked one",
        why="Under one name and version there are two files; only one of them was reviewed.",
        fix="Find out which one is right, from its project's own release; then lock again.",
    ),
    "provenance/wrong-publisher": Rule(
        title="A package was not published by whom the policy expects",
        why=(
            "The attestation holds, but it is somebody else's: a package that was taken over looks"
            " exactly like that."
        ),
        fix="Do not install it unless the project moved; then correct `provenance.publishers`.",
    ),
    "provenance/publisher-changed": Rule(
        title="A package has another publisher than when it was first seen",
        why=(
            "Projects move rarely. A release that was built elsewhere may be the work of somebody"
            " who has taken the project's name, not its code."
        ),
        fix=(
            "See whether the project announced the move; then name the publisher under"
            " `provenance.publishers` of the policy."
        ),
    ),
    "provenance/no-longer-attested": Rule(
        title="A package was attested before, and this newer release is not",
        why=(
            "Whoever stole a token can publish, but not from the project's own workflow: a release"
            " without the attestation that all others had is how that looks."
        ),
        fix="See whether the project changed how it publishes; until then, keep the older release.",
    ),
    "provenance/missing": Rule(
        title="A locked release has no attestation, and the policy requires one",
        why="Nothing connects the file to any source: it can have been built from anything.",
        fix="Ask the project to publish with attestations, choose another, or waive it for a time.",
    ),
}


def found(
    rule: str, severity: Severity, packages: Iterable[Package], detail: str, *, fix: str = ""
) -> Finding:
    """A finding of `provenance/<rule>` in one release, at each of its places."""
    entry = RULES[f"{CHECK}/{rule}"]
    listed = list(packages)
    places = {one.location for one in listed}
    return Finding(
        check=CHECK,
        rule=f"{CHECK}/{rule}",
        kind=Kind.RULE,
        severity=severity,
        title=entry.title,
        subject=listed[0].purl,
        locations=tuple(sorted(places, key=lambda place: (place.path, place.line or 0))),
        detail=detail,
        fix=fix or entry.fix,
    )
