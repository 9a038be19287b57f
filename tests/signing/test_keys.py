"""A key of one's own: what is opened, what is refused, and that others verify its bundles."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from securesystemslib.signer import (  # type: ignore[attr-defined]
    SIGNER_FOR_URI_SCHEME,
    CryptoSigner,
)
from sigstore_models.bundle.v1 import Bundle as Model

from pipeline.errors import SignatureError, UsageError
from pipeline.signing.keys import PASSPHRASE, open_key
from pipeline.trust import keyed
from pipeline.trust.bundle import read
from pipeline.trust.refused import RefusedError
from tests.signing.conftest import Key, write_key

FILE = b"what was built"
DIGEST = hashlib.sha256(FILE).hexdigest()


def test_a_bundle_is_what_others_read(key: Key) -> None:
    signer = open_key(str(key.private), None)
    content = signer.sign_file("a", DIGEST, lambda: FILE)
    assert content.endswith(b"}\n")
    model = Model.from_json(content)
    assert model.verification_material.public_key
    assert base64.b64decode(str(model.verification_material.public_key.hint))
    assert signer.holder is None
    assert signer.told.startswith("the key sha256:")


def test_an_encrypted_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = write_key(tmp_path, ec.generate_private_key(ec.SECP256R1()), b"open sesame")
    monkeypatch.delenv(PASSPHRASE, raising=False)
    with pytest.raises(UsageError, match="is encrypted") as error:
        open_key(str(key.private), None)
    assert PASSPHRASE in error.value.fix
    monkeypatch.setenv(PASSPHRASE, "wrong")
    with pytest.raises(UsageError, match="another passphrase") as error:
        open_key(str(key.private), None)
    assert "wrong" not in str(error.value)
    monkeypatch.setenv(PASSPHRASE, "open sesame")
    assert open_key(str(key.private), None).sign_statement(b"{}")


def test_a_passphrase_that_nobody_needs(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "x")
    with pytest.raises(UsageError, match="not encrypted"):
        open_key(str(key.private), None)


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    for name, private in (
        ("p384", ec.generate_private_key(ec.SECP384R1())),
        ("rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ):
        (tmp_path / name).mkdir()
        key = write_key(tmp_path / name, private)
        with pytest.raises(UsageError, match="another kind"):
            open_key(str(key.private), None)


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        open_key(str(tmp_path / "none"), None)
    (tmp_path / "text").write_text("text")
    with pytest.raises(UsageError, match="no private key"):
        open_key(str(tmp_path / "text"), None)


def test_a_file_that_cannot_be_read_or_changed(key: Key) -> None:
    signer = open_key(str(key.private), None)

    def gone() -> bytes:
        raise FileNotFoundError(2, "gone")

    with pytest.raises(SignatureError, match="cannot be read"):
        signer.sign_file("a", DIGEST, gone)
    with pytest.raises(RefusedError, match="signature"):
        signer.sign_file("a", DIGEST, lambda: b"other")


# ------------------------------------------------------------------------- keys elsewhere


def test_a_key_elsewhere_signs_through_its_address(
    key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's own signer for files stands in for a key service: the same interface."""
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "awskms", ByFile)
    signer = open_key(f"awskms:{key.private}", key.public)
    content = signer.sign_file("a", DIGEST, lambda: FILE)
    found = keyed.verify_keyed(read(content, "b"), keyed.load(key.public), digest=DIGEST)
    assert found.holder is None
    assert json.loads(content)["verificationMaterial"]["tlogEntries"] == []


class ByFile(CryptoSigner):
    SCHEME = "awskms"


def test_the_public_half_is_needed(key: Key) -> None:
    with pytest.raises(UsageError, match="public half"):
        open_key("hsm:1", None)


def test_a_key_that_cannot_be_reached(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "awskms", ByFile)
    with pytest.raises(SignatureError, match="cannot be used"):
        open_key("awskms:/nowhere", key.public)


def test_a_key_that_fails_while_signing(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = open_key(str(key.private), None)

    def fail(_: bytes) -> bytes:
        raise RuntimeError("token removed")

    monkeypatch.setattr(signer, "_sign", fail)
    with pytest.raises(SignatureError, match="could not sign: token removed"):
        signer.sign_statement(b"{}")
