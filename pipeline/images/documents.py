"""The JSON of images: manifests, indexes and configurations, each held against its digest.

OCI image specification 1.1 (https://github.com/opencontainers/image-spec) and Docker's image
manifest, version 2, schema 2. Anybody may have written these documents: sizes and counts are
bounded, and a document that different readers would read differently is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pipeline.errors import IncompleteError
from pipeline.images.reference import DIGEST
from pipeline.model import Gap

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a manifest, index or configuration; registries refuse larger manifests too."""
MAX_ENTRIES = 512
"""Manifests of an index, and layers of an image."""

INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
MANIFESTS = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_LAYERS = {
    "application/vnd.oci.image.layer.v1.tar": "",
    "application/vnd.oci.image.layer.v1.tar+gzip": "gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd": "zstd",
    "application/vnd.docker.image.rootfs.diff.tar": "",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd": "zstd",
}


class UnreadableImageError(IncompleteError):
    """An image, or a part of one, that cannot be looked at; `gap` is the reason's code."""

    def __init__(self, what: str, *, gap: Gap = Gap.PARSE_ERROR, fix: str = "") -> None:
        super().__init__(what, fix=fix)
        self.gap = gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """A pointer to other content: its digest, and what it says of it."""

    media_type: str
    digest: str
    size: int
    platform: str = ""
    tag: str = ""
    is_statement: bool = False
    """It is no image, but says something about one: a build's provenance, for example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A layer as it is stored; `packing` is "", "gzip" or "zstd"."""

    digest: str
    size: int
    packing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An image's manifest: its configuration and its layers."""

    config: Descriptor
    layers: tuple[Blob, ...]
    base: str = ""
    base_digest: str = ""


def sha256(content: bytes) -> str:
    """The digest of content, as images write it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def decode(content: bytes, what: str, *, digest: str = "") -> dict[str, Any]:
    """The JSON object in `content`, once it is what `digest` promises.

    Raises `UnreadableImageError` also for two keys that differ in case alone: Go's readers take
    them for the same, and would see another image than we do.
    """
    if len(content) > MAX_DOCUMENT:
        raise UnreadableImageError(f"{what} is larger than {MAX_DOCUMENT} bytes", gap=Gap.TOO_LARGE)
    if digest and sha256(content) != digest:
        raise UnreadableImageError(f"{what} does not have the digest that names it ({digest})")
    found = _load(content, what)
    if not isinstance(found, dict):
        raise UnreadableImageError(f"{what} is no JSON object")
    return found


def unambiguous_list(content: bytes, what: str) -> list[dict[str, Any]]:
    """The JSON list of objects in `content`; raises as `decode` does."""
    found = _load(content, what)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnreadableImageError(f"{what} is no list of JSON objects")
    return found


def _load(content: bytes, what: str) -> Any:
    try:
        return json.loads(content, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _AmbiguousError) else "not JSON"
        raise UnreadableImageError(f"{what} cannot be read: {reason}") from error


def is_index(document: dict[str, Any]) -> bool:
    """Whether a document lists manifests."""
    kind = field(document, "mediaType")
    return kind in INDEXES or (kind is None and field(document, "manifests") is not None)


def read_index(document: dict[str, Any]) -> tuple[Descriptor, ...]:
    """What an index lists."""
    return tuple(descriptor(item) for item in _items(document, "manifests", "the index"))


def read_manifest(document: dict[str, Any]) -> Manifest:
    """An image's manifest; raises `UnreadableImageError` for what is none."""
    kind = field(document, "mediaType")
    if field(document, "schemaVersion") != 2 or (kind is not None and kind not in MANIFESTS):  # noqa: PLR2004 - both formats write it
        raise UnreadableImageError(
            "its manifest is of a kind that no reader here knows", gap=Gap.UNSUPPORTED_INPUT
        )
    config = descriptor(field(document, "config"))
    if config.media_type not in _CONFIGS:
        raise UnreadableImageError("it is no container image", gap=Gap.UNSUPPORTED_INPUT)
    notes = field(document, "annotations")
    notes = notes if isinstance(notes, dict) else {}
    layers = tuple(_layer(item) for item in _items(document, "layers", "the manifest"))
    return Manifest(config=config, layers=layers, **base_of(notes))


