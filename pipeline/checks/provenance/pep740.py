"""Attestations of files on the Python package index: PEP 740, verified with `pypi-attestations`.

The index declares who published a file; the certificate has to say the same. Nothing is asked of
the network: the trusted root is ours, and the file's digest is the lock's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.checks.provenance.signers import NotEvaluatedError, publisher, verified
from pipeline.trust.refused import RefusedError, library
from pipeline.trust.statement import parse

if TYPE_CHECKING:
    from pypi_attestations import Attestation, Provenance

    from pipeline.trust.roots import Root

_KINDS = frozenset(
    {"https://docs.pypi.org/attestations/publish/v1", "https://slsa.dev/provenance/v1"}
)
"""The statements that the index accepts."""


class Attester(NamedTuple):
    """Who published a file, and the SHA-256 in hexadecimal that this was said of."""

    digest: str
    publisher: str


def attesters(content: bytes | str, name: str, root: Root) -> frozenset[Attester]:
    """Who attests the file `name`, and to which content; empty: nobody does.

    Raises `RefusedError` where an attestation does not hold, and `NotEvaluatedError` for a
    provenance object that is none, or has kinds that are not understood.
    """
    found = set()
    for bundle in _parsed(content).attestation_bundles:
        policy = bundle.publisher._as_policy()  # noqa: SLF001 - no public way to our own root
        for attestation in bundle.attestations:
            found.add(_attester(attestation, policy, name, root))
    return frozenset(found)


def _parsed(content: bytes | str) -> Provenance:
    with library():
        from pydantic import ValidationError  # noqa: PLC0415
        from pypi_attestations import Provenance  # noqa: PLC0415 - start-up stays light
    try:
        return Provenance.model_validate_json(content)
    except ValidationError as error:
        what = f"its provenance object is not understood: {error.error_count()} faults"
        raise NotEvaluatedError(what) from error


def _attester(attestation: Attestation, policy: Any, name: str, root: Root) -> Attester:
    try:
        bundle = attestation.to_bundle()
    # What an index sends can break the library in any way; every one of them is a refusal.
    except Exception as error:
        what = str(error) or type(error).__name__
        raise RefusedError("media type", what, where=name) from error
    proven = verified(bundle.to_json().encode(), name, root)
    try:
        policy.verify(bundle.signing_certificate)
    # It raises for a claim that differs, and in its own way for one that is absent.
    except Exception as error:
        what = f"the index declares another publisher: {error}"
        raise RefusedError("identity", what, where=name) from error
    statement = parse(proven.payload_type, proven.payload, name, old=False)
    if len(statement.subjects) != 1:
        raise RefusedError("subject", "an attestation is about one file", where=name)
    ((subject, digest),) = statement.subjects
    if not _same_name(subject, name):
        raise RefusedError("subject", f"it is about {subject}", where=name)
    if statement.predicate_type not in _KINDS:
        raise NotEvaluatedError(f"a statement of the kind {statement.predicate_type} is unknown")
    return Attester(digest, publisher(proven.holder))


def _same_name(one: str, other: str) -> bool:
    """Whether two file names stand for one distribution; the index compares them so, too."""
    return _identity(one) == _identity(other)


def _identity(name: str) -> object:
    from packaging.utils import (  # noqa: PLC0415 - start-up stays light
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        return parse_wheel_filename(name) if name.endswith(".whl") else parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return name


def release_of(name: str) -> tuple[str, str] | None:
    """The normalised project and version in a distribution's file name; `None` for another file."""
    found = _identity(name)
    return (str(found[0]), str(found[1])) if isinstance(found, tuple) else None
