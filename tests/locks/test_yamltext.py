from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks import yamltext
from pipeline.locks.draft import RefusedError
from pipeline.locks.yamltext import parse
from pipeline.model import Gap, Unread


def refused(text: str) -> Unread:
    with pytest.raises(RefusedError) as caught:
        parse(text, "x")
    return caught.value.unread


def test_values_stay_the_texts_they_are() -> None:
    (document,) = parse("a: 1.10\nb: [yes, ~, 'x']\nc: {d: 2025-01-01}\ne: |-\n  one\n  two\n", "x")
    assert document.data == {
        "a": "1.10",
        "b": ["yes", "~", "x"],
        "c": {"d": "2025-01-01"},
        "e": "one\ntwo",
    }


def test_the_lines_of_two_levels() -> None:
    first, second = parse("---\na: 1\nb:\n  c: 1\n  d:\n    e: 1\n---\n? f\n: g: 1\n", "x")
    assert first.lines == {("", "a"): 2, ("", "b"): 3, ("b", "c"): 4, ("b", "d"): 5}
    assert second.lines == {("", "f"): 8, ("f", "g"): 9}


@pytest.mark.parametrize(
    ("text", "line", "gap"),
    [
        ("a: &x 1\n", 1, Gap.PARSE_ERROR),
        ("a: &x {}\n", 1, Gap.PARSE_ERROR),
        ("a: 1\nb: *x\n", 2, Gap.PARSE_ERROR),
        ("a: !!python/object:os.system x\n", 1, Gap.PARSE_ERROR),
        ("a: !x []\n", 1, Gap.PARSE_ERROR),
        ("a: 1\nb: 2\na: 3\n", 3, Gap.PARSE_ERROR),
        ("a: 1\n? [b]\n: 2\n", 2, Gap.PARSE_ERROR),
        ("- a\n", 1, Gap.PARSE_ERROR),
        ("text\n", 1, Gap.PARSE_ERROR),
        ("a: 'open\n\n", 2, Gap.PARSE_ERROR),
        ("a: 1\n\tb: 2\n", 2, Gap.PARSE_ERROR),
        ("a: " + "[" * 100_000, 1, Gap.TOO_LARGE),
        ("- " * 100_000, 1, Gap.PARSE_ERROR),
        ("a: \0\n", None, Gap.PARSE_ERROR),
    ],
)
def test_what_no_lock_has_is_refused(text: str, line: int | None, gap: Gap) -> None:
    unread = refused(text)
    assert (unread.location.line, unread.gap) == (line, gap)


def test_a_bomb_does_not_unfold() -> None:
    rows = ["a: &a [x, x]"] + [
        f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=False)
    ]
    assert refused("\n".join(rows)).location.line == 1


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "MAX_PARTS", 5)
    assert refused("a:\n- 1\n- 2\n- 3\n- 4\n").gap is Gap.TOO_LARGE
    assert len(parse("a:\n- 1\n- 2\n", "x")) == 1


def test_lines_end_where_everybody_ends_them() -> None:
    (document,) = parse("a: 'x\u2028y\x85z'\nb: 1\n", "x")
    assert document.lines["", "b"] == 2
    assert document.data["a"] == "x y z"


def test_without_the_c_parser_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    (document,) = parse("a: {b: '1'}\nc: 2\n", "x")
    assert document.data == {"a": {"b": "1"}, "c": "2"}
    assert refused("a: 1\na: 2\n").location.line == 2


TEXTS = st.text(st.sampled_from("ab'\"\\:{}[]#-, é\U0001f600~1!&*|>%@`?"), max_size=6)


@settings(deadline=None)
@given(
    st.dictionaries(TEXTS, st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=3), max_size=4))
)
def test_what_json_says_is_what_is_read(data: dict[str, Any]) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False)
    documents = parse(text, "x")
    assert [document.data for document in documents] == [data]
    rows = text.split("\n")
    for (outer, key), line in documents[0].lines.items():
        assert rows[line - 1].strip().startswith(json.dumps(key, ensure_ascii=False)) or not outer
