"""Bundles are read strictly: what two readers could take for two things is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.trust import bundle
from pipeline.trust.bundle import MEDIA_TYPES, WRITTEN, read, strict
from pipeline.trust.refused import RefusedError


def make(**more: Any) -> bytes:
    return json.dumps({"mediaType": WRITTEN, **more}).encode()


@pytest.mark.parametrize("kind", sorted(MEDIA_TYPES))
def test_the_known_versions_are_read(kind: str) -> None:
    found = read(make(mediaType=kind), "a")
    assert (found.where, found.document["mediaType"]) == ("a", kind)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no strict JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no bundle that is known"),
        (make(mediaType="application/vnd.dev.sigstore.bundle.v0.4+json"), "no bundle that is"),
        (b'{"mediaType": 1, "mediaType": 2}', "stands twice"),
        (b'{"a": {"b": 1, "b": 2}}', "stands twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"[" * 100_000, "no strict JSON"),
        (b"\xff", "no strict JSON"),
        (make(a={"sig": "YQ"}), "sig is not base64"),
        (make(a=[{"payload": "YR=="}]), "payload is not base64"),
        (make(a={"hashes": ["YQ==", "Y-_="]}), "hashes is not base64"),
    ],
)
def test_what_is_no_bundle_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as error:
        read(content, "a")
    assert (error.value.step, error.value.where) == ("media type", "a")


def test_a_bundle_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_BYTES", 10)
    with pytest.raises(RefusedError, match="larger than 10 bytes"):
        read(make(), "a")


def test_what_is_not_there_reads_as_nothing() -> None:
    found = read(make(), "a")
    assert (found.material, found.entries, found.by_key, found.envelope) == ({}, [], False, None)
    assert (found.digest, found.algorithm) == ("", "")
    with pytest.raises(RefusedError, match="no attestation"):
        _ = found.payload


@pytest.mark.parametrize("odd", [1, "a", [], None, {"tlogEntries": 1}, {"tlogEntries": ["a"]}])
def test_odd_shapes_read_as_nothing(odd: Any) -> None:
    found = read(make(verificationMaterial=odd, messageSignature=odd, dsseEnvelope=[]), "a")
    assert (found.entries, found.by_key, found.envelope, found.digest) == ([], False, None, "")


def test_the_parts_of_a_bundle() -> None:
    found = read(
        make(
            verificationMaterial={"publicKey": {}, "tlogEntries": [{"logIndex": "1"}]},
            messageSignature={"messageDigest": {"algorithm": "SHA2_256", "digest": "q80="}},
            dsseEnvelope={"payload": "YWI="},
        ),
        "a",
    )
    assert found.by_key
    assert found.entries == [{"logIndex": "1"}]
    assert (found.algorithm, found.digest, found.payload) == ("SHA2_256", "abcd", b"ab")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sig", "mediaType", "verificationMaterial", "dsseEnvelope", "x"]),
            inner,
            max_size=3,
        )
    ),
)


@settings(deadline=None)
@given(value=values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        found = read(json.dumps(value).encode(), "a")
    except RefusedError:
        return
    assert isinstance(found.by_key, bool)


@settings(deadline=None)
@given(content=st.binary(max_size=40))
def test_base64_has_one_form(content: bytes) -> None:
    text = base64.b64encode(content).decode()
    assert read(make(sig=text), "a").document["sig"] == text
    if text.endswith("="):
        with pytest.raises(RefusedError):
            read(make(sig=text[:-1]), "a")


def test_strict_json_is_for_payloads_too() -> None:
    assert strict(b'{"a": [1.5]}', "x") == {"a": [1.5]}
