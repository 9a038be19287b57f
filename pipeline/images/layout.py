"""OCI layouts: folders with an index and blobs that are named by their digests.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md. Nothing in it is
believed: each document and each layer is held against its digest, the layers' plain content
against the configuration too.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.images import choose
from pipeline.images.documents import (
    MAX_DOCUMENT,
    UnreadableImageError,
    decode,
    field,
    read_index,
    read_manifest,
)
from pipeline.images.layers import look_through, stack
from pipeline.model import Gap
from pipeline.text import plain
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipeline.images.documents import Blob, Descriptor, Manifest
    from pipeline.images.layers import Visit
    from pipeline.images.reference import OnDisk
    from pipeline.model import Image

TRANSPORT = "layout"

_THREADS = 4
_CHUNK = 1 << 20


def find(reference: OnDisk, platform: str = "") -> list[Image]:
    """The images that a reference to a layout means: with neither tag nor digest, all in it.

    Raises `UnreadableImageError` when the layout or the reference leads nowhere; an image in it
    that cannot be read becomes one with a reason.
    """
    tree = _tree(reference)
    return find_with(partial(_read, tree), reference, platform, TRANSPORT, str(tree.root))


def find_with(
    read: Callable[[str], bytes], reference: OnDisk, platform: str, transport: str, place: str
) -> list[Image]:
    """As `find`, wherever the layout's files are; `read` gets the content of one."""
    fetch = _Blobs(read)
    version = field(decode(read("oci-layout"), "oci-layout"), "imageLayoutVersion")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise UnreadableImageError(
            "it is a layout of an unknown version", gap=Gap.UNSUPPORTED_INPUT
        )
    roots = read_index(decode(read("index.json"), "index.json"))
    found = choose.pick(choose.leaves(_named(roots, reference, fetch), fetch), platform)
    images = []
    for leaf in found:
        try:
            image = choose.image_of(
                leaf,
                fetch,
                name=reference.text,
                transport=transport,
                place=place,
                platform=platform,
            )
        except UnreadableImageError as error:
            image = choose.unread(reference.text, transport, error, leaf.descriptor.platform)
        images.append(image)
    return images


def _named(roots: tuple[Descriptor, ...], reference: OnDisk, fetch: _Blobs) -> Iterable[Descriptor]:
    """What the reference's tag or digest names, in the index or below it."""
    if reference.tag:
        found = [root for root in roots if root.tag == reference.tag]
        if len({root.digest for root in found}) > 1:
            raise UnreadableImageError(
                f"two images in it are called {plain(reference.tag)!r}",
                fix="name one by its digest: ./folder@sha256:…",
            )
    elif reference.digest:
        found = [root for root in roots if root.digest == reference.digest] or [
            leaf.descriptor
            for leaf in choose.leaves(roots, fetch)
            if leaf.descriptor.digest == reference.digest
        ]
    else:
        return roots
    if not found:
        tags = ", ".join(sorted({plain(root.tag) for root in roots if root.tag})[:10]) or "none"
        raise UnreadableImageError(
            f"nothing in it has this name; the tags in it: {tags}", gap=Gap.INPUT_MISSING
        )
    return found


