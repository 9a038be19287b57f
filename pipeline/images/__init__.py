"""Built images: what somebody named, found and held against its digests; nothing is run.

reference    what an image is called                 choose       every platform, or the named one
layout       OCI layouts: folders of blobs           documents    manifests and indexes
archive      docker archives                         config       user, ports, environment
registry     registries, without layers              redact       history without secrets
credentials  the files of container tools            layers       digests, and what is in a layer
kept         blobs that were fetched                 packed       OCI layouts in an archive
streams      how layers are packed                   apart        one of several in an archive
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pipeline.images.documents import UnreadableImageError
    from pipeline.images.layers import Visit
    from pipeline.images.reference import InRegistry, OnDisk
    from pipeline.model import Image


def look(wanted: Iterable[tuple[str, str, Path]], *, offline: bool = False) -> tuple[Image, ...]:
    """The images that references mean, each with a platform ("" for all) and its folder.

    One that cannot be read says why. Raises `UsageError` for a reference that makes no sense.
    """
    from pipeline.images.reference import parse  # noqa: PLC0415 - only where an image is named

    found: dict[tuple[str, str], Image] = {}
    asked = [(parse(text, folder), platform) for text, platform, folder in wanted]
    for reference, platform in dict.fromkeys(asked):
        for image in _find(reference, platform, offline=offline):
            found.setdefault((image.name, image.config or image.platform), image)
    return tuple(found.values())


def _find(reference: InRegistry | OnDisk, platform: str, *, offline: bool) -> list[Image]:
    from pipeline.images import archive, choose, layout, packed, registry  # noqa: PLC0415 - as above
    from pipeline.images.documents import UnreadableImageError  # noqa: PLC0415
    from pipeline.images.reference import InRegistry  # noqa: PLC0415

    kind = registry.TRANSPORT
    try:
        if isinstance(reference, InRegistry):
            return registry.find(reference, platform, offline=offline)
        if reference.path.is_dir():
            kind = layout.TRANSPORT
            return layout.find(reference, platform)
        if archive.is_layout(reference.path):
            kind = packed.TRANSPORT
            return packed.find(reference, platform)
        kind = archive.TRANSPORT
        return archive.find(reference, platform)
    except UnreadableImageError as error:
        return [choose.unread(reference.text, kind, error, platform)]


def verify(image: Image, *, known: bool = False) -> frozenset[str]:
    """Hold an image's layers against its digests; names worth knowing of what is in them.

    The layers of an image in a registry have to be pulled before. Of a `known` image only what is
    cheap is done. Raises `UnreadableImageError`.
    """
    from pipeline.images import archive, layout  # noqa: PLC0415 - as above

    if image.transport == archive.TRANSPORT:
        return archive.verify(image)
    return layout.verify(image, known=known)


def visit(
    image: Image, visits: Mapping[str, Visit]
) -> Iterator[tuple[str, UnreadableImageError | None]]:
    """Show the files of layers to `visits`, by diff id; see `layout.visit`."""
    from pipeline.images import archive, layout  # noqa: PLC0415 - as above

    if image.transport == archive.TRANSPORT:
        return archive.visit(image, visits)
    return layout.visit(image, visits)


def pull(image: Image) -> Image:
    """An image with its blobs in a folder: what is in a registry or packed comes into our cache.

    Raises `UnreadableImageError`, and `IncompleteError` where the disk refuses.
    """
    from pipeline.files import explained  # noqa: PLC0415 - as above
    from pipeline.images import kept, packed, registry  # noqa: PLC0415

    if image.transport not in {registry.TRANSPORT, packed.TRANSPORT}:
        return image
    store = kept.folder()
    kept.tidy(store)
    with explained(store), kept.held(store, image.manifest):
        if image.transport == packed.TRANSPORT:
            return packed.unpack(image, store)
        return registry.pull(image, store)


def single(image: Image) -> Image:
    """An image that a program can be given by itself: one of several in a docker archive is not.

    Raises as `pull`.
    """
    from pipeline.files import explained  # noqa: PLC0415 - as above
    from pipeline.images import apart, archive, kept  # noqa: PLC0415

    if image.transport != archive.TRANSPORT or not apart.is_one_of_several(image):
        return image
    store = kept.folder()
    kept.tidy(store)
    with explained(store), kept.held(store, image.config):
        return apart.unpack(image, store)


def alone(image: Image) -> dict[str, bytes]:
    """The files of an OCI layout that holds the image and no other; see `layout.alone`."""
    from pipeline.images import layout  # noqa: PLC0415 - as above

    return layout.alone(image)
