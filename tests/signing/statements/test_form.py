"""A statement's bytes."""

from __future__ import annotations

import json

import pytest

from pipeline.signing.facts import Subject
from pipeline.signing.statements.form import Statement
from pipeline.trust.statement import MAX_SUBJECTS, PAYLOAD_TYPE, parse

SUBJECT = Subject(name="a", sha256="ab" * 32)


def make(count: int) -> Statement:
    return Statement(
        name="x", predicate_type="t:x", subjects=(SUBJECT,) * count, predicate={"b": 1, "a": 2}
    )


def test_the_bytes_are_one_line_with_sorted_keys() -> None:
    payload = make(1).payload()
    assert payload.startswith(
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"a":2,"b":1}'
    )
    assert json.loads(payload)["subject"] == [{"name": "a", "digest": {"sha256": "ab" * 32}}]
    assert parse(PAYLOAD_TYPE, payload, "x", old=False).subjects == (("a", "ab" * 32),)


def test_the_number_of_subjects_is_what_verifiers_take() -> None:
    assert make(MAX_SUBJECTS).payload()
    for count in (0, MAX_SUBJECTS + 1):
        with pytest.raises(ValueError, match="subjects"):
            make(count)
