"""What holds for the real services holds for the stand-in, and both convince the real client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from sigstore._internal.fulcio.client import FulcioClientError
from sigstore.errors import VerificationError
from sigstore.models import Bundle
from sigstore.oidc import IdentityToken, detect_credential
from sigstore.verify.policy import Identity, OIDCSourceRepositoryURI

from tests.kit.sigstore import client
from tests.kit.sigstore.asked import status_of
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.standin import serving_sigstore


@pytest.fixture(scope="module")
def bundle(any_sigstore: Sigstore) -> Bundle:
    return Bundle.from_json(client.signer(any_sigstore).sign_artifact(b"x").to_json())


def test_a_signed_file_verifies(any_sigstore: Sigstore, bundle: Bundle) -> None:
    verifier, policy = client.verifier(any_sigstore), client.expected(any_sigstore)
    verifier.verify_artifact(b"x", bundle, policy)
    with pytest.raises(VerificationError):
        verifier.verify_artifact(b"y", bundle, policy)


def test_several_statements_verify(any_sigstore: Sigstore) -> None:
    signer, verifier = client.signer(any_sigstore), client.verifier(any_sigstore)
    policy = OIDCSourceRepositoryURI("https://github.com/acme/shop")
    for number in range(5):
        signed = signer.sign_dsse(client.statement(str(number))).to_json()
        kind, payload = verifier.verify_dsse(Bundle.from_json(signed), policy)
        assert kind == "application/vnd.in-toto+json"
        assert json.loads(payload)["subject"][0]["name"] == str(number)


def test_another_sigstore_is_not_trusted(any_sigstore: Sigstore, bundle: Bundle) -> None:
    with serving_sigstore() as other, pytest.raises(VerificationError):
        client.verifier(other).verify_artifact(b"x", bundle, client.expected(any_sigstore))


def test_the_identity_is_that_of_the_token(any_sigstore: Sigstore) -> None:
    token = any_sigstore.token(repository="evil/shop", job_workflow_ref="evil/shop/x.yml@a")
    signed = client.signer(any_sigstore, token).sign_artifact(b"x")
    verifier = client.verifier(any_sigstore)
    verifier.verify_artifact(
        b"x", signed, Identity(identity="https://github.com/evil/shop/x.yml@a")
    )
    with pytest.raises(VerificationError):
        verifier.verify_artifact(b"x", signed, client.expected(any_sigstore))


def test_the_ambient_token_is_found(
    any_sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in any_sigstore.ambient().items():
        monkeypatch.setenv(name, value)
    token = detect_credential()
    assert token
    assert IdentityToken(token).issuer == any_sigstore.issuer.url


def test_the_token_endpoint_wants_its_secret(any_sigstore: Sigstore) -> None:
    url = any_sigstore.ambient()["ACTIONS_ID_TOKEN_REQUEST_URL"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    caught.value.close()
    assert caught.value.code == 401


def test_a_foreign_token_gets_no_certificate(any_sigstore: Sigstore) -> None:
    with serving_sigstore() as other, pytest.raises(FulcioClientError):
        client.signer(any_sigstore, other.token())


def test_an_entry_needs_its_signature(any_sigstore: Sigstore, bundle: Bundle) -> None:
    body = json.loads(bundle.to_json())
    signature, material = body["messageSignature"], body["verificationMaterial"]
    verifier = {
        "x509Certificate": material["certificate"],
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
    }
    wanted = {
        "digest": signature["messageDigest"]["digest"],
        "signature": {"content": signature["signature"], "verifier": verifier},
    }
    assert _enter(any_sigstore, wanted) in {201, 409}
    assert _enter(any_sigstore, {**wanted, "digest": "A" * 43 + "="}) == 400
    assert _enter(any_sigstore, {"digest": ""}) == 400


def _enter(stack: Sigstore, entry: object) -> int:
    request = urllib.request.Request(
        f"{stack.rekor}/api/v2/log/entries",
        data=json.dumps({"hashedRekordRequestV002": entry}).encode(),
    )
    return status_of(request)


def test_certificates_of_both_say_the_same(
    sigstore_stack: Sigstore, real_sigstore: Sigstore
) -> None:
    """The same extensions with the same values, but for addresses, keys and their signatures."""
    first, second = (
        _facts(client.signer(stack).sign_artifact(b"x").signing_certificate, stack)
        for stack in (sigstore_stack, real_sigstore)
    )
    assert first == second


def _facts(certificate: x509.Certificate, stack: Sigstore) -> dict[str, tuple[bool, bytes]]:
    """Extensions by OID: whether they are critical, and their value without what differs."""
    of_each = ("2.5.29.14", "2.5.29.35", "1.3.6.1.4.1.11129.2.4.2")
    return {
        found.oid.dotted_string: (
            found.critical,
            b""
            if found.oid.dotted_string in of_each
            else found.value.public_bytes().replace(stack.issuer.url.encode(), b"<issuer>"),
        )
        for found in certificate.extensions
    }
