"""Log entries of the older kind "intoto", which the provenance of many npm packages has.

The library refuses such a bundle for its kind alone. Whatever it checks of an entry of the kind
"dsse" holds here, too: certificate, times, inclusion, the log's promise. None of that depends on
the name of the kind, which nothing signs. What the kind is there for is checked here: that the
entry is about this very envelope. Format:
https://github.com/sigstore/rekor/blob/main/pkg/types/intoto/v0.0.2/intoto_v0_0_2_schema.json.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from pipeline.trust.bundle import strict

if TYPE_CHECKING:
    from sigstore.models import Bundle as Parsed
    from sigstore.verify import Verifier
    from sigstore.verify.policy import VerificationPolicy

KIND, VERSION = "intoto", "0.0.2"


def is_older(parsed: Parsed) -> bool:
    """Whether a bundle's entry says that it is of this kind."""
    kind = parsed.log_entry._inner.kind_version  # noqa: SLF001 - as the library itself looks at it
    return (kind.kind, kind.version) == (KIND, VERSION)


def verify_older(
    verifier: Verifier, parsed: Parsed, policy: VerificationPolicy
) -> tuple[str, bytes]:
    """The library's `verify_dsse` for such a bundle; the signature has been checked before.

    Raises the library's `VerificationError`.
    """
    kind = parsed.log_entry._inner.kind_version  # noqa: SLF001 - as above
    kind.kind, kind.version = "dsse", "0.0.1"
    try:
        verifier._verify_common_signing_cert(parsed, policy)  # noqa: SLF001 - all but the kind
    finally:
        kind.kind, kind.version = KIND, VERSION
    return envelope_of(parsed)


def envelope_of(parsed: Parsed) -> tuple[str, bytes]:
    """The payload and its type; raises the library's `VerificationError` for another's entry."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - loaded by now
        Encoding,
    )
    from sigstore.errors import VerificationError  # noqa: PLC0415

    envelope = parsed._dsse_envelope  # noqa: SLF001 - as the library itself looks at it
    assert envelope is not None
    inner = envelope._inner  # noqa: SLF001
    certificate = parsed.signing_certificate.public_bytes(Encoding.PEM)
    wanted = {
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "payloadType": inner.payload_type,
        "payloadHash": {
            "algorithm": "sha256",
            "value": hashlib.sha256(inner.payload).hexdigest(),
        },
        # The log has the signature's base64 as bytes, and those in base64 again.
        "signatures": [
            {
                "publicKey": b"".join(certificate.split()),
                "sig": base64.b64encode(base64.b64encode(one.sig)).decode(),
            }
            for one in inner.signatures
        ],
    }
    body = strict(parsed.log_entry._inner.canonicalized_body, "the log's entry")  # noqa: SLF001
    if _said(body) != wanted:
        raise VerificationError("log entry is about another envelope")
    return inner.payload_type, inner.payload


def _said(body: Any) -> dict[str, Any]:
    """The same of the log's entry; whatever is absent is `None`."""
    content = _in(body, "spec", "content")
    signatures = _in(content, "envelope", "signatures")
    return {
        "apiVersion": _in(body, "apiVersion"),
        "kind": _in(body, "kind"),
        "payloadType": _in(content, "envelope", "payloadType"),
        "payloadHash": _in(content, "payloadHash"),
        "signatures": [
            {"publicKey": _pem(_in(one, "publicKey")), "sig": _in(one, "sig")}
            for one in (signatures if isinstance(signatures, list) else ())
        ],
    }


def _pem(text: Any) -> bytes | None:
    """PEM in base64, without white space: where its lines end is up to whoever wrote it."""
    try:
        return b"".join(base64.b64decode(text, validate=True).split())
    except (TypeError, ValueError):
        return None


def _in(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