def field(document: dict[str, Any], name: str) -> Any:
    """The value of a key in any mixture of capitals, as Go's readers take it."""
    if name in document:
        return document[name]
    wanted = name.casefold()
    return next((value for key, value in document.items() if key.casefold() == wanted), None)


def base_of(notes: dict[str, Any]) -> dict[str, str]:
    """The base image that annotations or labels name: "name" and digest."""
    base = notes.get("org.opencontainers.image.base.name")
    digest = notes.get("org.opencontainers.image.base.digest")
    return {
        "base": base if isinstance(base, str) else "",
        "base_digest": digest if isinstance(digest, str) and DIGEST.fullmatch(digest) else "",
    }


def descriptor(item: Any) -> Descriptor:
    """A descriptor; raises `UnreadableImageError` for what is none, or has no SHA-256."""
    if not isinstance(item, dict):
        raise UnreadableImageError("a descriptor is missing")
    kind, digest, size = (field(item, key) for key in ("mediaType", "digest", "size"))
    if not isinstance(kind, str) or not isinstance(size, int) or size < 0:
        raise UnreadableImageError("a descriptor lacks its media type or size")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise UnreadableImageError("a descriptor has no SHA-256 digest", gap=Gap.UNSUPPORTED_INPUT)
    notes = field(item, "annotations")
    notes = notes if isinstance(notes, dict) else {}
    tag = notes.get("org.opencontainers.image.ref.name")
    return Descriptor(
        media_type=kind,
        digest=digest,
        size=size,
        platform=platform_of(field(item, "platform")),
        tag=tag if isinstance(tag, str) else "",
        is_statement="vnd.docker.reference.type" in notes
        or field(item, "artifactType") is not None,
    )


def platform_of(found: Any) -> str:
    """The parts of a platform as "linux/arm/v7"; "" where they do not tell."""
    if not isinstance(found, dict):
        return ""
    parts = [field(found, key) for key in ("os", "architecture", "variant")]
    if not all(isinstance(part, str) and part for part in parts[:2]):
        return ""
    return "/".join(part for part in parts if isinstance(part, str) and part)


def _layer(item: Any) -> Blob:
    found = descriptor(item)
    if found.media_type not in _LAYERS:
        raise UnreadableImageError(
            "it has a layer of a kind that is not read", gap=Gap.UNSUPPORTED_INPUT
        )
    return Blob(digest=found.digest, size=found.size, packing=_LAYERS[found.media_type])


def _items(document: dict[str, Any], key: str, what: str) -> list[Any]:
    found = field(document, key)
    if not isinstance(found, list):
        raise UnreadableImageError(f"{what} names no {key}")
    if len(found) > MAX_ENTRIES:
        raise UnreadableImageError(f"{what} names more than {MAX_ENTRIES} {key}", gap=Gap.TOO_LARGE)
    return found


class _AmbiguousError(ValueError):
    pass


_FIELDS = frozenset(
    (
        *("annotations", "architecture", "artifacttype", "config", "created_by", "diff_ids"),
        *("digest", "empty_layer", "env", "exposedports", "healthcheck", "history", "labels"),
        *(
            "layers",
            "manifests",
            "mediatype",
            "os",
            "platform",
            "repotags",
            "rootfs",
            "schemaversion",
        ),
        *("size", "test", "user", "variant"),
    )
)
"""The keys that matter, in small letters. Labels may well differ in case alone."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    folded = [key.casefold() for key in found]
    if len(found) != len(pairs) or any(folded.count(key) > 1 for key in _FIELDS & {*folded}):
        raise _AmbiguousError("it has one key twice")
    return found
