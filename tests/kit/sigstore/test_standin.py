"""The stand-in convinces the real client, and refuses what the real services refuse."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from sigstore._internal.fulcio.client import FulcioClientError
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.dsse import DigestSet, Statement, StatementBuilder, Subject
from sigstore.errors import VerificationError
from sigstore.models import Bundle, ClientTrustConfig, TransparencyLogEntry
from sigstore.oidc import IdentityToken, detect_credential
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity, OIDCSourceRepositoryURI
from sigstore_models.rekor.v1 import TransparencyLogEntry as _Entry

from tests.kit.sigstore import clock, der
from tests.kit.sigstore.certificates import make_clock
from tests.kit.sigstore.log import Log
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import StandIn, serving_sigstore

_KIND = {"kind": "hashedrekord", "version": "0.0.2"}


def _config(stack: Sigstore) -> ClientTrustConfig:
    return ClientTrustConfig.from_json(json.dumps(stack.trust_config()))


def _signer(stack: Sigstore, token: str | None = None) -> Signer:
    context = SigningContext.from_trust_config(_config(stack))
    return Signer(IdentityToken(token or stack.token()), context)


def _statement() -> Statement:
    subject = Subject(name="a", digest=DigestSet(root={"sha256": "0" * 64}))
    return StatementBuilder([subject], "https://slsa.dev/provenance/v1", {}).build()


def _verifier(stack: Sigstore) -> Verifier:
    return Verifier(trusted_root=_config(stack).trusted_root)


@pytest.fixture(scope="module")
def bundle(sigstore_stack: Sigstore) -> Bundle:
    return Bundle.from_json(_signer(sigstore_stack).sign_artifact(b"x").to_json())


def test_a_signed_file_verifies(sigstore_stack: Sigstore, bundle: Bundle) -> None:
    policy = Identity(identity=sigstore_stack.identity, issuer=sigstore_stack.issuer.url)
    _verifier(sigstore_stack).verify_artifact(b"x", bundle, policy)
    with pytest.raises(VerificationError):
        _verifier(sigstore_stack).verify_artifact(b"y", bundle, policy)


def test_many_statements_verify(sigstore_stack: Sigstore) -> None:
    """So many that the log's tree has every shape."""
    signer = _signer(sigstore_stack)
    for _ in range(20):
        bundle = Bundle.from_json(signer.sign_dsse(_statement()).to_json())
        kind, payload = _verifier(sigstore_stack).verify_dsse(
            bundle, OIDCSourceRepositoryURI("https://github.com/acme/shop")
        )
        assert kind == "application/vnd.in-toto+json"
        assert json.loads(payload)["predicateType"] == "https://slsa.dev/provenance/v1"


def test_another_stand_in_is_not_trusted(sigstore_stack: Sigstore, bundle: Bundle) -> None:
    policy = Identity(identity=sigstore_stack.identity, issuer=sigstore_stack.issuer.url)
    with serving_sigstore() as other, pytest.raises(VerificationError):
        _verifier(other).verify_artifact(b"x", bundle, policy)


def test_the_identity_is_that_of_the_token(sigstore_stack: Sigstore) -> None:
    token = sigstore_stack.token(repository="evil/shop", job_workflow_ref="evil/shop/x.yml@a")
    bundle = _signer(sigstore_stack, token).sign_artifact(b"x")
    _verifier(sigstore_stack).verify_artifact(
        b"x", bundle, Identity(identity="https://github.com/evil/shop/x.yml@a")
    )


def test_the_ambient_token_is_found(
    sigstore_stack: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sigstore_stack.ambient().items():
        monkeypatch.setenv(name, value)
    token = detect_credential()
    assert token
    assert IdentityToken(token).issuer == sigstore_stack.issuer.url


def test_a_foreign_or_old_token_gets_no_certificate(sigstore_stack: Sigstore) -> None:
    with serving_sigstore() as other, pytest.raises(FulcioClientError):
        _signer(sigstore_stack, other.token())
    old = sigstore_stack.issuer.token(lifetime=-3)
    _, _, signature = sigstore_stack.token().rpartition(".")
    for token in (old, f"{sigstore_stack.token().rpartition('.')[0]}.{signature[::-1]}"):
        assert _ask(sigstore_stack, token) == 400


def _ask(stack: Sigstore, token: str) -> int:
    request = urllib.request.Request(
        f"{stack.fulcio}/api/v2/signingCert",
        data=b"{}",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_token_endpoint_wants_its_secret(sigstore_stack: Sigstore) -> None:
    url = sigstore_stack.ambient()["ACTIONS_ID_TOKEN_REQUEST_URL"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    caught.value.close()
    assert caught.value.code == 401


def test_an_entry_needs_its_signature(sigstore_stack: Sigstore, bundle: Bundle) -> None:
    body = json.loads(bundle.to_json())
    signature, material = body["messageSignature"], body["verificationMaterial"]
    entry = {
        "digest": signature["messageDigest"]["digest"],
        "signature": {
            "content": signature["signature"],
            "verifier": {
                "x509Certificate": material["certificate"],
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
        },
    }

    def enter(entry: object) -> int:
        request = urllib.request.Request(
            f"{sigstore_stack.rekor}/api/v2/log/entries",
            data=json.dumps({"hashedRekordRequestV002": entry}).encode(),
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    assert enter(entry) == 201
    assert enter({**entry, "digest": "A" * 43 + "="}) == 400
    assert enter({"digest": ""}) == 400


def test_the_log_proves_every_entry() -> None:
    """The real client's check of a proof, for trees of every shape."""
    log = Log()
    for number in range(1, 40):
        entry = {**log.append(str(number).encode()), "kindVersion": _KIND}
        verify_merkle_inclusion(TransparencyLogEntry(_Entry.from_dict(entry)))


@pytest.mark.parametrize("query", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"\x30\x05\x02\x01"])
def test_a_broken_query_gets_no_time(query: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each says something else
        clock.stamp(query, make_clock())


def test_der_reads_what_it_writes() -> None:
    for size in (0, 127, 128, 255, 256, 70_000):
        (value,) = der.read(der.sequence(der.write(der.OCTETS, b"x" * size)))
        (inner,) = der.read(value.content)
        assert inner.content == b"x" * size
    assert der.oid("1.2.840.113549.1.7.2").hex() == "06092a864886f70d010702"
    assert [der.integer(n).hex() for n in (0, 127, 128, 256)] == [
        "020100",
        "02017f",
        "02020080",
        "02020100",
    ]


@pytest.fixture
def slow() -> Iterator[Sigstore]:
    parts = StandIn()
    parts.delay = 0.01
    with serving_sigstore(parts) as stack:
        yield stack


def test_it_remembers_what_it_was_asked(slow: Sigstore) -> None:
    signer = _signer(slow)
    signer.sign_artifact(b"1")
    signer.sign_artifact(b"2")
    asked = {name: len(server.requests) for name, server in slow.servers.items()}
    assert asked == {"issuer": 0, "fulcio": 1, "rekor": 2, "tsa": 2}


def test_the_identity_follows_the_claims(slow: Sigstore) -> None:
    slow.issuer.claims["job_workflow_ref"] = "acme/other/.github/workflows/x.yml@refs/tags/v1"
    assert slow.identity == "https://github.com/acme/other/.github/workflows/x.yml@refs/tags/v1"
