"""What a certificate says of its holder: one identity, one issuer, and a job's claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.trust.certificate import Holder, holder
from pipeline.trust.refused import RefusedError

KEY = ec.generate_private_key(ec.SECP256R1())
URI = x509.UniformResourceIdentifier("https://github.com/acme/shop/.github/workflows/a.yml@main")
MAIL = x509.RFC822Name("a@example.org")
ISSUER = "https://issuer.example.org"


def utf8(text: str) -> bytes:
    return bytes([0x0C, len(text)]) + text.encode()


def other(oid: str = "1.3.6.1.4.1.57264.1.7") -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(oid), utf8("somebody"))


def certificate(
    names: Sequence[x509.GeneralName] | None, claims: dict[int, bytes]
) -> x509.Certificate:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(minutes=10))
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for number, value in claims.items():
        oid = x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    return builder.sign(KEY, hashes.SHA256())


@pytest.mark.parametrize(
    ("name", "identity"),
    [(URI, URI.value), (MAIL, "a@example.org"), (other(), "somebody")],
)
def test_an_identity_has_three_forms(name: x509.GeneralName, identity: str) -> None:
    found = holder(certificate([name], {1: ISSUER.encode()}))
    assert found == Holder(identity=identity, issuer=ISSUER)


def test_the_claims_of_a_job() -> None:
    claims = {1: ISSUER.encode(), 8: utf8(ISSUER), 13: utf8("c" * 40), 21: utf8("run"), 99: b"x"}
    found = holder(certificate([URI], claims))
    assert (found.issuer, found.commit, found.run, found.ref) == (ISSUER, "c" * 40, "run", "")


@pytest.mark.parametrize(
    ("names", "claims", "words"),
    [
        (None, {8: utf8(ISSUER)}, "names nobody"),
        ([MAIL, URI], {8: utf8(ISSUER)}, "exactly one identity"),
        ([URI, x509.DNSName("a")], {8: utf8(ISSUER)}, "exactly one identity"),
        ([x509.DNSName("a")], {8: utf8(ISSUER)}, "exactly one identity"),
        ([other("1.2.3")], {8: utf8(ISSUER)}, "exactly one identity"),
        ([URI], {}, "one issuer"),
        ([URI], {1: b"a", 8: utf8(ISSUER)}, "one issuer"),
        ([URI], {8: b"raw"}, "no text"),
        ([URI], {8: utf8(ISSUER) + b"x"}, "no text"),
    ],
)
def test_a_certificate_that_is_not_clear_is_refused(
    names: list[x509.GeneralName] | None, claims: dict[int, bytes], words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as error:
        holder(certificate(names, claims), "a")
    assert (error.value.step, error.value.where) == ("certificate", "a")
