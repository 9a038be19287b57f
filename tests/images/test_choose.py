"""From a name to single images, over documents in memory."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.images.choose import Leaf, fits, image_of, leaves, pick, unread
from pipeline.images.documents import Descriptor, UnreadableImageError
from pipeline.model import Gap
from tests.kit.images import INDEX, MANIFEST, Built, Index, blobs, descriptor, digest, encode

APP, ARM = Built.of({"a": b"1"}), Built.of({"a": b"2"}, platform="linux/arm64")
BOTH = Index(APP, ARM)
STORE = blobs(BOTH)


def fetch(wanted: Descriptor) -> bytes:
    return STORE[wanted.digest]


def pointer(kind: str, content: bytes, **more: Any) -> Descriptor:
    return Descriptor(media_type=kind, digest=digest(content), size=len(content), **more)


def test_an_image_is_found_once() -> None:
    index, manifest = pointer(INDEX, BOTH.document()), pointer(MANIFEST, APP.manifest())
    found = leaves([index, manifest, index], fetch)
    assert [leaf.descriptor.platform for leaf in found] == ["linux/amd64", "linux/arm64"]


def test_what_is_no_image_is_passed_over() -> None:
    beside = [
        pointer(MANIFEST, APP.manifest(), is_statement=True),
        pointer(MANIFEST, APP.manifest(), platform="unknown/unknown"),
    ]
    assert leaves(beside, fetch) == []
    with pytest.raises(UnreadableImageError, match="no image"):
        pick([], "")


def test_indexes_in_indexes() -> None:
    content, kept = BOTH.document(), dict(STORE)
    for depth in range(5):
        content = encode({"schemaVersion": 2, "manifests": [descriptor(INDEX, content)]})
        kept[digest(content)] = content
        root = pointer(INDEX, content)
        if depth < 3:
            assert len(leaves([root], lambda part: kept[part.digest])) == 2
        else:
            with pytest.raises(UnreadableImageError, match="too deep"):
                leaves([root], lambda part: kept[part.digest])


def test_what_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{"mediaType": "text/plain"}'
    monkeypatch.setitem(STORE, digest(content), content)
    with pytest.raises(UnreadableImageError, match="neither an image nor an index"):
        leaves([pointer("text/plain", content)], fetch)


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.images.choose.MAX_ENTRIES", 1)
    with pytest.raises(UnreadableImageError, match="more than 1 images"):
        leaves([pointer(INDEX, BOTH.document())], fetch)


def test_a_variant_fits_its_platform() -> None:
    assert fits("linux/arm64/v8", "linux/arm64")
    assert not fits("linux/arm64", "linux/arm64/v8")
    assert not fits("linux/arm64", "linux/arm")


def test_the_index_says_what_an_image_is_for() -> None:
    leaf = Leaf(
        descriptor=pointer(MANIFEST, APP.manifest(), platform="linux/amd64/v2"), index="sha256:1"
    )
    about = {"name": "app", "transport": "registry", "place": "p"}
    assert image_of(leaf, fetch, **about, platform="").platform == "linux/amd64/v2"


def test_the_base_image() -> None:
    notes = {"org.opencontainers.image.base.name": "debian:12"}
    labelled = Built.of({"a": b"1"}, labels={"org.opencontainers.image.base.name": "debian:11"})
    noted = Built(labelled.layers, labelled.config, notes)
    for image, base in ((labelled, "debian:11"), (noted, "debian:12")):
        store = blobs(image)
        found = image_of(
            Leaf(descriptor=pointer(MANIFEST, image.manifest())),
            lambda part, store=store: store[part.digest],  # type: ignore[misc]
            name="app",
            transport="layout",
            place="p",
            platform="",
        )
        assert found.base == base


def test_an_image_that_says_why() -> None:
    error = UnreadableImageError("cut", gap=Gap.TOO_LARGE, fix="pull it again")
    found = unread("app", "layout", error, "linux/amd64")
    assert found.unread is not None
    assert (found.unread.why, found.unread.gap) == ("cut (pull it again)", Gap.TOO_LARGE)
    assert found.title == "app (linux/amd64)"
