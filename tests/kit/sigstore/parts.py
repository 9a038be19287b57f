"""What a private Sigstore offers to a test, whether its services are real or stand-ins."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.fake import Fake
from tests.kit.sigstore import identity
from tests.kit.sigstore.identity import Issuer
from tests.kit.sigstore.log import b64

_START = "2020-01-01T00:00:00Z"
_OPERATOR = "a"


@dataclass(frozen=True)
class Roots:
    """What has to be trusted: certificates without leaf, keys as SubjectPublicKeyInfo.

    `log_id` is Rekor's key id as its checkpoints use it. The chain of `tsa` has its leaf.
    """

    fulcio: tuple[x509.Certificate, ...]
    tsa: tuple[x509.Certificate, ...]
    ct: bytes
    ct_id: bytes
    rekor: bytes
    rekor_id: bytes
    rekor_key: str = "PKIX_ED25519"


@dataclass
class Sigstore:
    """A private Sigstore that is up.

    `fulcio` and `rekor` are base addresses, `tsa` is a complete one. `servers` are those of the
    stand-in by name ("issuer", "fulcio", "rekor", "tsa"): they remember what they were asked.
    """

    real: bool
    issuer: Issuer
    roots: Roots
    fulcio: str
    rekor: str
    tsa: str
    ct: str = "http://localhost/ct"
    servers: dict[str, Fake] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The certificate's identity for the issuer's claims as they are now."""
        return identity.filled(identity.SUBJECT, self.issuer.claims)

    def token(self, **claims: Any) -> str:
        """A token that Fulcio takes; the choices of `Issuer.token`."""
        return self.issuer.token(**claims)

    def ambient(self) -> dict[str, str]:
        """The environment in which clients find a token by themselves."""
        return self.issuer.ambient()

    def trusted_root(self) -> dict[str, Any]:
        """The trusted root alone, as verifying needs it."""
        found: dict[str, Any] = copy.deepcopy(self.trust_config()["trustedRoot"])
        return found

    def trust_config(self, **addresses: str) -> dict[str, Any]:
        """A client trust config; `fulcio`, `rekor` and `tsa` may lead elsewhere."""
        at = {"fulcio": self.fulcio, "rekor": self.rekor, "tsa": self.tsa, **addresses}
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": _trusted_root(self),
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": [_service(at["fulcio"], 1)],
                "rekorTlogUrls": [_service(at["rekor"], 2)],
                "tsaUrls": [_service(at["tsa"], 1)],
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaConfig": {"selector": "ANY"},
            },
        }

    def write(self, folder: Path) -> tuple[Path, Path]:
        """`trust_config.json` and `trusted_root.json` in a folder."""
        config, root = folder / "trust_config.json", folder / "trusted_root.json"
        config.write_text(json.dumps(self.trust_config(), indent=1), encoding="utf-8")
        root.write_text(json.dumps(self.trusted_root(), indent=1), encoding="utf-8")
        return config, root


def _trusted_root(stack: Sigstore) -> dict[str, Any]:
    roots = stack.roots
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [_log(stack.rekor, roots.rekor, roots.rekor_id, roots.rekor_key)],
        "certificateAuthorities": [_authority(roots.fulcio)],
        "ctlogs": [_log(stack.ct, roots.ct, roots.ct_id, "PKIX_ECDSA_P256_SHA_256")],
        "timestampAuthorities": [_authority(roots.tsa)],
    }


def _service(url: str, version: int) -> dict[str, Any]:
    return {
        "url": url,
        "majorApiVersion": version,
        "operator": _OPERATOR,
        "validFor": {"start": _START},
    }


def _log(url: str, key: bytes, name: bytes, details: str) -> dict[str, Any]:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": b64(key),
            "keyDetails": details,
            "validFor": {"start": _START},
        },
        "logId": {"keyId": b64(name)},
    }


def _authority(chain: tuple[x509.Certificate, ...]) -> dict[str, Any]:
    raw = [{"rawBytes": b64(one.public_bytes(serialization.Encoding.DER))} for one in chain]
    return {
        "subject": {"organization": "a", "commonName": "a"},
        "certChain": {"certificates": raw},
        "validFor": {"start": _START},
    }
