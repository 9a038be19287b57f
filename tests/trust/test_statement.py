"""In-toto statements: strictly read, and DSSE's bytes as its specification gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.trust.refused import RefusedError
from pipeline.trust.statement import MAX_SUBJECTS, PAYLOAD_TYPE, STATEMENT_TYPE, pae, parse

DIGEST = "ab" * 32
WHOLE = {
    "_type": STATEMENT_TYPE,
    "subject": [{"name": "a", "digest": {"sha256": DIGEST}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {"x": 1},
}


def statement(**more: Any) -> bytes:
    return json.dumps({**WHOLE, **more}).encode()


def test_the_example_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_statement_is_read() -> None:
    found = parse(PAYLOAD_TYPE, statement(), "a")
    assert found.subjects == (("a", DIGEST),)
    assert (found.predicate_type, found.predicate) == (WHOLE["predicateType"], {"x": 1})
    found.check_subject(DIGEST)
    with pytest.raises(RefusedError, match="about other files") as error:
        found.check_subject("cd" * 32)
    assert error.value.step == "subject"


def test_a_subject_without_a_name_is_one() -> None:
    found = parse(PAYLOAD_TYPE, statement(subject=[{"digest": {"sha256": DIGEST}}]), "a")
    assert found.subjects == (("", DIGEST),)


def test_a_subject_may_have_the_longer_digest_alone() -> None:
    found = parse(PAYLOAD_TYPE, statement(subject=[{"digest": {"sha512": "cd" * 64}}]), "a")
    assert found.subjects == (("", "sha512:" + "cd" * 64),)
    assert found.is_about(DIGEST, lambda: "cd" * 64)
    assert not found.is_about(DIGEST, lambda: "ef" * 64)
    assert not found.is_about(DIGEST)
    both = parse(
        PAYLOAD_TYPE,
        statement(subject=[{"digest": {"sha256": DIGEST, "sha512": "cd" * 64}}]),
        "a",
    )
    assert both.subjects == (("", DIGEST),)
    assert not both.is_about("ef" * 32, lambda: "cd" * 64), "the SHA-256 is what counts then"


def test_the_old_version_is_for_others_only() -> None:
    old = statement(_type="https://in-toto.io/Statement/v0.1")
    assert parse(PAYLOAD_TYPE, old, "a").subjects
    with pytest.raises(RefusedError):
        parse(PAYLOAD_TYPE, old, "a", old=False)


MANY = [{"name": "a", "digest": {"sha256": DIGEST}}] * (MAX_SUBJECTS + 1)


@pytest.mark.parametrize(
    ("payload", "step"),
    [
        (statement(_type="x"), "statement type"),
        (b"[]", "statement type"),
        (b"{", "media type"),
        (statement(predicateType=""), "predicate type"),
        (statement(predicateType=1), "predicate type"),
        (statement(subject=[]), "subject"),
        (statement(subject={}), "subject"),
        (statement(subject=MANY), "subject"),
        (statement(subject=[1]), "subject"),
        (statement(subject=[{"name": "a"}]), "subject"),
        (statement(subject=[{"digest": {"sha1": "a"}}]), "subject"),
        (statement(subject=[{"digest": {"sha512": DIGEST}}]), "subject"),
        (statement(subject=[{"digest": {"sha256": 1, "sha512": "cd" * 64}}]), "subject"),
        (statement(subject=[{"digest": {"sha256": DIGEST.upper()}}]), "subject"),
        (statement(subject=[{"digest": {"sha256": DIGEST[:-1]}}]), "subject"),
    ],
)
def test_anything_else_is_refused(payload: bytes, step: str) -> None:
    with pytest.raises(RefusedError) as error:
        parse(PAYLOAD_TYPE, payload, "a")
    assert error.value.step == step


def test_another_payload_is_refused() -> None:
    with pytest.raises(RefusedError, match="no in-toto") as error:
        parse("text/plain", statement(), "a")
    assert error.value.step == "payload type"
