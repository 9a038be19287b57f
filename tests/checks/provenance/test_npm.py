"""npm's own signatures, and its provenance: real ones, and ones made by a private Sigstore."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sigstore.dsse import DigestSet, StatementBuilder, Subject

from pipeline.checks.provenance import npm
from pipeline.checks.provenance.npm import KEYS, check_signatures, publishers
from pipeline.checks.provenance.signers import NotEvaluatedError
from pipeline.registries.release import Pin
from pipeline.trust import roots
from pipeline.trust.refused import RefusedError
from pipeline.trust.roots import Root
from pipeline.trust.verify import Verified
from tests.checks.provenance.released import DATA, SIGNATURE, SIGNED, SIGNED_SHA512
from tests.kit.sigstore import client
from tests.kit.sigstore.certificates import spki
from tests.kit.sigstore.parts import Sigstore

SLSA = "https://slsa.dev/provenance/v1"
PIN = Pin("npm", "@acme/shop", "1.0.0")
DIGEST = hashlib.sha512(b"shop").hexdigest()
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "predicateType": SLSA,
    "subject": [{"name": "other", "digest": {"sha512": DIGEST}}],
}


def test_the_registrys_own_signature_holds() -> None:
    check_signatures(SIGNED, SIGNED_SHA512, [SIGNATURE], KEYS)


@pytest.mark.parametrize(
    ("pin", "digest"),
    [
        (SIGNED, "00" + SIGNED_SHA512[2:]),
        (SIGNED._replace(version="0.1.1"), SIGNED_SHA512),
        (SIGNED._replace(name="env"), SIGNED_SHA512),
    ],
)
def test_it_holds_for_nothing_else(pin: Pin, digest: str) -> None:
    with pytest.raises(RefusedError, match="for another file"):
        check_signatures(pin, digest, [SIGNATURE], KEYS)


@pytest.mark.parametrize("signature", ["", "bogus", "AAAA"])
def test_rubbish_is_no_signature(signature: str) -> None:
    with pytest.raises(RefusedError):
        check_signatures(SIGNED, SIGNED_SHA512, [(SIGNATURE[0], signature)], KEYS)


def test_every_known_signature_has_to_hold() -> None:
    wrong = ("SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U", SIGNATURE[1])
    with pytest.raises(RefusedError):
        check_signatures(SIGNED, SIGNED_SHA512, [SIGNATURE, wrong], KEYS)


@pytest.mark.parametrize("signatures", [[], [("SHA256:other", SIGNATURE[1])]])
def test_without_a_known_key_nothing_is_known(signatures: list[tuple[str, str]]) -> None:
    with pytest.raises(NotEvaluatedError, match="by a key that is known"):
        check_signatures(SIGNED, SIGNED_SHA512, signatures, KEYS)


def test_another_registry_has_keys_of_its_own() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    digest = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    message = f"@acme/shop@1.0.0:sha512-{digest}".encode()
    signature = base64.b64encode(key.sign(message, ec.ECDSA(hashes.SHA256()))).decode()
    keys = {"own": base64.b64encode(spki(key.public_key())).decode()}
    check_signatures(PIN, DIGEST, [("own", signature)], keys)


def test_a_key_of_another_kind_is_not_understood() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    raw = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for text in (base64.b64encode(raw).decode(), "AAAA"):
        with pytest.raises(NotEvaluatedError, match="the registry's key"):
            check_signatures(PIN, DIGEST, [("one", SIGNATURE[1])], {"one": text})


# ---------------------------------------------------------------------------------- provenance


def _listed(bundle: Any, kind: str = SLSA) -> str:
    return json.dumps({"attestations": [{"predicateType": kind, "bundle": bundle}]})


def _bundle(
    stack: Sigstore, *, name: str = "pkg:npm/%40acme/shop@1.0.0", digest: str = DIGEST
) -> Any:
    subject = Subject(name=name, digest=DigestSet(root={"sha512": digest}))
    statement = StatementBuilder([subject], SLSA, {"a": 1}).build()
    return json.loads(client.signer(stack).sign_dsse(statement).to_json())


@pytest.fixture
def root(sigstore_stack: Sigstore) -> Root:
    return Root("private", json.dumps(sigstore_stack.trusted_root()).encode())


def test_the_publisher_is_the_repository(sigstore_stack: Sigstore, root: Root) -> None:
    """The issuer is not GitHub's, so it is named beside the repository."""
    content = _listed(_bundle(sigstore_stack))
    assert publishers(content, PIN, DIGEST, root) == {
        f"https://github.com/acme/shop by {sigstore_stack.issuer.url}"
    }


