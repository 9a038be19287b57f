"""TOML: what is wrong is told with its place, and every table has its line."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locks.draft import RefusedError
from pipeline.locks.tomltext import MAX_KEY_DOTS, parse, table_lines
from pipeline.model import Gap, Unread


def refused(text: str) -> Unread:
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
    unread = refused(text)
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
    unread = refused(hidden.format(key))
    assert unread.gap is Gap.TOO_LARGE
    assert unread.location.line == hidden.format(key).count("\n") + 1


def test_dots_in_strings_and_comments_are_no_keys() -> None:
    dots = "." * (MAX_KEY_DOTS * 2)
    text = f'a = ["{dots}", \'{dots}\'] # {dots}\nb = """{dots}\n"""\n'
    assert parse(text, "x")["a"] == [dots, dots]


def test_tables_are_found_around_multi_line_strings() -> None:
    text = (
        '[[package]]\nname = "a"\nx = """\n[[package]]\nname = "no"\n\\"""\n"""\n'
        "[[package]] # second\nversion = '1'\nname = 'b'\n"
        "y = '''\n[[package]]\n'''''\n\r\n"
        '[[ "package" ]]\n  name = "c"\n[[package.files]]\nname = "no"\n'
    )
    data = parse(text, "x")["package"]
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
