"""One answer for each locked release: who published it, nobody says, or why it is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.provenance import npm, pep740
from pipeline.checks.provenance.rules import found
from pipeline.checks.provenance.signers import NotEvaluatedError
from pipeline.model import Finding, Gap, Severity
from pipeline.registries import pypi
from pipeline.registries.attested import NEEDED, SUFFIX
from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.checks.job import Options
    from pipeline.model import Package
    from pipeline.registries.attested import Attested
    from pipeline.registries.release import Pin
    from pipeline.trust.roots import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is known of one release.

    `publishers` is empty where nobody attests it. With a `gap` that is not known, and `why` says
    why. `signed`: the registry's own signature holds. `given`: files that somebody gave say so, and
    not the registry: anybody can attest a file of any name, but only its project can publish it.
    """

    publishers: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    signed: bool = False
    given: bool = False
    gap: Gap | None = None
    why: str = ""


def answer(pin: Pin, packages: Sequence[Package], options: Options, root: Root) -> Answer:
    """The answer for one release; `packages` are its entries in the locks."""
    prefix = NEEDED[pin.ecosystem] + ":"
    hashes = {one for package in packages for one in package.hashes if one.startswith(prefix)}
    digests = frozenset(one.removeprefix(prefix) for one in hashes)
    attested = options.attested.get(pin)
    given = _given(pin, options.provenance_files)
    if not digests:
        why = f"the lock has no {NEEDED[pin.ecosystem]} of it, which attestations are about"
        return Answer(gap=Gap.INPUT_MISSING, why=why)
    if not given and (gap := _gap(attested, options)):
        return gap
    if options.tool is None and (given or _needs_proving(attested)):
        return Answer(
            gap=Gap.TOOL_MISSING, why="pypi-attestations, which verifies them, is not installed"
        )
    try:
        if pin.ecosystem == pypi.ECOSYSTEM:
            found = _python(packages, digests, attested, given, root)
            # Files that prove nothing of what is locked do not say that there is no attestation.
            silent = not found.publishers and not found.findings
            return (_gap(attested, options) if silent else None) or found
        assert attested is not None
        return _npm(pin, packages, digests, attested, root)
    except NotEvaluatedError as error:
        return Answer(gap=Gap.UNSUPPORTED_INPUT, why=str(error))


def _gap(attested: Attested | None, options: Options) -> Answer | None:
    if attested is None and options.offline:
        return Answer(gap=Gap.NETWORK_OFF, why="no registry was asked: offline")
    if attested is None:
        return Answer(gap=Gap.DATA_MISSING, why="the registry was not asked")
    return Answer(gap=attested.gap, why=attested.why) if attested.gap else None


def _needs_proving(attested: Attested | None) -> bool:
    return attested is not None and bool(
        attested.signatures or any(file.attestations for file in attested.files)
    )


def _given(pin: Pin, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The provenance files for a release, by the name of the distribution that each is for."""
    if pin.ecosystem != pypi.ECOSYSTEM:
        return {}
    wanted = (pin.name, pypi.normalised(pin.version))
    return {
        name.removesuffix(SUFFIX): content
        for name, content in files.items()
        if pep740.release_of(name.removesuffix(SUFFIX)) == wanted
    }


def _python(
    packages: Sequence[Package],
    digests: frozenset[str],
    attested: Attested | None,
    given: Mapping[str, bytes],
    root: Root,
) -> Answer:
    publishers: set[str] = set()
    for name, digest, content in _files(digests, attested, given):
        try:
            publishers |= _publishers(name, digest, content, digests, root)
        except RefusedError as error:
            detail = f"{name}: {error}"
            return Answer(findings=(found("invalid", Severity.HIGH, packages, detail),))
    return Answer(publishers=tuple(sorted(publishers)), given=bool(given))


def _publishers(
    name: str, digest: str, content: str | bytes, digests: frozenset[str], root: Root
) -> frozenset[str]:
    """Who published a file; raises `RefusedError` for attestations that are of another.

    One that was given, and not found by the file's digest, may be of a file that is not locked.
    """
    found = pep740.attesters(content, name, root)
    if digest and any(one.digest != digest for one in found):
        raise RefusedError("subject", "it is about another file", where=name)
    return frozenset(one.publisher for one in found if one.digest in digests)


def _files(
    digests: frozenset[str], attested: Attested | None, given: Mapping[str, bytes]
) -> Iterator[tuple[str, str, str | bytes]]:
    """Files with a provenance object: name, digest if the index tells it, and the object."""
    for file in attested.files if attested else ():
        digest = file.digest.removeprefix("sha256:")
        if file.attestations and digest in digests:
            yield file.name, digest, file.attestations
    for name, content in given.items():
        yield name, "", content


def _npm(
    pin: Pin, packages: Sequence[Package], digests: frozenset[str], attested: Attested, root: Root
) -> Answer:
    (file,) = attested.files
    digest = file.digest.removeprefix("sha512:")
    if digest not in digests:
        detail = f"the registry's has the {file.digest[:23]}…"
        return Answer(findings=(found("other-file", Severity.HIGH, packages, detail),))
    rule = "invalid-signature"
    try:
        keys = dict(attested.keys) or npm.KEYS
        npm.check_signatures(pin, digest, attested.signatures, keys)
        rule = "invalid"
        publishers = (
            npm.publishers(file.attestations, pin, digest, root)
            if file.attestations
            else frozenset[str]()
        )
    except RefusedError as error:
        return Answer(findings=(found(rule, Severity.HIGH, packages, str(error)),))
    return Answer(publishers=tuple(sorted(publishers)), signed=True)
