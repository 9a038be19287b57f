from __future__ import annotations

import hashlib
import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks.draft import (
    MAX_KEY_DOTS,
    MAX_UNREAD,
    Draft,
    RefusedError,
    keys,
    last_line,
    member_lines,
    parse_json,
    parse_toml,
    table_lines,
)
from pipeline.model import Gap, Location, Origin, Package, Source, Unread
from pipeline.tree import Tree


def refused(parse: Any, text: str) -> Unread:
    with pytest.raises(RefusedError) as caught:
        parse(text, "x")
    return caught.value.unread


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = \n", 2, 5),
        ('a = 1\nb = "secret', 2, None),
        ("[[a", 1, None),
        ("a = 1\n=", 2, 1),
    ],
)
def test_toml_errors_carry_their_place(text: str, line: int, column: int | None) -> None:
    unread = refused(parse_toml, text)
    assert (unread.location.line, unread.location.column) == (line, column)
    assert "secret" not in unread.why


@pytest.mark.parametrize(
    "hidden",
    [
        "{}",
        "# it's a comment\n{}",
        'a = """\n"\n"""\n{}',
        "x = {{a = '''\n\"''', {}, b = \"x\"}}",
        'a = """\\""""\n{}',
    ],
)
def test_costly_keys_are_refused_wherever_they_hide(hidden: str) -> None:
    key = ".".join(["k"] * 20_000) + " = 1"
    unread = refused(parse_toml, hidden.format(key))
    assert unread.gap is Gap.TOO_LARGE
    assert unread.location.line == hidden.format(key).count("\n") + 1


def test_dots_in_strings_and_comments_are_no_keys() -> None:
    dots = "." * (MAX_KEY_DOTS * 2)
    text = f'a = ["{dots}", \'{dots}\'] # {dots}\nb = """{dots}\n"""\n'
    assert parse_toml(text, "x")["a"] == [dots, dots]


def test_tables_are_found_around_multi_line_strings() -> None:
    text = (
        '[[package]]\nname = "a"\nx = """\n[[package]]\nname = "no"\n\\"""\n"""\n'
        "[[package]] # second\nversion = '1'\nname = 'b'\n"
        "y = '''\n[[package]]\n'''''\n\r\n"
        '[[ "package" ]]\n  name = "c"\n[[package.files]]\nname = "no"\n'
    )
    data = parse_toml(text, "x")["package"]
    assert [entry["name"] for entry in data] == ["a", "b", "c"]
    assert table_lines(text, "package", 3) == [2, 8, 16]


def test_tables_written_otherwise_have_no_line() -> None:
    text = 'package = [{name = "a"}, {name = "b"}]\n'
    assert table_lines(text, "package", 2) == [None, None]


TEXTS = st.text(st.sampled_from("ab\"'\\\n[]=# "), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 3)), max_size=6))
def test_table_lines_are_exact(parts: list[tuple[str, int]]) -> None:
    text, wanted = "", []
    for number, (value, style) in enumerate(parts):
        if style == 0:
            quoted = json.dumps(value)
        elif style == 1:
            quoted = "'''\n" + value.replace("'", "") + "'''"
        elif style == 2:
            quoted = '"""' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""'
        else:
            quoted = "'" + value.replace("'", "").replace("\n", "") + "'"
        text += f'[[package]]\nname = "n{number}"\nv = {quoted} # "{number}\n'
        wanted.append(number)
    data = tomllib.loads(text)
    lines = table_lines(text, "package", len(parts))
    assert len(data.get("package", [])) == len(parts)
    rows = text.split("\n")
    assert [rows[line - 1] for line in lines if line] == [f'name = "n{i}"' for i in wanted]


def test_json_errors_carry_their_place() -> None:
    unread = refused(parse_json, '{\n  "secret": tok\n}')
    assert (unread.location.line, unread.location.column) == (2, 13)
    assert "secret" not in unread.why


def test_a_repeated_key_is_refused_at_any_depth() -> None:
    assert "twice" in refused(parse_json, '{"a": [{"b": 1, "b": 2}]}').why


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1,\n"b": {"a": "a"},\n"a": 2}', 3),
        ('{"a": [{"b": 1},\n{"b": 1, "c": "{",\n\n"\\u0062": 2}]}', 4),
        ('{"a": {"b": 1,\n"b" : 2}, "a": }', 2),
    ],
)
def test_a_repeated_key_is_refused_with_its_line(text: str, line: int) -> None:
    assert refused(parse_json, text).location.line == line


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse_json('{"a": "\\ud83d\\ude00"}', "x") == {"a": "\U0001f600"}
    assert "surrogate" in refused(parse_json, '{"a": ["\\uDC00"]}').why


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


@pytest.mark.parametrize(("text", "line"), [("", 1), ("a", 1), ("a\n", 1), ("a\nb", 2)])
def test_last_line(text: str, line: int) -> None:
    assert last_line(text) == line


def package(name: str, version: str | None = "1", source: Source = Source()) -> Package:  # noqa: B008
    return Package(
        ecosystem="PyPI",
        name=name,
        version=version,
        location=Location(path="x", line=1),
        source=source,
        direct=False,
    )


def test_edges_name_a_version_where_a_lock_holds_several(tmp_path: Any) -> None:
    draft = Draft(Tree.at(tmp_path), "x")
    own = Source(origin=Origin.WORKSPACE, url=".")
    draft.add(package("app", None, own), [("a", None), ("b", "2"), ("gone", None)])
    draft.add(package("a"), [("b", None), ("a", None), ("c", "7")])
    draft.add(package("b", "1"))
    draft.add(package("b", "2"), [("b", "1")])
    draft.add(package("c"))
    lock = draft.lock("f", "PyPI")
    assert {p.key: p.requires for p in lock.packages} == {
        "app": ("a", "b==2"),
        "a==1": ("b==1", "b==2", "c"),
        "b==1": (),
        "b==2": ("b==1",),
        "c==1": (),
    }
    assert {p.key: p.direct for p in lock.packages} == {
        "app": None,
        "a==1": True,
        "b==1": False,
        "b==2": True,
        "c==1": False,
    }


def test_too_many_misses_give_up(tmp_path: Any) -> None:
    draft = Draft(Tree.at(tmp_path), "x")
    for number in range(MAX_UNREAD - 1):
        draft.miss("no", line=number + 1)
    with pytest.raises(RefusedError) as caught:
        draft.miss("no", line=MAX_UNREAD)
    assert caught.value.unread.gap is Gap.TOO_LARGE
    assert caught.value.unread.location.line == MAX_UNREAD


def test_too_many_packages_give_up(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.locks.draft.MAX_PACKAGES", 2)
    draft = Draft(Tree.at(tmp_path), "x")
    draft.add(package("a"))
    draft.add(package("b"))
    with pytest.raises(RefusedError) as caught:
        draft.add(package("c"))
    assert caught.value.unread.gap is Gap.TOO_LARGE
    assert [found.name for found in draft.lock("f", "PyPI").packages] == ["a", "b"]


def test_the_digest_covers_every_file(tmp_path: Any) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    draft = Draft(Tree.at(tmp_path), "a")
    draft.open("a")
    one = draft.lock("f", "PyPI")
    digest = hashlib.sha256(b"a").hexdigest()
    assert one.digest == f"sha256:{digest}"
    draft.open("b")
    two = draft.lock("f", "PyPI")
    assert two.files == ("a", "b")
    listing = f"{digest}  a\n{hashlib.sha256(b'b').hexdigest()}  b\n"
    assert two.digest == f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"
