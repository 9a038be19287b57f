"""The keys and authorities that are trusted: pinned in the package, refreshed, or private.

The pinned one is `trusted_root.json` of Sigstore's public good instance, as the library carried
it on `PINNED_ON`. `refresh` fetches today's through the update framework (TUF), whose own root is
in the library, and keeps it in the user's cache: from then on it is used instead of the pinned.
Formats: https://github.com/sigstore/protobuf-specs, `sigstore_trustroot.proto`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SignatureError, UsageError
from pipeline.trust.refused import library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigstore.models import ClientTrustConfig, TrustedRoot

PINNED_FILE = Path(__file__).with_name("public-good.json")
KEPT = "public-good.json"
"""What a refreshed copy is called in its folder."""

PINNED_ON = date(2026, 10, 20)
"""The day of sigstore 4.5.1, which the file was taken from."""

ROOT_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
CONFIG_TYPE = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
MAX_BYTES = 4 << 20

_PARTS = ("certificateAuthorities", "tlogs", "ctlogs", "timestampAuthorities")


@dataclass(frozen=True, slots=True)
class Root:
    """Trusted keys and authorities. `content` is the JSON of a trusted root.

    `name` says whose they are, `as_of` how old they are where that is known. `config` is the
    client trust configuration that the root came from, for signing.
    """

    name: str
    content: bytes
    as_of: date | None = None
    config: bytes | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the content as "sha256:" and 64 hexadecimal digits."""
        return "sha256:" + hashlib.sha256(self.content).hexdigest()

    @property
    def logs(self) -> frozenset[str]:
        """The transparency logs, by the base64 of their ids."""
        ids = [
            (item.get(name) or {}).get("keyId")
            for item in _parts(self.content).get("tlogs", [])
            for name in ("logId", "checkpointKeyId")
        ]
        return frozenset(text for text in ids if text)

    def ever(self) -> TrustedRoot:
        """The root as if everything in it were valid for ever: to tell why something fails."""
        document = _parts(self.content)
        return _parsed(
            document
            | {part: [_ageless(item) for item in document.get(part, [])] for part in _PARTS},
            self.name,
        )

    def at(self, moments: Iterable[datetime]) -> TrustedRoot:
        """The root with only what was valid at all `moments`; the library does not look itself.

        Raises `UsageError` for a root that the library cannot use.
        """
        document = _parts(self.content)
        times = tuple(moments)
        kept = tuple(
            tuple(place for place, item in enumerate(document.get(part, [])) if _valid(item, times))
            for part in _PARTS
        )
        return _built(self.content, kept)


def pinned() -> Root:
    """Sigstore's public good instance, as it was when this version of the pipeline was made."""
    return Root("Sigstore's public good instance, pinned", PINNED_FILE.read_bytes(), PINNED_ON)


