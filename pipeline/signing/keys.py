"""A signer with a key of one's own: PEM on disk, or held by PKCS#11 or a cloud's key service.

ECDSA on P-256 with SHA-256, as a bundle that cosign and sigstore-js verify. Keys that do not lie
on disk are used through `securesystemslib`, which comes with `sigstore`; each kind needs its own
extra, such as `securesystemslib[awskms]`. A key proves neither an identity nor a time.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import PipelineError, SignatureError, UsageError
from pipeline.trust import keyed
from pipeline.trust.bundle import WRITTEN, read
from pipeline.trust.refused import library
from pipeline.trust.statement import PAYLOAD_TYPE, pae

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

PASSPHRASE = "SUPPLY_CHAIN_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
REMOTE = ("awskms:", "azurekms:", "gcpkms:", "hv:", "hsm:")
"""How addresses of keys begin that `securesystemslib` uses."""

_KIND = "name an ECDSA key on P-256 in PEM (`openssl ecparam -genkey -name prime256v1`)"


class KeySigner:
    """Signs with one key; `sign` makes a DER signature over the bytes it is given."""

    def __init__(self, public: EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        self._public = public
        self._sign = sign
        self._hint = keyed.hint(public)

    @property
    def holder(self) -> None:
        """Nobody: a key has no certificate."""

    @property
    def told(self) -> str:
        """Which key signs."""
        return f"the key sha256:{base64.b64decode(self._hint).hex()}"

    def sign_file(self, name: str, sha256: str, content: Callable[[], bytes]) -> bytes:
        """The bundle over a file, verified."""
        try:
            whole = content()
        except OSError as error:
            raise SignatureError(f"cannot be read: {error.strerror}", where=name) from error
        message = {
            "messageDigest": {
                "algorithm": "SHA2_256",
                "digest": base64.b64encode(bytes.fromhex(sha256)).decode(),
            },
            "signature": self._signature(whole),
        }
        return self._bundle({"messageSignature": message}, sha256)

    def sign_statement(self, payload: bytes) -> bytes:
        """The bundle over a statement, verified."""
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": self._signature(pae(PAYLOAD_TYPE, payload))}],
        }
        return self._bundle({"dsseEnvelope": envelope}, "")

    def _signature(self, message: bytes) -> str:
        try:
            return base64.b64encode(self._sign(message)).decode()
        except PipelineError:
            raise
        # Whatever holds the key can fail in ways of its own.
        except Exception as error:
            raise SignatureError(f"the key could not sign: {error}") from error

    def _bundle(self, content: dict[str, Any], sha256: str) -> bytes:
        import msgspec  # noqa: PLC0415 - loaded by now

        made = msgspec.json.encode(
            {
                "mediaType": WRITTEN,
                "verificationMaterial": {"publicKey": {"hint": self._hint}, "tlogEntries": []},
                **content,
            }
        )
        keyed.verify_keyed(read(made, "its own signature"), self._public, digest=sha256)
        return made + b"\n"


def open_key(name: str, public: Path | None) -> KeySigner:
    """The signer for a PEM file or the address of a key; the latter needs the public half.

    An encrypted file is opened with the passphrase in `SUPPLY_CHAIN_KEY_PASSPHRASE`. Raises
    `UsageError` for a key that is not there, cannot be opened or is of another kind.
    """
    if name.startswith(REMOTE):
        return _remote(name, public)
    return _pem(Path(name))


def _pem(path: Path) -> KeySigner:
    with library():
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            load_pem_private_key,
        )
    passphrase = os.environ.get(PASSPHRASE)
    try:
        content = path.read_bytes()
        key = load_pem_private_key(content, passphrase.encode() if passphrase else None)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path), fix=_KIND) from error
    except TypeError:
        lacks = "is encrypted" if passphrase is None else "is not encrypted, yet has a passphrase"
        raise UsageError(lacks, where=str(path), fix=f"set {PASSPHRASE}, or unset it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(
            "is no private key, or has another passphrase", where=str(path), fix=_KIND
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError("is a key of another kind", where=str(path), fix=_KIND)
    return KeySigner(key.public_key(), lambda message: key.sign(message, ec.ECDSA(hashes.SHA256())))


def _remote(name: str, public: Path | None) -> KeySigner:
    if public is None:
        raise UsageError(
            "its public half is needed, too", where=name, fix="name its PEM with --public-key"
        )
    half = keyed.load(public)
    with library():
        from securesystemslib.signer import (  # type: ignore[attr-defined]  # noqa: PLC0415
            Signer,
            SSlibKey,
        )

    def secret(_: str) -> str:
        return os.environ.get(PASSPHRASE, "")

    try:
        signer = Signer.from_priv_key_uri(name, SSlibKey.from_crypto(half), secret)
    # Each kind of key fails in ways of its own: a missing extra, a wrong PIN, no network.
    except Exception as error:
        raise SignatureError(f"the key cannot be used: {error}", where=name) from error
    return KeySigner(half, lambda message: bytes.fromhex(signer.sign(message).signature))