def test_the_statement_is_about_the_locked_package(sigstore_stack: Sigstore, root: Root) -> None:
    for bundle in (
        _bundle(sigstore_stack, name="pkg:npm/%40acme/shop@1.0.1"),
        _bundle(sigstore_stack, digest="0" * 128),
    ):
        with pytest.raises(RefusedError, match="another package or file"):
            publishers(_listed(bundle), PIN, DIGEST, root)


def test_a_strangers_root_does_not_hold_it(sigstore_stack: Sigstore) -> None:
    with pytest.raises(RefusedError):
        publishers(_listed(_bundle(sigstore_stack)), PIN, DIGEST, roots.pinned())


def test_a_statement_of_another_kind_is_no_provenance(sigstore_stack: Sigstore, root: Root) -> None:
    subject = Subject(name="pkg:npm/%40acme/shop@1.0.0", digest=DigestSet(root={"sha512": DIGEST}))
    other = StatementBuilder([subject], "https://example.org/other", {}).build()
    bundle = json.loads(client.signer(sigstore_stack).sign_dsse(other).to_json())
    with pytest.raises(RefusedError, match="no provenance"):
        publishers(_listed(bundle), PIN, DIGEST, root)


def test_statements_that_are_not_provenance_are_passed_over(root: Root) -> None:
    kind = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"
    assert publishers(_listed({}, kind), PIN, DIGEST, root) == set()


@pytest.mark.parametrize("content", ["[]", "{}", '{"attestations": 1}'])
def test_what_is_no_list_is_not_evaluated(content: str, root: Root) -> None:
    with pytest.raises(NotEvaluatedError, match="not what they promise"):
        publishers(content, PIN, DIGEST, root)


def test_real_provenance_from_the_public_registry() -> None:
    bundle = json.loads((DATA / "sigstore-2.0.0.npm.json").read_bytes())
    pin = Pin("npm", "sigstore", "2.0.0")
    said = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    digest = said["subject"][0]["digest"]["sha512"]
    found = publishers(_listed(bundle), pin, digest, roots.pinned())
    assert found == {"https://github.com/sigstore/sigstore-js"}
    with pytest.raises(RefusedError, match="another package or file"):
        publishers(_listed(bundle), pin._replace(version="2.0.1"), digest, roots.pinned())


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        ("text/plain", {}, "no in-toto"),
        ("application/vnd.in-toto+json", [], "no in-toto statement"),
        ("application/vnd.in-toto+json", {**STATEMENT, "subject": [1]}, "no SHA-256 or SHA-512"),
        ("application/vnd.in-toto+json", {**STATEMENT, "predicateType": "x"}, "no provenance"),
        ("application/vnd.in-toto+json", STATEMENT, "another package or file"),
    ],
)
def test_an_odd_statement_is_refused(
    monkeypatch: pytest.MonkeyPatch, root: Root, kind: str, payload: Any, why: str
) -> None:
    """In an attestation that holds."""
    proven = Verified(holder=None, payload_type=kind, payload=json.dumps(payload).encode())
    monkeypatch.setattr(npm, "verified", lambda *_: proven)
    with pytest.raises(RefusedError, match=why):
        publishers(_listed({}), PIN, DIGEST, root)
