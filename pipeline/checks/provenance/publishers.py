"""Is it the publisher that is expected: by the policy, else by what was seen first?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.advisories.ecosystems import normalise, ordering_of
from pipeline.checks.provenance.rules import found
from pipeline.checks.provenance.seen import Seen
from pipeline.checks.provenance.signers import same
from pipeline.model import Severity, purl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from pipeline.checks.provenance.answers import Answer
    from pipeline.model import Finding, Package, ProvenanceSettings
    from pipeline.registries.release import Pin


def key(pin: Pin) -> str:
    """A package in the record and in the policy: its package URL without version."""
    return purl(pin.ecosystem, pin.name, None)


def expected(settings: ProvenanceSettings) -> dict[str, str]:
    """What the policy expects, by package URL, with names spelled as their ecosystem does."""
    return {_spelled(one.package): one.repository for one in settings.publishers}


def _spelled(package: str) -> str:
    kind, _, name = package.removeprefix("pkg:").partition("/")
    if kind == "pypi":
        return purl("PyPI", normalise("PyPI", name), None)
    return purl("npm", name.replace("%40", "@"), None)


def findings(  # noqa: PLR0913 - the release, the answer, and what that is held against
    pin: Pin,
    packages: Sequence[Package],
    answer: Answer,
    wanted: Mapping[str, str],
    seen: Mapping[str, Seen],
    *,
    required: bool,
) -> Iterator[Finding]:
    """What is wrong with who published a release, or with nobody having attested it."""
    policy, first = wanted.get(key(pin)), seen.get(key(pin))
    if not answer.publishers:
        if required or policy:
            detail = f"{policy} was to have published it" if policy else ""
            yield found("missing", Severity.HIGH, packages, detail)
        elif first and _is_newer(pin, first):
            detail = f"{first.version} was published by {first.publisher}"
            yield found("no-longer-attested", Severity.MEDIUM, packages, detail)
        return
    said = ", ".join(answer.publishers)
    if policy:
        if not all(same(one, policy) for one in answer.publishers):
            detail = f"published by {said}; expected was {policy}"
            yield found("wrong-publisher", Severity.HIGH, packages, detail)
    elif first and not all(same(one, first.publisher) for one in answer.publishers):
        detail = f"published by {said}; {first.version}, seen first, by {first.publisher}"
        yield found("publisher-changed", Severity.MEDIUM, packages, detail)


def first_sight(pin: Pin, answer: Answer, seen: Mapping[str, Seen], today: date) -> dict[str, Seen]:
    """What there is to record: nothing for a known package, or one with two publishers at once.

    Nothing that a registry did not say, either: a hostile repository could bring its own files.
    """
    if key(pin) in seen or answer.given or len(answer.publishers) != 1:
        return {}
    return {key(pin): Seen(publisher=answer.publishers[0], version=pin.version, day=today)}


def _is_newer(pin: Pin, first: Seen) -> bool:
    """Whether a release comes after the one seen first; `False` where that cannot be told."""
    ordering = ordering_of(pin.ecosystem)
    assert ordering is not None
    try:
        return bool(ordering.parse(pin.version) > ordering.parse(first.version))
    except ValueError:
        return False
