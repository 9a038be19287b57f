"""From what a name leads to, to single images: every platform, or those that were asked for.

An index is a tree of manifests. None of its images is left out silently, and none is taken just
because it comes first. What is no image, such as a build's provenance beside it, is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.images.config import read_config
from pipeline.images.documents import (
    MANIFESTS,
    MAX_ENTRIES,
    Descriptor,
    UnreadableImageError,
    decode,
    is_index,
    read_index,
    read_manifest,
)
from pipeline.model import Gap, Image, Location, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.images.documents import Manifest

    Fetch = Callable[[Descriptor], bytes]

_DEPTH = 4
"""How deep indexes may lie in one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One image's manifest: where it is listed, and for which platform."""

    descriptor: Descriptor
    index: str = ""


def leaves(roots: Iterable[Descriptor], fetch: Fetch) -> list[Leaf]:
    """Every image that `roots` lead to, each once; `fetch` gets a document's bytes."""
    found: dict[str, Leaf] = {}
    for root in roots:
        for leaf in _walk(root, "", fetch, _DEPTH):
            found.setdefault(leaf.descriptor.digest, leaf)
            if len(found) > MAX_ENTRIES:
                raise UnreadableImageError(
                    f"it leads to more than {MAX_ENTRIES} images", gap=Gap.TOO_LARGE
                )
    return list(found.values())


def _walk(part: Descriptor, index: str, fetch: Fetch, depth: int) -> Iterator[Leaf]:
    if part.is_statement or part.platform.startswith("unknown/"):
        return
    if part.media_type in MANIFESTS:
        yield Leaf(descriptor=part, index=index)
        return
    if not depth:
        raise UnreadableImageError("its indexes lie too deep in one another", gap=Gap.TOO_LARGE)
    document = decode(fetch(part), "the index", digest=part.digest)
    if not is_index(document):
        raise UnreadableImageError(
            "it is neither an image nor an index of images", gap=Gap.UNSUPPORTED_INPUT
        )
    for entry in read_index(document):
        yield from _walk(entry, part.digest, fetch, depth - 1)


def pick(found: Sequence[Leaf], platform: str) -> list[Leaf]:
    """The leaves for `platform`, or all of them where it is ""; raises where there is none.

    "linux/arm64" stands for its variants too. A leaf that does not say what it is for is kept
    where it is the only one: `images` then looks at its configuration.
    """
    if not found:
        raise UnreadableImageError("it leads to no image", gap=Gap.INPUT_MISSING)
    if not platform:
        return list(found)
    fitting = [leaf for leaf in found if fits(leaf.descriptor.platform, platform) or not leaf.index]
    if not fitting:
        known = ", ".join(sorted({leaf.descriptor.platform or "unknown" for leaf in found}))
        raise UnreadableImageError(
            f"it has no image for {platform}, only for {known}", gap=Gap.INPUT_MISSING
        )
    return fitting


def fits(platform: str, wanted: str) -> bool:
    """Whether a platform is the wanted one, or a variant of it."""
    return platform == wanted or platform.startswith(f"{wanted}/")


def manifest_of(leaf: Leaf, fetch: Fetch) -> Manifest:
    """The leaf's manifest, held against its digest."""
    digest = leaf.descriptor.digest
    return read_manifest(decode(fetch(leaf.descriptor), "the manifest", digest=digest))


def image_of(  # noqa: PLR0913 - what the two kinds of places know of an image
    leaf: Leaf, fetch: Fetch, *, name: str, transport: str, place: str, platform: str
) -> Image:
    """The image of a leaf: its manifest and configuration, both held against their digests."""
    manifest = manifest_of(leaf, fetch)
    content = fetch(manifest.config)
    document = decode(content, "the configuration", digest=manifest.config.digest)
    about = read_config(document, [layer.digest for layer in manifest.layers])
    if leaf.index and leaf.descriptor.platform:
        about["platform"] = leaf.descriptor.platform
    elif platform and not fits(about["platform"], platform):
        raise UnreadableImageError(
            f"it has no image for {platform}, only for {about['platform'] or 'unknown'}",
            gap=Gap.INPUT_MISSING,
        )
    if manifest.base or manifest.base_digest:
        about |= {"base": manifest.base, "base_digest": manifest.base_digest}
    return Image(
        name=name,
        transport=transport,
        place=place,
        index=leaf.index,
        manifest=leaf.descriptor.digest,
        config=manifest.config.digest,
        tags=(leaf.descriptor.tag,) if leaf.descriptor.tag else (),
        **about,
    )


def unread(name: str, transport: str, error: UnreadableImageError, platform: str = "") -> Image:
    """An image that could not be looked at, with the reason."""
    why = f"{error.what} ({error.fix})" if error.fix else error.what
    return Image(
        name=name,
        transport=transport,
        platform=platform,
        unread=Unread(location=Location(path=name), why=why, gap=error.gap),
    )
