"""Timestamps of a bundle: every one has to hold, and to be written in the one way it can be.

RFC 3161 wraps a timestamp into CMS (RFC 5652). The library verifies the signature but skips the
few fields around it that the signature does not cover; here they may only say what follows from
the others. So no byte of a timestamp can change unseen.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigstore.models import Bundle as Parsed
    from sigstore.models import TrustedRoot

    from pipeline.trust.bundle import Bundle

_SEQUENCE, _SET, _OCTETS, _OID, _INTEGER = 0x30, 0x31, 0x04, 0x06, 0x02
_FIRST = 0xA0
"""Tags of DER: universal ones, and the first that depends on its context."""

_LONG = 0x80
_NULL = 0x05
_VERSIONS = (b"\x01", b"\x03")
"""Of a signer that is named by its certificate's issuer, or by its key."""

_ALGORITHMS = {
    "608648016503040201": ("2a8648ce3d040302", "2a864886f70d01010b"),
    "608648016503040202": ("2a8648ce3d040303", "2a864886f70d01010c"),
    "608648016503040203": ("2a8648ce3d040304", "2a864886f70d01010d"),
}
"""SHA-2 with 256, 384 and 512 bits, each with its signatures by ECDSA and RSA (object ids)."""

_ANY = ("2a864886f70d010101", "2b6570")
"""RSA and Ed25519, which name no digest."""


def check_timestamps(bundle: Bundle, parsed: Parsed, root: TrustedRoot) -> None:
    """Raise `RefusedError` unless every timestamp of a bundle is from a trusted authority."""
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415 - start-up

    data = parsed.verification_material.timestamp_verification_data
    responses = data.rfc3161_timestamps if data else []
    verifiers = []
    for authority in root.get_timestamp_authorities():
        leaf, *rest = authority.certificates(allow_expired=True)
        builder = VerifierBuilder().tsa_certificate(leaf).add_root_certificate((rest or [leaf])[-1])
        for middle in rest[:-1]:
            builder = builder.add_intermediate_certificate(middle)
        verifiers.append(builder.build())
    for response in responses:
        for verifier in verifiers:
            try:
                verifier.verify_message(response, parsed.signature)
                break
            except VerificationError:
                continue
        else:
            raise RefusedError("timestamp", "no trusted authority gave it", where=bundle.where)
    for raw in raw_timestamps(bundle):
        if not is_plain(raw):
            raise RefusedError("timestamp", "it is written in another way", where=bundle.where)


def raw_timestamps(bundle: Bundle) -> Iterator[bytes]:
    """The responses of timestamp authorities, in DER."""
    data = bundle.material.get("timestampVerificationData") or {}
    for item in data.get("rfc3161Timestamps") or ():
        yield base64.b64decode(item["signedTimestamp"])


def is_plain(response: bytes) -> bool:
    """Whether the fields that nothing signs say only what the signed ones say."""
    try:
        (whole,) = _items(response)
        _, content = _items(_only(whole, _SEQUENCE))
        _, wrapped = _items(_only(content, _SEQUENCE))
        (signed,) = _items(_only(wrapped, _FIRST))
        *_, signers = _items(_only(signed, _SEQUENCE))
        (signer,) = _items(_only(signers, _SET))
        version, issuer, digest, attributes, algorithm, signature = _items(_only(signer, _SEQUENCE))
        (hashed, *_) = _items(_only(digest, _SEQUENCE))
        (made, *rest) = _items(_only(algorithm, _SEQUENCE))
    except ValueError:
        return False
    named_by_key = issuer[0] == _FIRST
    if version != (_INTEGER, _VERSIONS[named_by_key]) or any(tag != _NULL for tag, _ in rest):
        return False
    if attributes[0] != _FIRST or signature[0] != _OCTETS or made[0] != _OID:
        return False
    return made[1].hex() in (*_ALGORITHMS.get(hashed[1].hex(), ()), *_ANY)


def _only(item: tuple[int, bytes], tag: int) -> bytes:
    if item[0] != tag:
        raise ValueError("another tag")
    return item[1]


def _items(content: bytes) -> list[tuple[int, bytes]]:
    """Tag and value of each item in DER; raises `ValueError` for what is none."""
    found = []
    at = 0
    while at < len(content):
        if at + 2 > len(content):
            raise ValueError("half an item")
        tag, length = content[at], content[at + 1]
        at += 2
        if length >= _LONG:
            width = length - _LONG
            length = int.from_bytes(content[at : at + width], "big")
            at += width
        if at + length > len(content):
            raise ValueError("half an item")
        found.append((tag, content[at : at + length]))
        at += length
    return found
