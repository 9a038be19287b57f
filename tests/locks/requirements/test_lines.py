"""Lines: pip's, with the numbers of an editor, in every encoding that pip reads."""

from __future__ import annotations

import codecs

import pytest

from .conftest import NAME, Reading, one


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a==1 # c \\\nb==2\nc==3", {"a==1": 1, "c==3": 3}),
        ("a==1 \\\n# c\nb==2", {"a==1": 1, "b==2": 3}),
        ("a==1 \\\n\nb==2", {"a==1": 1, "b==2": 3}),
        ("a=\\\n=1", {"a==1": 1}),
        ("a==1\\", {"a==1": 1}),
        ("# x \\\na==1", {"a==1": 2}),
        ("a==1#b", {}),
        ("a==1\r\nb==2\r\n", {"a==1": 1, "b==2": 2}),
        ("a==1\rb==2", {"a==1": 1, "b==2": 2}),
        ("# x\u2028a==1\nb==2", {"a==1": 1, "b==2": 2}),
        ("# x\fa==1\x85b==2\nc==3", {"a==1": 1, "b==2": 1, "c==3": 2}),
        ("\ufeffa==1", {"a==1": 1}),
        ("", {}),
    ],
)
def test_lines_are_pips_and_numbers_are_the_editors(
    lock_of: Reading, text: str, lines: dict[str, int]
) -> None:
    assert {package.key: package.location.line for package in lock_of(NAME, text).packages} == lines


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"# -*- coding: latin-1 -*-\n# \xe9\n", "latin-1"),
        (b"# vim: set fileencoding=UTF_8 :\n# \xc3\xa9\n", "utf-8"),
        (b"\n# coding: cp1252\n# \x80\n", "cp1252"),
    ],
)
def test_encodings_that_pip_reads(lock_of: Reading, mark: bytes, encoding: str) -> None:
    assert one(lock_of(NAME, mark + "a==1\r\n".encode(encoding))).key == "a==1"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"# coding: utf-7\na==1", 1),
        (b"a==1\n# coding: rot13\n", 2),
        (b"a==1\n\n# \xff\n", 3),
        (b"# coding: ascii\n\xc3\xa9", 2),
        (codecs.BOM_UTF16_LE + b"a\0=", None),
    ],
)
def test_encodings_that_hide_text_are_unread(
    lock_of: Reading, content: bytes, line: int | None
) -> None:
    lock = lock_of(NAME, content)
    assert lock.packages == ()
    assert [unread.location.line for unread in lock.unread] == [line]
