"""OCI layouts: folders with an index and blobs that are named by their digests.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md. Nothing in it is
believed: each document and each layer is held against its digest, the layers' plain content
against the configuration too.
"""

from __future__ import annotations

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
from pipeline.images.layers import hash_layer
from pipeline.model import Gap
from pipeline.text import plain
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.images.documents import Blob, Descriptor
    from pipeline.images.reference import OnDisk
    from pipeline.model import Image

TRANSPORT = "layout"

_THREADS = 4


def find(reference: OnDisk, platform: str = "") -> list[Image]:
    """The images that a reference to a layout means: with neither tag nor digest, all in it.

    Raises `UnreadableImageError` when the layout or the reference leads nowhere; an image in it
    that cannot be read becomes one with a reason.
    """
    tree = _tree(reference)
    fetch = _Blobs(tree)
    _check_version(tree)
    roots = read_index(decode(_read(tree, "index.json"), "index.json"))
    found = choose.pick(choose.leaves(_named(roots, reference, fetch), fetch), platform)
    images = []
    for leaf in found:
        try:
            image = choose.image_of(
                leaf,
                fetch,
                name=reference.text,
                transport=TRANSPORT,
                place=str(tree.root),
                platform=platform,
            )
        except UnreadableImageError as error:
            image = choose.unread(reference.text, TRANSPORT, error, leaf.descriptor.platform)
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

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def __call__(self, wanted: Descriptor) -> bytes:
        content = _read(self._tree, _path(wanted.digest))
        if len(content) != wanted.size:
            raise UnreadableImageError(f"{wanted.digest} is not as large as its manifest says")
        return content


def _check_version(tree: Tree) -> None:
    version = field(decode(_read(tree, "oci-layout"), "oci-layout"), "imageLayoutVersion")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise UnreadableImageError(
            "it is a layout of an unknown version", gap=Gap.UNSUPPORTED_INPUT
        )


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


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


# ------------------------------------------------------------------------------------- layers


def verify(image: Image) -> None:
    """Hold every layer's bytes against its digest, and its plain content against the image's.

    Raises `UnreadableImageError` for the first that is missing, cut, changed or of an unknown
    kind of packing.
    """
    tree = Tree(Path(image.place))
    content = _read(tree, _path(image.manifest))
    manifest = read_manifest(decode(content, "the manifest", digest=image.manifest))
    diff_ids = [layer.diff_id for layer in image.layers]
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        for problem in pool.map(partial(_problem, tree), manifest.layers, diff_ids):
            if problem:
                raise problem


def _problem(tree: Tree, blob: Blob, diff_id: str) -> UnreadableImageError | None:
    """Why a layer cannot be believed."""
    try:
        with tree.open(_path(blob.digest)) as file:
            sums = hash_layer(file, blob.packing)
    except UnreadableFileError as error:
        return UnreadableImageError(f"layer {blob.digest}: {error.what}", gap=Gap.INPUT_MISSING)
    if sums.packed != blob.digest or sums.size != blob.size:
        return UnreadableImageError(f"layer {blob.digest} was cut or changed")
    if sums.problem:
        return UnreadableImageError(f"layer {blob.digest} {sums.problem}", gap=sums.gap)
    if sums.plain != diff_id:
        return UnreadableImageError(
            f"layer {blob.digest} is not the one that the image's configuration names"
        )
    return None
