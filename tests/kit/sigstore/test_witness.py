"""The witnesses believe what the real client signs, and nothing that was changed afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.kit.sigstore import client
from tests.kit.sigstore.certificates import spki
from tests.kit.sigstore.parts import Sigstore
from tests.kit.sigstore.witness import Case, Witness

SLSA = "https://slsa.dev/provenance/v1"
CONTENT = b"a built file\n"


@pytest.fixture(scope="module")
def signed(any_sigstore: Sigstore, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """A signed file and a statement about it."""
    folder = tmp_path_factory.mktemp("signed")
    artefact = folder / "artefact"
    artefact.write_bytes(CONTENT)
    _, root = any_sigstore.write(folder)
    signer = client.signer(any_sigstore)
    about = client.statement("artefact", hashlib.sha256(CONTENT).hexdigest())
    bundles = {"file": signer.sign_artifact(CONTENT), "statement": signer.sign_dsse(about)}
    cases = {}
    for kind, bundle in bundles.items():
        path = folder / f"{kind}.sigstore.json"
        path.write_text(bundle.to_json(), encoding="utf-8")
        cases[kind] = Case(
            bundle=path,
            artefact=artefact,
            root=root,
            identity=any_sigstore.identity,
            issuer=any_sigstore.issuer.url,
            predicate=SLSA if kind == "statement" else "",
        )
    return cases


@pytest.mark.parametrize("kind", ["file", "statement"])
def test_it_believes_what_was_signed(signed: dict[str, Case], witness: Witness, kind: str) -> None:
    verdict = witness.verify(signed[kind])
    assert verdict.accepted, verdict.said


@pytest.mark.parametrize("kind", ["file", "statement"])
@pytest.mark.parametrize(
    "wrong", [{"identity": "https://github.com/evil/x"}, {"issuer": "https://evil.example"}]
)
def test_it_wants_the_identity(
    signed: dict[str, Case], witness: Witness, kind: str, wrong: dict[str, str]
) -> None:
    assert not witness.verify(replace(signed[kind], **wrong)).accepted  # type: ignore[arg-type]


def _flip(text: str) -> str:
    """The same base64 with one bit of its content changed, near the end.

    Signatures stand there. What is before them may be redundant: sigstore-js takes the
    authority's certificate from the trusted root, cosign makes the log's entry from the bundle.
    """
    raw = bytearray(base64.b64decode(text))
    raw[-20] ^= 1
    return base64.b64encode(raw).decode()


def _rename_log(bundle: Any) -> None:
    proof = bundle[_MATERIAL]["tlogEntries"][0]["inclusionProof"]
    proof["checkpoint"]["envelope"] = proof["checkpoint"]["envelope"].replace("local", "remote")


def _drop(*path: str | int) -> Callable[[Any], None]:
    def drop(bundle: Any) -> None:
        *above, last = path
        for part in above:
            bundle = bundle[part]
        del bundle[last]

    return drop


def _change(*path: str | int) -> Callable[[Any], None]:
    def change(bundle: Any) -> None:
        *above, last = path
        for part in above:
            bundle = bundle[part]
        bundle[last] = _flip(bundle[last])

    return change


_MATERIAL = "verificationMaterial"
_STAMP = (_MATERIAL, "timestampVerificationData", "rfc3161Timestamps", 0, "signedTimestamp")
_OF_BOTH: dict[str, Callable[[Any], None]] = {
    "certificate": _change(_MATERIAL, "certificate", "rawBytes"),
    "checkpoint": _rename_log,
    "timestamp": _change(*_STAMP),
    "no entry": _drop(_MATERIAL, "tlogEntries", 0),
    "no timestamp": _drop(_MATERIAL, "timestampVerificationData"),
}
CHANGES = {
    "file": {**_OF_BOTH, "signature": _change("messageSignature", "signature")},
    "statement": {
        **_OF_BOTH,
        "signature": _change("dsseEnvelope", "signatures", 0, "sig"),
        "payload": _change("dsseEnvelope", "payload"),
    },
}


@pytest.mark.parametrize(
    ("kind", "what"), [(kind, what) for kind, changes in CHANGES.items() for what in changes]
)
def test_it_refuses_a_changed_bundle(
    signed: dict[str, Case], witness: Witness, tmp_path: Path, kind: str, what: str
) -> None:
    bundle = json.loads(signed[kind].bundle.read_bytes())
    CHANGES[kind][what](bundle)
    path = tmp_path / "changed.sigstore.json"
    path.write_text(json.dumps(bundle), encoding="utf-8")
    assert not witness.verify(replace(signed[kind], bundle=path)).accepted


def test_it_refuses_a_changed_file(
    signed: dict[str, Case], witness: Witness, tmp_path: Path
) -> None:
    changed = tmp_path / "artefact"
    changed.write_bytes(CONTENT + b" ")
    assert not witness.verify(replace(signed["file"], artefact=changed)).accepted


def test_it_needs_the_key(witness: Witness, tmp_path: Path) -> None:
    """A bundle by a managed key is believed with that key, and with no other."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    artefact = tmp_path / "artefact"
    artefact.write_bytes(CONTENT)
    bundle = tmp_path / "artefact.sigstore.json"
    bundle.write_text(json.dumps(_signed_by(key)), encoding="utf-8")
    case = Case(bundle=bundle, artefact=artefact, key=_public(key, tmp_path / "key.pub"))
    verdict = witness.verify(case)
    assert verdict.accepted, verdict.said
    assert not witness.verify(replace(case, key=_public(other, tmp_path / "o.pub"))).accepted


def _signed_by(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    hint = hashlib.sha256(spki(key.public_key())).digest()
    signature = key.sign(CONTENT, ec.ECDSA(hashes.SHA256()))
    digest = hashlib.sha256(CONTENT).digest()
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": base64.b64encode(hint).decode()}},
        "messageSignature": {
            "messageDigest": {
                "algorithm": "SHA2_256",
                "digest": base64.b64encode(digest).decode(),
            },
            "signature": base64.b64encode(signature).decode(),
        },
    }


def _public(key: ec.EllipticCurvePrivateKey, path: Path) -> Path:
    path.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return path
