"""OCI layouts in an archive, as `docker buildx build --output type=oci` and skopeo write them.

Trivy reads no such archive. What the plan needs is read where it lies; the blobs of one image are
taken out into our store when it is looked at.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import explained, replacing, write
from pipeline.images import archive, layout
from pipeline.images.documents import Blob, UnreadableImageError, decode, read_manifest

if TYPE_CHECKING:
    import tarfile

    from pipeline.images.reference import OnDisk
    from pipeline.model import Image

TRANSPORT = "oci-archive"

_CHUNK = 1 << 20


def find(reference: OnDisk, platform: str = "") -> list[Image]:
    """The images that a reference to such an archive means; as `layout.find`."""
    place = str(reference.path.resolve())
    with archive.opened(reference.path) as found:
        read = partial(archive.document, found, archive.members_of(found))
        return layout.find_with(read, reference, platform, TRANSPORT, place)


def unpack(image: Image, store: Path) -> Image:
    """The image with its blobs in the folder `store`; those that are there already stay.

    `layout.verify` holds all of them against their digests. Raises `UnreadableImageError`.
    """
    blobs = store / "blobs" / "sha256"
    with explained(blobs):
        blobs.mkdir(parents=True, exist_ok=True)
    with archive.opened(Path(image.place)) as found:
        members = archive.members_of(found)
        content = archive.document(found, members, layout.path_of(image.manifest))
        manifest = read_manifest(decode(content, "the manifest", digest=image.manifest))
        write(blobs / image.manifest.removeprefix("sha256:"), content)
        config = Blob(digest=manifest.config.digest, size=manifest.config.size, packing="")
        for blob in (config, *manifest.layers):
            member = archive.resolved(members, layout.path_of(blob.digest))
            if member.size != blob.size:
                raise UnreadableImageError(f"layer {blob.digest} was cut or changed")
            _save(found, member, blobs / blob.digest.removeprefix("sha256:"))
    return replace(image, place=str(store))


def _save(found: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    if place.is_file() and place.stat().st_size == member.size:
        os.utime(place)  # what is used stays, when the store is cleared
        return
    with replacing(place) as file, archive.content(found, member) as packed:
        while chunk := packed.read(_CHUNK):
            file.write(chunk)
