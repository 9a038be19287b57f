from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from pipeline.locks.pypi import (
    from_path,
    from_url,
    hashes_of,
    is_public,
    labels,
    name_of,
    named_by_file,
    normalised,
    required_name,
    shown,
    table,
    tables,
    texts,
)
from pipeline.model import Origin


@given(st.text())
def test_names_are_normalised_as_packaging_does(name: str) -> None:
    assert normalised(name) == canonicalize_name(name)


@given(st.text(st.sampled_from("aZ0-_. é\n"), max_size=6))
def test_names_are_valid_where_packaging_says_so(name: str) -> None:
    try:
        wanted: str | None = canonicalize_name(name, validate=True)
    except ValueError:
        wanted = None
    if name.isascii() and not name.endswith("\n"):
        assert name_of(name) == wanted
    else:
        assert name_of(name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A_b", "a-b"),
        ("a>=1", "a"),
        ("a [x] ; m", "a"),
        ("a @ https://h", "a"),
        ("a-", None),
        ("", None),
        (">1", None),
        ("a/b", None),
        (1, None),
    ],
)
def test_required_name(text: Any, name: str | None) -> None:
    assert required_name(text) == name


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://pypi.org/simple", True),
        ("https://pypi.org/simple/", True),
        ("https://u:p@pypi.org/simple", True),
        ("https://pypi.python.org/simple", True),
        ("https://test.pypi.org/simple", False),
        ("https://pypi.org.example/simple", False),
        ("https://example.com/pypi.org/simple", False),
        ("https://pypi.org:99999/simple", False),
        ("https://[/simple", False),
        ("pypi.org/simple", False),
    ],
)
def test_is_public(url: str, *, public: bool) -> None:
    assert is_public(url) is public


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://h/a_b-1.0-py3-none-any.whl", ("a-b", "1.0")),
        ("https://h/a_b-1.0-2-py3-none-any.whl#sha256=a", ("a-b", "1.0")),
        ("a-b-1.0.tar.gz", ("a-b", "1.0")),
        ("a-1.0%2Bl.zip", ("a", "1.0+l")),
        ("a-main.zip", None),
        ("a.whl", None),
        ("-1-py3-none-any.whl", None),
        ("a-1.exe", None),
        ("https://[/a-1.zip", None),
    ],
)
def test_named_by_file(url: str, named: tuple[str, str] | None) -> None:
    assert named_by_file(url) == named


def test_other_shapes_give_nothing() -> None:
    assert (texts(1), tables({}), table([]), labels(None)) == ((), [], {}, ())
    assert (texts(["a", 1]), tables([{"a": 1}, 1])) == (("a",), [{"a": 1}])
    assert labels(["b", "a", "b", "https://u:p@h", 1]) == ("a", "b")
    assert hashes_of(["sha256:aa", "sha256:aa", "sha256:", "x", None]) == ("sha256:aa",)
    assert name_of(b"a") is None


def test_paths_and_urls() -> None:
    assert from_path("..", "", own=True).origin is Origin.PATH
    assert from_path("..", "a", own=True).origin is Origin.WORKSPACE
    assert from_path("https://u:p@h/x", "").url == "https://h/x"
    assert from_path(None, "").url == ""
    assert from_url(["https://u:p@h"], vcs=True).url == ""
    assert from_url("FILE:///x").origin is Origin.PATH
    assert from_url("git+file:///x").origin is Origin.VCS
    assert shown("user:secret@host") == ""
    assert shown("https://u:p@h/x?y#z") == "https://h/x"
