"""A real provenance bundle of npm's, whose log entry the library does not know."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sigstore.errors import VerificationError
from sigstore.models import Bundle as Parsed
from sigstore.verify import Verifier
from sigstore.verify.policy import UnsafeNoOp

from pipeline.trust import intoto, roots
from pipeline.trust.bundle import read
from pipeline.trust.refused import RefusedError
from pipeline.trust.verify import verify

BUNDLE = Path(__file__).parents[1] / "data/checks/provenance/sigstore-2.0.0.npm.json"
Change = Callable[[Any], None]


def changed(change: Change | None = None) -> bytes:
    document = json.loads(BUNDLE.read_bytes())
    if change:
        change(document)
    return json.dumps(document).encode()


def test_it_holds() -> None:
    found = verify(read(changed(), "npm"), roots.pinned(), None)
    assert found.holder
    assert found.holder.repository == "https://github.com/sigstore/sigstore-js"
    assert json.loads(found.payload)["subject"][0]["name"] == "pkg:npm/sigstore@2.0.0"


def test_the_library_still_needs_help_with_it() -> None:
    """Once it does not, this module is no longer needed."""
    verifier = Verifier(trusted_root=roots.pinned().at(()))
    with pytest.raises(VerificationError, match="only supported for dsse/hashedrekord"):
        verifier.verify_dsse(Parsed.from_json(changed()), UnsafeNoOp())


def test_the_bundle_is_left_as_it_was() -> None:
    parsed = Parsed.from_json(changed())
    verifier = Verifier(trusted_root=roots.pinned().at(()))
    before = parsed.to_json()
    intoto.verify_older(verifier, parsed, UnsafeNoOp())
    assert parsed.to_json() == before


def test_another_kind_in_the_name_of_this_one_is_refused() -> None:
    """The name is nothing that anybody signed: what the log has is what counts."""

    def rename(document: Any) -> None:
        entry = document["verificationMaterial"]["tlogEntries"][0]
        entry["kindVersion"] = {"kind": "dsse", "version": "0.0.1"}

    with pytest.raises(RefusedError):
        verify(read(changed(rename), "npm"), roots.pinned(), None)


def _flip(*path: str | int) -> Change:
    def flip(part: Any) -> None:
        *above, last = path
        for step in above:
            part = part[step]
        raw = bytearray(base64.b64decode(part[last]))
        raw[-9] ^= 1
        part[last] = base64.b64encode(raw).decode()

    return flip


_ENTRY = ("verificationMaterial", "tlogEntries", 0)


@pytest.mark.parametrize(
    "change",
    [
        _flip("dsseEnvelope", "payload"),
        _flip("dsseEnvelope", "signatures", 0, "sig"),
        _flip("verificationMaterial", "x509CertificateChain", "certificates", 0, "rawBytes"),
        _flip(*_ENTRY, "canonicalizedBody"),
        _flip(*_ENTRY, "inclusionPromise", "signedEntryTimestamp"),
        _flip(*_ENTRY, "inclusionProof", "rootHash"),
        _flip(*_ENTRY, "inclusionProof", "hashes", 0),
    ],
)
def test_what_was_changed_is_refused(change: Change) -> None:
    with pytest.raises(RefusedError):
        verify(read(changed(change), "npm"), roots.pinned(), None)


def _body(change: Change) -> Parsed:
    """The parsed bundle with another body in its entry, as if the log had that."""
    parsed = Parsed.from_json(changed())
    inner = parsed.log_entry._inner
    body = json.loads(inner.canonicalized_body)
    change(body)
    inner.canonicalized_body = json.dumps(body).encode()
    return parsed


def test_the_untouched_body_is_of_this_envelope() -> None:
    kind, payload = intoto.envelope_of(_body(lambda body: None))
    assert kind == "application/vnd.in-toto+json"
    assert json.loads(payload)["predicateType"] == "https://slsa.dev/provenance/v1"


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(kind="dsse"),
        lambda body: body.update(apiVersion="0.0.1"),
        lambda body: body.update(spec=1),
        lambda body: body["spec"]["content"].pop("payloadHash"),
        lambda body: body["spec"]["content"]["payloadHash"].update(value="0" * 64),
        lambda body: body["spec"]["content"]["payloadHash"].update(algorithm="sha512"),
        lambda body: body["spec"]["content"]["envelope"].update(payloadType="text/plain"),
        lambda body: body["spec"]["content"]["envelope"].update(signatures=[]),
        lambda body: body["spec"]["content"]["envelope"].update(signatures=[1]),
        lambda body: body["spec"]["content"]["envelope"]["signatures"][0].update(sig="AAAA"),
        lambda body: body["spec"]["content"]["envelope"]["signatures"][0].update(publicKey="AA"),
        lambda body: body["spec"]["content"]["envelope"]["signatures"][0].update(publicKey="AAAA"),
        lambda body: body["spec"]["content"]["envelope"]["signatures"][0].pop("publicKey"),
    ],
)
def test_an_entry_about_another_envelope_is_refused(change: Change) -> None:
    with pytest.raises(VerificationError, match="another envelope"):
        intoto.envelope_of(_body(change))