def refreshed(cache: Path) -> Root | None:
    """The copy that `refresh` kept below `cache`; `None` when there is none that can be read."""
    path = cache / KEPT
    try:
        kept = json.loads(path.read_bytes())
        content = kept["content"].encode()
        as_of = date.fromisoformat(kept["as_of"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Root("Sigstore's public good instance, refreshed", content, as_of)


def newest(cache: Path) -> Root:
    """The refreshed copy where it is newer than the pinned one, else the pinned one."""
    kept = refreshed(cache)
    return kept if kept is not None and kept.as_of and kept.as_of > PINNED_ON else pinned()


def refresh(*, url: str | None = None, bootstrap: Path | None = None) -> Root:
    """Today's root of the public good instance, or of the update repository at `url`.

    Raises `SignatureError` when it cannot be had; an older one is never taken for it.
    """
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415
    try:
        if url is None:
            config = ClientTrustConfig.production()
        else:
            config = ClientTrustConfig.from_tuf(url, bootstrap_root=bootstrap)
        content = config.trusted_root._inner.to_json()  # noqa: SLF001 - no public way to its JSON
    except (Error, OSError, ValueError) as error:
        raise SignatureError(
            f"the trusted root cannot be refreshed: {error.__cause__ or error}",
            where=url or "tuf-repo-cdn.sigstore.dev",
            fix="try again with a network, or go on with the pinned root",
        ) from error
    return Root("Sigstore's public good instance, refreshed", content.encode(), _today())


def kept_form(root: Root) -> bytes:
    """What `refreshed` reads: the root and the day it was fetched."""
    as_of = (root.as_of or _today()).isoformat()
    return json.dumps({"as_of": as_of, "content": root.content.decode()}).encode() + b"\n"


def read_root(path: Path) -> Root:
    """A trusted root from a file; raises `UsageError` for anything else."""
    document = _document(path)
    if document.get("mediaType") != ROOT_TYPE:
        raise UsageError("is no trusted root", where=str(path), fix=f"its mediaType is {ROOT_TYPE}")
    _parsed(document, str(path))
    return Root(path.name, json.dumps(document).encode())


def read_config(path: Path) -> Root:
    """The trusted root in a client trust configuration; raises `UsageError` for anything else."""
    document = _document(path)
    root = document.get("trustedRoot")
    if document.get("mediaType") != CONFIG_TYPE or not isinstance(root, dict):
        raise UsageError(
            "is no client trust configuration",
            where=str(path),
            fix=f"its mediaType is {CONFIG_TYPE}",
        )
    _parsed(root, str(path))
    return Root(path.name, json.dumps(root).encode(), config=json.dumps(document).encode())


def parse_config(root: Root) -> ClientTrustConfig:
    """The client trust configuration of a root that has one; raises `UsageError`."""
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light
        from sigstore.models import ClientTrustConfig  # noqa: PLC0415
    try:
        return ClientTrustConfig.from_json((root.config or b"").decode())
    except (Error, ValueError) as error:
        raise UsageError(
            f"is no usable client trust configuration: {error}",
            where=root.name,
            fix="name one that holds trustedRoot and signingConfig",
        ) from error


@lru_cache(maxsize=16)
def _parts(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found


@lru_cache(maxsize=16)
def _built(content: bytes, kept: tuple[tuple[int, ...], ...]) -> TrustedRoot:
    """The root with only some of its authorities and logs."""
    document = _parts(content)
    chosen = {
        part: [document[part][place] for place in places]
        for part, places in zip(_PARTS, kept, strict=True)
    }
    return _parsed(document | chosen, "the trusted root")


def _parsed(document: dict[str, Any], where: str) -> TrustedRoot:
    """What the library makes of a trusted root; raises `UsageError` for one it cannot use."""
    with library():
        from sigstore.errors import Error  # noqa: PLC0415 - start-up stays light
        from sigstore.models import TrustedRoot  # noqa: PLC0415
        from sigstore_models.trustroot import v1  # noqa: PLC0415
    try:
        return TrustedRoot(v1.TrustedRoot.from_json(json.dumps(document)))
    except (Error, ValueError) as error:
        raise UsageError(
            f"cannot be used as a trusted root: {error}", where=where, fix="name another one"
        ) from error


def _ageless(item: dict[str, Any]) -> dict[str, Any]:
    always = {"validFor": {"start": "1970-01-01T00:00:00Z"}}
    if "publicKey" in item:
        return item | {"publicKey": item["publicKey"] | always}
    return item | always


def _valid(item: dict[str, Any], moments: Iterable[datetime]) -> bool:
    """Whether an authority or log was valid at all moments. The end is the last valid moment."""
    span = item.get("validFor") or item.get("publicKey", {}).get("validFor") or {}
    start, end = _moment(span.get("start")), _moment(span.get("end"))
    return all((not start or start <= at) and (not end or at <= end) for at in moments)


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("is too large", where=str(path), fix="name a trusted root")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"cannot be read: {error}", where=str(path), fix="name a file of JSON"
        ) from error
    if not isinstance(document, dict):
        raise UsageError("holds no JSON object", where=str(path), fix="name a trusted root")
    return document


def _today() -> date:
    return datetime.now(UTC).date()