class _Blobs:
    """The blobs of a layout, by descriptor."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read

    def __call__(self, wanted: Descriptor) -> bytes:
        content = self._read(path_of(wanted.digest))
        if len(content) != wanted.size:
            raise UnreadableImageError(f"{wanted.digest} is not as large as its manifest says")
        return content


def _tree(reference: OnDisk) -> Tree:
    try:
        return Tree.at(reference.path)
    except UnreadableFileError as error:
        raise UnreadableImageError(error.what, gap=Gap.INPUT_MISSING) from error


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path, limit=MAX_DOCUMENT)
    except UnreadableFileError as error:
        is_large = isinstance(error, FileTooLargeError)
        raise UnreadableImageError(
            f"{path}: {error.what}", gap=Gap.TOO_LARGE if is_large else Gap.INPUT_MISSING
        ) from error


def path_of(digest: str) -> str:
    """Where a layout keeps a blob."""
    return f"blobs/{digest.replace(':', '/')}"


def alone(image: Image) -> dict[str, bytes]:
    """The files of a layout in which the image is the only one, without its blobs.

    For tools that take the first image that they find. Raises `UnreadableImageError`.
    """
    content = _read(Tree(Path(image.place)), path_of(image.manifest))
    kind = field(decode(content, "the manifest", digest=image.manifest), "mediaType")
    entry = {
        "mediaType": kind or "application/vnd.oci.image.manifest.v1+json",
        "digest": image.manifest,
        "size": len(content),
    }
    return {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
    }


# ------------------------------------------------------------------------------------- layers


def verify(image: Image, *, known: bool = False) -> frozenset[str]:
    """Hold every layer's bytes against its digest, and its plain content against the image's.

    Answers with the names that are worth knowing of all layers together (`layers.stack`). Of an
    image that is `known`, only the stored bytes are held against their digests, which is quick.
    Raises `UnreadableImageError` for the first layer that is missing, cut, changed or of an
    unknown kind of packing.
    """
    tree = Tree(Path(image.place))
    manifest = _manifest(tree, image)
    diff_ids = [layer.diff_id for layer in image.layers]
    look = partial(_same, tree) if known else partial(_seen, tree)
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        found = list(pool.map(look, manifest.layers, diff_ids))
    for answer in found:
        if isinstance(answer, UnreadableImageError):
            raise answer
    return stack(answer for answer in found if not isinstance(answer, UnreadableImageError))


def visit(
    image: Image, visits: Mapping[str, Visit]
) -> Iterator[tuple[str, UnreadableImageError | None]]:
    """Hold the layers against their digests one by one: each diff id, and what is wrong with it.

    The files of a layer are shown to what `visits` has for its diff id. Of other layers the stored
    bytes alone are looked at. Raises `UnreadableImageError` for a manifest that cannot be read.
    """
    tree = Tree(Path(image.place))
    for blob, layer in zip(_manifest(tree, image).layers, image.layers, strict=True):
        wanted = visits.get(layer.diff_id)
        found: object
        try:
            look = partial(_seen, visit=wanted) if wanted else _same
            found = look(tree, blob, layer.diff_id)
        except UnreadableImageError as error:
            found = error
        yield layer.diff_id, found if isinstance(found, UnreadableImageError) else None


def _manifest(tree: Tree, image: Image) -> Manifest:
    content = _read(tree, path_of(image.manifest))
    return read_manifest(decode(content, "the manifest", digest=image.manifest))


def _same(tree: Tree, blob: Blob, _: str) -> tuple[str, ...] | UnreadableImageError:
    """Nothing, if a layer's stored bytes are what they were."""
    try:
        with tree.open(path_of(blob.digest)) as file:
            found = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except UnreadableFileError as error:
        return _missing(blob, error)
    return () if f"sha256:{found.hexdigest()}" == blob.digest else _changed(blob)


def _seen(
    tree: Tree, blob: Blob, diff_id: str, visit: Visit | None = None
) -> tuple[str, ...] | UnreadableImageError:
    """The names in a layer, or why it cannot be believed."""
    try:
        with tree.open(path_of(blob.digest)) as file:
            seen = look_through(file, blob.packing, visit=visit)
    except UnreadableFileError as error:
        return _missing(blob, error)
    if seen.packed != blob.digest or seen.size != blob.size:
        return _changed(blob)
    if seen.problem:
        return UnreadableImageError(f"layer {blob.digest} {seen.problem}", gap=seen.gap)
    if seen.plain != diff_id:
        return UnreadableImageError(
            f"layer {blob.digest} is not the one that the image's configuration names"
        )
    return seen.names


def _missing(blob: Blob, error: UnreadableFileError) -> UnreadableImageError:
    return UnreadableImageError(f"layer {blob.digest}: {error.what}", gap=Gap.INPUT_MISSING)


def _changed(blob: Blob) -> UnreadableImageError:
    return UnreadableImageError(f"layer {blob.digest} was cut or changed")
