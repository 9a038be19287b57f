"""RFC 3161 timestamps: a query in DER, a signed answer in DER (RFC 5652, RFC 5816)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import Certificate

from tests.kit.sigstore import der
from tests.kit.sigstore.certificates import Authority

_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_SHA256_NULL = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.write(der.NULL))
_ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = der.oid("1.2.840.113549.1.9.5")
_SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
_POLICY = der.oid("1.3.6.1.4.1.57264.2")
_EXPLICIT_0 = 0xA0


def stamp(query: bytes, authority: Authority, *, moment: datetime | None = None) -> bytes:
    """The answer to a query; `ValueError` for one that makes no sense."""
    (whole,) = der.read(query)
    _, imprint, *options = der.read(whole.content)
    if not imprint.content.startswith((_SHA256, _SHA256_NULL)):
        raise ValueError("only SHA-256 is understood")
    nonces = [value.whole for value in options if value.tag == der.INTEGER]
    asked = any(value.tag == der.BOOLEAN and value.content != b"\0" for value in options)
    time = moment or datetime.now(UTC)
    info = der.sequence(
        der.integer(1),
        _POLICY,
        imprint.whole,
        der.integer(secrets.randbits(63)),
        der.write(der.TIME, time.strftime("%Y%m%d%H%M%SZ").encode()),
        der.sequence(der.integer(1)),
        *nonces,
    )
    status = der.sequence(der.integer(0))
    return der.sequence(status, _signed(info, authority, time, with_certificate=asked))


def _signed(info: bytes, authority: Authority, time: datetime, *, with_certificate: bool) -> bytes:
    """CMS SignedData with one signer."""
    certificate = authority.certificate
    raw = certificate.public_bytes(serialization.Encoding.DER)
    ess = der.sequence(
        der.sequence(der.sequence(der.write(der.OCTETS, hashlib.sha256(raw).digest())))
    )
    attributes = sorted(
        [
            _attribute(_CONTENT_TYPE, _TST_INFO),
            _attribute(
                _SIGNING_TIME, der.write(der.UTC_TIME, time.strftime("%y%m%d%H%M%SZ").encode())
            ),
            _attribute(_MESSAGE_DIGEST, der.write(der.OCTETS, hashlib.sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE_V2, ess),
        ]
    )
    # The attributes are signed as the SET that they are, and stored under a tag of their own.
    signature = authority.key.sign(der.members(*attributes), ec.ECDSA(hashes.SHA256()))
    signer = der.sequence(
        der.integer(1),
        der.sequence(_issuer(certificate), der.integer(certificate.serial_number)),
        _SHA256,
        der.write(_EXPLICIT_0, *attributes),
        _ECDSA_SHA256,
        der.write(der.OCTETS, signature),
    )
    content = der.sequence(_TST_INFO, der.write(_EXPLICIT_0, der.write(der.OCTETS, info)))
    data = der.sequence(
        der.integer(3),
        der.members(_SHA256),
        content,
        *([der.write(_EXPLICIT_0, raw)] if with_certificate else []),
        der.members(signer),
    )
    return der.sequence(_SIGNED_DATA, der.write(_EXPLICIT_0, data))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.members(value))


def _issuer(certificate: Certificate) -> bytes:
    return certificate.issuer.public_bytes()
