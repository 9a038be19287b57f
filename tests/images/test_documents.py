"""Manifests and indexes as anybody may have written them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.images.documents import (
    MAX_DOCUMENT,
    MAX_ENTRIES,
    UnreadableImageError,
    decode,
    descriptor,
    field,
    is_index,
    platform_of,
    read_index,
    read_manifest,
    sha256,
    unambiguous_list,
)
from pipeline.model import Gap
from tests.kit import images as kit

SHA = "sha256:" + "a" * 64
POINTER = {"mediaType": kit.CONFIG, "digest": SHA, "size": 3}
MANIFEST: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": kit.MANIFEST,
    "config": POINTER,
    "layers": [{"mediaType": kit.LAYER, "digest": SHA, "size": 1}],
}


def test_a_manifest() -> None:
    notes = {
        "org.opencontainers.image.base.name": "debian:12",
        "org.opencontainers.image.base.digest": SHA,
    }
    found = read_manifest(MANIFEST | {"annotations": notes})
    assert found.config.digest == SHA
    assert [(layer.digest, layer.size, layer.packing) for layer in found.layers] == [(SHA, 1, "")]
    assert (found.base, found.base_digest) == ("debian:12", SHA)


@pytest.mark.parametrize(
    ("change", "why", "gap"),
    [
        ({"schemaVersion": 1}, "of a kind", Gap.UNSUPPORTED_INPUT),
        ({"mediaType": "text/plain"}, "of a kind", Gap.UNSUPPORTED_INPUT),
        ({"config": None}, "descriptor is missing", Gap.PARSE_ERROR),
        ({"config": POINTER | {"size": -1}}, "size", Gap.PARSE_ERROR),
        ({"config": POINTER | {"digest": "sha512:ab"}}, "SHA-256", Gap.UNSUPPORTED_INPUT),
        ({"config": POINTER | {"mediaType": "text/x"}}, "no container", Gap.UNSUPPORTED_INPUT),
        ({"layers": None}, "names no layers", Gap.PARSE_ERROR),
        ({"layers": [POINTER]}, "a layer of a kind", Gap.UNSUPPORTED_INPUT),
        ({"layers": [POINTER] * (MAX_ENTRIES + 1)}, "more than", Gap.TOO_LARGE),
    ],
)
def test_what_is_no_manifest(change: dict[str, Any], why: str, gap: Gap) -> None:
    with pytest.raises(UnreadableImageError, match=why) as caught:
        read_manifest(MANIFEST | change)
    assert caught.value.gap is gap


def test_an_index() -> None:
    plain = {"mediaType": kit.MANIFEST, "digest": SHA, "size": 1}
    document = {
        "schemaVersion": 2,
        "manifests": [
            plain
            | {
                "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
                "annotations": {"org.opencontainers.image.ref.name": "1.0"},
            },
            plain | {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
            plain | {"artifactType": "application/x"},
        ],
    }
    assert is_index(document)
    assert not is_index(MANIFEST)
    first, second, third = read_index(document)
    assert (first.platform, first.tag, first.is_statement) == ("linux/arm/v7", "1.0", False)
    assert second.is_statement
    assert third.is_statement


@pytest.mark.parametrize("found", [None, {}, {"os": "linux"}, {"os": 1, "architecture": "arm"}])
def test_a_platform_that_is_not_told(found: Any) -> None:
    assert platform_of(found) == ""


def test_a_document_is_held_against_its_digest() -> None:
    content = kit.encode(MANIFEST)
    assert decode(content, "it", digest=sha256(content)) == MANIFEST
    with pytest.raises(UnreadableImageError, match="does not have the digest"):
        decode(content, "it", digest=SHA)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"layers": [], "layers": [1]}', "one key twice"),
        (b'{"layers": [], "Layers": [1]}', "one key twice"),
        (b'{"x": 1, "x": 2}', "one key twice"),
        (b"[" * 100_000, "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "no JSON object"),
        (b" " * (MAX_DOCUMENT + 1), "larger than"),
    ],
)
def test_what_readers_could_read_differently(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableImageError, match=why):
        decode(content, "the manifest")


def test_labels_may_differ_in_case() -> None:
    assert decode(b'{"Maintainer": "a", "maintainer": "b"}', "it")["Maintainer"] == "a"


def test_keys_are_found_in_any_capitals() -> None:
    assert field({"ENV": 1}, "Env") == 1
    assert field({"ENV": 1}, "User") is None


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"]"])
def test_what_is_no_list_of_objects(content: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        unambiguous_list(content, "manifest.json")


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


@given(
    document=st.dictionaries(
        st.sampled_from([*MANIFEST, "manifests", "annotations"]), _VALUES | st.just(POINTER)
    )
)
@settings(deadline=None)
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    for read in (read_manifest, read_index, descriptor):
        try:
            read(document)
        except UnreadableImageError as error:
            assert error.what  # noqa: PT017 - either is right, nothing else is
