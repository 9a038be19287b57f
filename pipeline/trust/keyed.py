"""A bundle that a plain public key verifies: no certificate, no identity, and no proven time.

The hint names the key by the base64 of the SHA-256 of its DER form, as cosign writes it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.trust.refused import RefusedError, library
from pipeline.trust.verify import Verified, check_kind, signed_by

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from pipeline.trust.bundle import Bundle

_FIX = "name the public half of an ECDSA key on P-256, in PEM"


def load(path: Path) -> EllipticCurvePublicKey:
    """A public key from a PEM file; raises `UsageError` for any other than P-256."""
    with library():
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            load_pem_public_key,
        )
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"is no public key: {error.args[-1]}", where=str(path), fix=_FIX
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError("is a key of another kind", where=str(path), fix=_FIX)
    return key


def hint(key: EllipticCurvePublicKey) -> str:
    """The name of a key in a bundle."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - start-up
        Encoding,
        PublicFormat,
    )

    form = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(form).digest()).decode()


def verify_keyed(bundle: Bundle, key: EllipticCurvePublicKey, *, digest: str = "") -> Verified:
    """Check a bundle against a key; `digest` is the SHA-256 of the signed file, in hexadecimal.

    Entries of transparency logs are not accepted: nothing here could check them. Raises
    `RefusedError`, whose `step` names what did not hold.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - start-up stays light
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    where = bundle.where
    if not bundle.by_key:
        raise RefusedError("key", "a certificate signed, no plain key", where=where)
    check_kind(bundle, digest)
    named = bundle.material["publicKey"]
    if not isinstance(named, dict) or named.get("hint") != hint(key):
        raise RefusedError("key", "another key signed", where=where)
    with library():
        from sigstore_models.bundle.v1 import Bundle as Model  # noqa: PLC0415 - start-up
    try:
        Model.from_json(bundle.content)
    except ValueError as error:
        raise RefusedError("media type", f"it is no bundle: {error}", where=where) from error
    if bundle.entries or bundle.material.get("timestampVerificationData"):
        raise RefusedError("transparency log", "a bundle with a key has none here", where=where)
    try:
        if bundle.envelope is not None:
            key.verify(*signed_by(bundle), ec.ECDSA(hashes.SHA256()))
        else:
            signature = base64.b64decode(bundle.document["messageSignature"]["signature"])
            algorithm = utils.Prehashed(hashes.SHA256())
            key.verify(signature, bytes.fromhex(digest), ec.ECDSA(algorithm))
    except (InvalidSignature, LookupError, TypeError, AttributeError):
        raise RefusedError("signature", "it does not fit to what it signs", where=where) from None
    if bundle.envelope is None:
        return Verified(holder=None)
    kind = str(bundle.envelope.get("payloadType", ""))
    return Verified(holder=None, payload_type=kind, payload=bundle.payload)
