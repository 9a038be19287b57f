"""One image of a docker archive that holds several, as a layout of ours: Trivy takes the first.

Nothing of it is reported: the image goes by the digest of its configuration, as in the archive. The
manifest is made here, from the layers as they are stored, and `layout.verify` holds all of them
against it and against the configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.files import replacing, write
from pipeline.images import archive, layout
from pipeline.images.documents import UnreadableImageError
from pipeline.images.streams import ZSTD, kind_of

if TYPE_CHECKING:
    import tarfile

    from pipeline.model import Image

_OCI = "application/vnd.oci.image"
_CHUNK = 1 << 20


def is_one_of_several(image: Image) -> bool:
    """Whether the archive of an image holds others beside it; raises `UnreadableImageError`."""
    with archive.opened(Path(image.place)) as found:
        return len(archive.listed(found, archive.members_of(found))) > 1


def unpack(image: Image, store: Path) -> Image:
    """The image with its blobs in the folder `store`; raises `UnreadableImageError`."""
    blobs = store / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    with archive.opened(Path(image.place)) as found:
        members = archive.members_of(found)
        config, names = archive.parts_of(found, members, image)
        layers = [
            _saved(found, archive.resolved(members, name), layer.diff_id, blobs)
            for name, layer in zip(names, image.layers, strict=True)
        ]
    document = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _described(f"{_OCI}.config.v1+json", image.config, len(config)),
        "layers": layers,
    }
    manifest = json.dumps(document, sort_keys=True).encode()
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    for name, content in ((image.config, config), (digest, manifest)):
        write(blobs / name.removeprefix("sha256:"), content)
    return replace(image, transport=layout.TRANSPORT, place=str(store), manifest=digest)


def _saved(
    found: tarfile.TarFile, member: tarfile.TarInfo, diff_id: str, blobs: Path
) -> dict[str, Any]:
    """What a manifest says of a layer, once its bytes lie among the blobs, as they are stored."""
    with archive.content(found, member) as file:
        packing = kind_of(file.read(len(ZSTD)))
    digest = _digest(found, member) if packing else diff_id
    place = blobs / digest.removeprefix("sha256:")
    if place.is_file() and place.stat().st_size == member.size:
        os.utime(place)  # what is used stays, when the store is cleared
    else:
        _copy(found, member, digest, place)
    kind = f"{_OCI}.layer.v1.tar{'+' if packing else ''}{packing}"
    return _described(kind, digest, member.size)


def _digest(found: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    with archive.content(found, member) as file:
        hashed = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    return f"sha256:{hashed.hexdigest()}"


def _copy(found: tarfile.TarFile, member: tarfile.TarInfo, digest: str, place: Path) -> None:
    """Copy a member; what does not have the digest is not kept."""
    hashed = hashlib.sha256()
    with replacing(place) as copy, archive.content(found, member) as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
            copy.write(chunk)
        if f"sha256:{hashed.hexdigest()}" != digest:
            raise UnreadableImageError(
                f"layer {digest} is not the one that the image's configuration names"
            )


def _described(kind: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest, "size": size}
