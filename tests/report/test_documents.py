from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import UnreadableOutputError
from pipeline.report.documents import check, encode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    file = tmp_path / "a.schema.json"
    file.write_text(json.dumps({"properties": {"a": {"type": "integer"}}, "required": ["a"]}))
    return file


def test_keys_are_sorted_and_the_end_is_a_line() -> None:
    assert encode({"b": 1, "a": [2]}) == b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
    assert encode({"b": 1, "a": [2]}, indent=-1) == b'{"a":[2],"b":1}\n'


def test_what_deceives_a_terminal_is_escaped_and_not_lost() -> None:
    text = "\u202e\U000e0041\x9bü"
    content = encode({"a": text}, indent=-1)
    assert content.decode() == '{"a":"\\u202e\\udb40\\udc41\\u009bü"}\n'
    assert json.loads(content) == {"a": text}


def test_half_a_surrogate_pair_is_replaced_wherever_it_stands() -> None:
    assert json.loads(encode({"a": ["\ud800", {"b": ("x\udfff",)}], "c": 1})) == {
        "a": ["\ufffd", {"b": ["x\ufffd"]}],
        "c": 1,
    }


def test_a_document_that_follows_its_schema(schema: Path) -> None:
    assert check(b'{"a": 1}', schema, where="x.json") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": "1"}', "does not follow a.schema.json at /a: "),
        (b"{}", "does not follow a.schema.json at /: "),
        (b"{", "is no JSON: "),
        (b'"\xff"', "is no JSON: "),
    ],
)
def test_what_does_not_is_named_with_its_mend(schema: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableOutputError) as caught:
        check(content, schema, where="x.json", fix="write it again")
    assert str(caught.value).startswith(f"x.json: {said}")
    assert caught.value.fix == "write it again"
