"""Bundles that a plain key verifies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.signing.keys import open_key
from pipeline.trust import keyed
from pipeline.trust.bundle import read
from pipeline.trust.keyed import verify_keyed
from pipeline.trust.refused import RefusedError
from tests.signing.conftest import Key, Trusted, write_key

FILE = b"what was built"
DIGEST = hashlib.sha256(FILE).hexdigest()


@pytest.fixture(scope="module")
def made(key: Key) -> bytes:
    return open_key(str(key.private), None).sign_file("a", DIGEST, lambda: FILE)


@pytest.fixture(scope="module")
def attested(key: Key) -> bytes:
    return open_key(str(key.private), None).sign_statement(b'{"_type":"x"}')


def test_a_file_and_a_statement_are_accepted(key: Key, made: bytes, attested: bytes) -> None:
    public = keyed.load(key.public)
    found = verify_keyed(read(made, "b"), public, digest=DIGEST)
    assert (found.holder, found.times) == (None, ())
    assert verify_keyed(read(attested, "b"), public).payload == b'{"_type":"x"}'


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_byte_changes_unseen(
    key: Key, made: bytes, attested: bytes, data: st.DataObject
) -> None:
    content, digest = data.draw(st.sampled_from([(made.strip(), DIGEST), (attested.strip(), "")]))
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(RefusedError):
        verify_keyed(read(bytes(changed), "b"), keyed.load(key.public), digest=digest)


def changed(content: bytes, **more: Any) -> bytes:
    document = json.loads(content)
    document["verificationMaterial"] |= more
    return json.dumps(document).encode()


def test_another_key_a_certificate_or_a_log(
    key: Key, made: bytes, trusted: Trusted, tmp_path: Path
) -> None:
    public = keyed.load(key.public)
    other = keyed.load(write_key(tmp_path, ec.generate_private_key(ec.SECP256R1())).public)
    certified = trusted.signer().sign_file("a", DIGEST, lambda: FILE)
    entries = json.loads(certified)["verificationMaterial"]["tlogEntries"]
    for content, who, step in (
        (made, other, "key"),
        (certified, public, "key"),
        (changed(made, publicKey={}), public, "key"),
        (changed(made, publicKey=1), public, "key"),
        (changed(made, unknown=1), public, "media type"),
        (changed(made, tlogEntries=entries), public, "transparency log"),
    ):
        with pytest.raises(RefusedError) as error:
            verify_keyed(read(content, "b"), who, digest=DIGEST)
        assert error.value.step == step


@pytest.mark.parametrize("kind", ["none", "text", "ed25519", "p384"])
def test_a_public_key_has_one_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    if kind == "text":
        path.write_text("no key")
    elif kind == "ed25519":
        path = write_key(tmp_path, ed25519.Ed25519PrivateKey.generate()).public
    elif kind == "p384":
        path = write_key(tmp_path, ec.generate_private_key(ec.SECP384R1())).public
    with pytest.raises(UsageError) as error:
        keyed.load(path)
    assert (error.value.where, "P-256" in error.value.fix) == (str(path), True)
