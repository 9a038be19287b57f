"""The authorities of the stand-in: who issues certificates, who logs them, who tells the time.

Profiles: https://github.com/sigstore/fulcio/blob/main/docs/certificate-specification.md and, for
the timestamp authority, RFC 3161 section 2.3. Signed certificate timestamps: RFC 6962 section 3.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.kit.sigstore import der

FULCIO = "1.3.6.1.4.1.57264.1"
LIFETIME = timedelta(minutes=10)
_START = datetime(2020, 1, 1, tzinfo=UTC)
_END = datetime(2045, 1, 1, tzinfo=UTC)
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_RAW_BELOW = 8


@dataclass(frozen=True)
class Authority:
    """A key, its certificate, and what is above it up to the root."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        return self.chain[0]


@dataclass(frozen=True)
class CtLog:
    """The certificate transparency log, as far as Fulcio asks it: its signature."""

    key: ec.EllipticCurvePrivateKey

    @property
    def id(self) -> bytes:
        return hashlib.sha256(spki(self.key.public_key())).digest()

    def timestamp(self, tbs: bytes, issuer: x509.Certificate) -> bytes:
        """The extension's value: one signed certificate timestamp in a list."""
        moment = int(datetime.now(UTC).timestamp() * 1000)
        of_issuer = hashlib.sha256(spki(issuer.public_key())).digest()
        entry = of_issuer + len(tbs).to_bytes(3) + tbs
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0"
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        one = struct.pack("!B32sQH", 0, self.id, moment, 0)
        one += b"\x04\x03" + len(signature).to_bytes(2) + signature
        listed = len(one).to_bytes(2) + one
        return der.write(der.OCTETS, len(listed).to_bytes(2) + listed)


def make_issuer() -> Authority:
    """A root and an intermediate that issues certificates for signing code."""
    root_key, root = _root("sigstore")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _ca(_builder("sigstore-intermediate", root.subject, key), key, path_length=0)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
    )
    return Authority(key, (_signed(builder, root_key), root))


def make_clock() -> Authority:
    """A root and the certificate of a timestamp authority."""
    root_key, root = _root("timestamps")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("timestamp authority", root.subject, key)
    builder = builder.add_extension(_usage(signature=True), critical=True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
    )
    return Authority(key, (_signed(_named(builder, key), root_key), root))


def issue(
    authority: Authority,
    log: CtLog,
    key: PublicKeyTypes,
    *,
    subject: str,
    extensions: dict[int, str],
    start: datetime | None = None,
) -> x509.Certificate:
    """A certificate for ten minutes with the extensions given by the last number of their OID."""
    start = (start or datetime.now(UTC)).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.certificate.subject)
        .public_key(key)  # type: ignore[arg-type]  # whatever the request holds
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(_usage(signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)  # type: ignore[arg-type]
        .add_extension(_of_issuer(authority), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject)]), critical=True
        )
    )
    for number, text in sorted(extensions.items()):
        raw = text.encode()
        value = raw if number < _RAW_BELOW else der.write(der.UTF8, raw)
        oid = x509.ObjectIdentifier(f"{FULCIO}.{number}")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    tbs = _signed(builder, authority.key).tbs_certificate_bytes
    timestamps = x509.UnrecognizedExtension(_SCTS, log.timestamp(tbs, authority.certificate))
    return _signed(builder.add_extension(timestamps, critical=False), authority.key)


def spki(key: PublicKeyTypes) -> bytes:
    """A public key as SubjectPublicKeyInfo."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _root(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _ca(_builder(name, _name(name), key), key, path_length=1)
    return key, _signed(builder, key)


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_START)
        .not_valid_after(_END)
    )


def _ca(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, path_length: int
) -> x509.CertificateBuilder:
    limits = x509.BasicConstraints(ca=True, path_length=path_length)
    builder = builder.add_extension(limits, critical=True)
    return _named(builder.add_extension(_usage(signature=False), critical=True), key)


def _named(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    name = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(name, critical=False)


def _of_issuer(authority: Authority) -> x509.AuthorityKeyIdentifier:
    name = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(name.value)


def _usage(*, signature: bool) -> x509.KeyUsage:
    """For signatures over data, or over certificates."""
    return x509.KeyUsage(
        digital_signature=signature,
        key_cert_sign=not signature,
        crl_sign=not signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "a"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256())
