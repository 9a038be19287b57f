"""What npm's registry publishes to prove a release: its own signature, and its provenance.

The registry signs "name@version:integrity" with ECDSA on P-256 and SHA-256:
https://docs.npmjs.com/about-registry-signatures. Provenance is a Sigstore bundle whose statement
names the package as a package URL, with its SHA-512.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from pipeline.checks.provenance.signers import NotEvaluatedError, publisher, verified
from pipeline.model import purl
from pipeline.trust.bundle import strict
from pipeline.trust.refused import RefusedError, library
from pipeline.trust.statement import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.registries.release import Pin
    from pipeline.trust.roots import Root

KEYS = {
    "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA": (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0"
        "EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="
    ),
    "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U": (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uu"
        "AKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g=="
    ),
}
"""The public registry's keys, pinned; the first signed until January 2025.

Releases of before keep its signatures, so its end is not held against them.
"""

_PROVENANCE = frozenset({"https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"})


def check_signatures(
    pin: Pin, digest: str, signatures: Iterable[tuple[str, str]], keys: Mapping[str, str]
) -> None:
    """Hold every signature against the lock's SHA-512 in hexadecimal; raises `RefusedError`.

    Raises `NotEvaluatedError` where there is none by a key that is known.
    """
    with library():
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - start-up stays light
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    known = [(key, signature) for name, signature in signatures if (key := keys.get(name))]
    if not known:
        raise NotEvaluatedError("the registry has no signature by a key that is known")
    integrity = f"sha512-{base64.b64encode(bytes.fromhex(digest)).decode()}"
    message = f"{pin.name}@{pin.version}:{integrity}".encode()
    for key, signature in known:
        try:
            _key(key).verify(base64.b64decode(signature), message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error):
            raise RefusedError(
                "signature", "the registry's signature is for another file", where=pin.name
            ) from None


def _key(text: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        key = serialization.load_der_public_key(base64.b64decode(text))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotEvaluatedError("the registry's key cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise NotEvaluatedError("the registry's key is of another kind")
    return key


def publishers(content: str, pin: Pin, digest: str, root: Root) -> frozenset[str]:
    """Who published the release with this SHA-512 in hexadecimal, by all its provenance.

    Empty: there is none. Raises `RefusedError` where one does not hold, and `NotEvaluatedError`
    for what is not understood.
    """
    document = strict(content.encode(), pin.name)
    listed = document.get("attestations") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise NotEvaluatedError("the registry's attestations are not what they promise to be")
    return frozenset(
        _publisher(item.get("bundle"), pin, digest, root)
        for item in listed
        if isinstance(item, dict) and item.get("predicateType") in _PROVENANCE
    )


def _publisher(bundle: Any, pin: Pin, digest: str, root: Root) -> str:
    proven = verified(json.dumps(bundle).encode(), pin.name, root)
    statement = parse(proven.payload_type, proven.payload, pin.name)
    if statement.predicate_type not in _PROVENANCE:
        raise RefusedError("predicate type", "its statement is no provenance", where=pin.name)
    if (purl("npm", pin.name, pin.version), f"sha512:{digest}") not in statement.subjects:
        raise RefusedError("subject", "it is about another package or file", where=pin.name)
    return publisher(proven.holder)
