"""Patterns and names."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.discover.names import is_text, matcher, printable


@pytest.mark.parametrize(
    ("pattern", "covered", "other"),
    [
        ("a", ["a"], ["b", "a/b", "ab", "b/a", "A"]),
        ("a/", ["a"], ["a/b"]),
        ("./a/b", ["a/b"], ["a"]),
        ("*.txt", ["x.txt", ".txt"], ["a/x.txt", "x.txt.gz"]),
        ("a/*", ["a/b"], ["a", "a/b/c"]),
        ("a/**", ["a", "a/b", "a/b/c"], ["ab", "b/a"]),
        ("**", ["a", "a/b"], []),
        ("**/", ["a", "a/b"], []),
        ("**/x", ["x", "a/x", "a/b/x"], ["ax", "x/a"]),
        ("a/**/x", ["a/x", "a/b/x", "a/b/c/x"], ["ax", "a/bx", "x"]),
        ("**/t/**", ["t", "a/t", "a/t/b", "t/b/c"], ["at", "a/tb"]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("a**b", ["ab", "axb"], ["a/b"]),
        ("a.b", ["a.b"], ["axb"]),
        ("[ab]", ["[ab]"], ["a"]),
        ("a\nb*", ["a\nbc"], ["a"]),
    ],
)
def test_what_a_pattern_covers(pattern: str, covered: list[str], other: list[str]) -> None:
    matches = matcher([pattern])
    assert [path for path in covered if not matches(path)] == []
    assert [path for path in other if matches(path)] == []


def test_several_patterns_and_none() -> None:
    assert [path for path in "abc" if matcher(["a", "c"])(path)] == ["a", "c"]
    assert not matcher([])("a")


def test_names_that_are_no_text_can_be_printed() -> None:
    name = os.fsdecode(b"caf\xe9/\xff\xc3\xbc")
    assert not is_text(name)
    assert printable(name) == "caf\\xe9/\\xffü"
    assert is_text("ü/\n")
    assert printable("ü") == "ü"


@settings(deadline=None)
@given(st.binary(max_size=30).filter(lambda name: b"\0" not in name))
def test_any_name_can_be_printed(name: bytes) -> None:
    text = os.fsdecode(name)
    assert json.dumps(printable(text), ensure_ascii=False).encode()
    assert is_text(text) is (printable(text) == text)


@settings(deadline=None)
@given(st.text("ab*?/.[]()|\\", max_size=12), st.text("ab/.", max_size=12))
def test_any_pattern_can_be_matched(pattern: str, path: str) -> None:
    assert matcher([pattern])(path) in {True, False}
