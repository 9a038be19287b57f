"""The unsigned fields around a timestamp may only say what follows from the signed ones."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.trust.bundle import read
from pipeline.trust.timestamps import is_plain, raw_timestamps
from tests.signing.conftest import Trusted

DIGEST = hashlib.sha256(b"x").hexdigest()
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
RSA = bytes.fromhex("06092a864886f70d010101")


@pytest.fixture(scope="module")
def response(trusted: Trusted) -> bytes:
    made = json.loads(trusted.signer().sign_file("a", DIGEST, lambda: b"x"))
    data = made["verificationMaterial"]["timestampVerificationData"]
    return base64.b64decode(data["rfc3161Timestamps"][0]["signedTimestamp"])


def test_a_real_timestamp_is_plain(response: bytes, trusted: Trusted) -> None:
    assert is_plain(response)
    made = trusted.signer().sign_file("a", DIGEST, lambda: b"x")
    assert [is_plain(raw) for raw in raw_timestamps(read(made, "b"))] == [True]


def test_another_algorithm_for_the_signature_is_not(response: bytes) -> None:
    head, _, tail = response.rpartition(ECDSA_SHA256)
    assert head, "the timestamp is by ECDSA with SHA-256"
    changed = head + ECDSA_SHA256[:-1] + b"\x03" + tail
    assert not is_plain(changed)


@settings(deadline=None)
@given(content=st.binary(max_size=60))
def test_anything_else_is_not(content: bytes) -> None:
    assert not is_plain(content)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_half_a_timestamp_is_not(response: bytes, data: st.DataObject) -> None:
    assert not is_plain(response[: data.draw(st.integers(0, len(response) - 1))])


def test_a_bundle_without_timestamps_has_none() -> None:
    content = b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}'
    assert list(raw_timestamps(read(content, "b"))) == []
