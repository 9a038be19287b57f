"""JSON: what is wrong is told with its place, and every key has its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks.draft import RefusedError
from pipeline.locks.jsontext import keys, member_lines, parse
from pipeline.model import Unread


def refused(text: str) -> Unread:
    with pytest.raises(RefusedError) as caught:
        parse(text, "x")
    return caught.value.unread


def test_json_errors_carry_their_place() -> None:
    unread = refused('{\n  "secret": tok\n}')
    assert (unread.location.line, unread.location.column) == (2, 13)
    assert "secret" not in unread.why


def test_a_repeated_key_is_refused_at_any_depth() -> None:
    assert "twice" in refused('{"a": [{"b": 1, "b": 2}]}').why


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1,\n"b": {"a": "a"},\n"a": 2}', 3),
        ('{"a": [{"b": 1},\n{"b": 1, "c": "{",\n\n"\\u0062": 2}]}', 4),
        ('{"a": {"b": 1,\n"b" : 2}, "a": }', 2),
    ],
)
def test_a_repeated_key_is_refused_with_its_line(text: str, line: int) -> None:
    assert refused(text).location.line == line


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse('{"a": "\\ud83d\\ude00"}', "x") == {"a": "\U0001f600"}
    assert "surrogate" in refused('{"a": ["\\uDC00"]}').why


NAMES = st.text(st.sampled_from('ab"\\{}:[]\n'), max_size=5)


@settings(deadline=None)
@given(
    st.dictionaries(
        NAMES,
        st.dictionaries(NAMES, st.lists(st.dictionaries(NAMES, st.integers(), max_size=2)))
        | st.lists(NAMES),
        max_size=4,
    )
)
def test_member_lines_are_exact(data: dict[str, Any]) -> None:
    text = json.dumps(data, indent=1)
    lines = member_lines(text)
    wanted = {
        (outer, key) for outer, inner in data.items() if isinstance(inner, dict) for key in inner
    }
    assert set(lines) == wanted
    rows = text.split("\n")
    for (_, key), line in lines.items():
        assert rows[line - 1].startswith("  " + json.dumps(key) + ":")


JSON = st.recursive(
    NAMES | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=20,
)


def paths(value: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of a JSON value, in the order of its text."""
    found: list[tuple[str, ...]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [(*above, key), *paths(inner, (*above, key))]
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += paths(inner, (*above, str(number)))
    return found


@settings(deadline=None)
@given(JSON)
def test_keys_are_exact(data: Any) -> None:
    text = json.dumps(data, indent=1)
    rows = text.split("\n")
    found = [(tuple(path), line) for path, line in keys(text)]
    assert [path for path, _ in found] == paths(data)
    for path, line in found:
        assert rows[line - 1].lstrip().startswith(json.dumps(path[-1]) + ":")
