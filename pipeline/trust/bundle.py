"""A Sigstore bundle as it lies on disk, strictly read.

Two readers must not see two things in one file: no name occurs twice in an object, and base64 is
the one that encoding the bytes again gives. What the bundle proves is for `verify` to find out.
Format: https://docs.sigstore.dev/about/bundle/.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.trust.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITTEN = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""The media type of bundles that are written here."""

MEDIA_TYPES = frozenset(
    {
        WRITTEN,
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
    }
)
MAX_BYTES = 64 << 20
"""Attestations hold whole SBOMs; this is far above the largest that was seen."""

_BYTES = frozenset(
    {
        *("rawBytes", "keyId", "digest", "signature", "signedTimestamp", "signedEntryTimestamp"),
        *("rootHash", "hashes", "canonicalizedBody", "payload", "sig"),
    }
)
"""Names whose values are base64."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle. `where` names it in messages, `content` is its JSON, `document` what that says."""

    where: str
    content: bytes
    document: dict[str, Any]

    @property
    def material(self) -> dict[str, Any]:
        """The verification material."""
        found = self.document.get("verificationMaterial")
        return found if isinstance(found, dict) else {}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries of transparency logs."""
        found = self.material.get("tlogEntries")
        entries = found if isinstance(found, list) else []
        return [item for item in entries if isinstance(item, dict)]

    @property
    def by_key(self) -> bool:
        """Whether a plain public key verifies it, rather than a certificate."""
        return "publicKey" in self.material

    @property
    def envelope(self) -> dict[str, Any] | None:
        """The DSSE envelope, for an attestation."""
        found = self.document.get("dsseEnvelope")
        return found if isinstance(found, dict) else None

    @property
    def payload(self) -> bytes:
        """What the envelope holds; not verified. Raises `RefusedError` where there is none."""
        if self.envelope is None or not isinstance(self.envelope.get("payload"), str):
            raise RefusedError("payload type", "the bundle holds no attestation", where=self.where)
        return base64.b64decode(self.envelope["payload"])

    @property
    def digest(self) -> str:
        """The digest that the bundle says was signed, in hexadecimal; "" where it says none."""
        text = self._said("digest")
        return base64.b64decode(text).hex() if isinstance(text, str) else ""

    @property
    def algorithm(self) -> str:
        """By which algorithm, as the bundle calls it; "" where it says none."""
        return str(self._said("algorithm") or "")

    def _said(self, name: str) -> Any:
        message = self.document.get("messageSignature")
        said = message.get("messageDigest") if isinstance(message, dict) else None
        return said.get(name) if isinstance(said, dict) else None


def read(content: bytes, where: str) -> Bundle:
    """The bundle in `content`; raises `RefusedError` for anything else."""
    document = strict(content, where)
    if not isinstance(document, dict):
        raise RefusedError("media type", "it is no bundle: no JSON object", where=where)
    kind = document.get("mediaType")
    if not isinstance(kind, str) or kind not in MEDIA_TYPES:
        raise RefusedError("media type", f"it is no bundle that is known: {kind!r}", where=where)
    for name, value in _encoded(document):
        if not _canonical(value):
            raise RefusedError("media type", f"{name} is not base64 as it is written", where=where)
    return Bundle(where, content, document)


def load(path: Path, where: str) -> bytes:
    """The content of a file that holds bundles or statements; `RefusedError` for a huge one.

    Raises `OSError` when it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RefusedError("media type", f"it is larger than {MAX_BYTES} bytes", where=where)
    return content


def strict(content: bytes, where: str) -> Any:
    """The JSON value of `content` that every reader sees alike; raises `RefusedError`."""
    if len(content) > MAX_BYTES:
        raise RefusedError("media type", f"it is larger than {MAX_BYTES} bytes", where=where)
    try:
        return json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError("media type", f"it is no strict JSON: {error}", where=where) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _encoded(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every base64 string of the bundle with its name; what the payload holds is not looked at."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _encoded(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _encoded(item, name)
    elif isinstance(value, str) and name in _BYTES:
        yield name, value


def _canonical(text: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except (binascii.Error, ValueError):
        return False
