"""Bundles in a file, whoever wrote it: one bundle, one per line, or attestations of PEP 740.

An index serves the attestations of a release as one provenance file; `pypi-attestations` turns
each into a Sigstore bundle, and what it proves is then for `verify`. The publisher that the file
names is the index's word: what counts is the certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.trust.bundle import read, strict
from pipeline.trust.refused import RefusedError, library

if TYPE_CHECKING:
    from pipeline.trust.bundle import Bundle


def bundles_in(content: bytes, where: str) -> list[Bundle]:
    """Every bundle in `content`; raises `RefusedError` when one of them is none."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines):
        return [read(line, f"{where}:{number}") for number, line in enumerate(lines, 1)]
    document = strict(content, where)
    if isinstance(document, dict) and "attestation_bundles" in document:
        return _published(document, where)
    if isinstance(document, dict) and {"verification_material", "envelope"} <= document.keys():
        return [_converted(document, where)]
    return [read(content, where)]


def _published(document: dict[str, Any], where: str) -> list[Bundle]:
    groups = document["attestation_bundles"]
    attestations = [
        item
        for group in (groups if isinstance(groups, list) else ())
        for item in (group.get("attestations") or () if isinstance(group, dict) else ())
    ]
    if not attestations:
        raise RefusedError("media type", "it holds no attestation", where=where)
    return [_converted(item, f"{where}:{number}") for number, item in enumerate(attestations, 1)]


def _converted(document: Any, where: str) -> Bundle:
    """A PEP 740 attestation as a bundle; raises `RefusedError`."""
    with library():
        from pydantic import ValidationError  # noqa: PLC0415 - start-up stays light
        from pypi_attestations import Attestation, AttestationError  # noqa: PLC0415
    try:
        attestation = Attestation.model_validate(document)
        if len(attestation.verification_material.transparency_entries) != 1:
            raise RefusedError("transparency log", "it needs exactly one entry", where=where)
        made = attestation.to_bundle().to_json()
    except (AttestationError, ValidationError, ValueError) as error:
        raise RefusedError("media type", f"it is no attestation: {error}", where=where) from error
    return read(made.encode(), where)
