from __future__ import annotations

from pipeline.checks.unread import unread_file, unread_lines
from pipeline.model import Gap, Location, Lock, Unread

LINE = Unread(location=Location(path="uv.lock", line=4), why="no requirement")
FILE = Unread(location=Location(path="mix.lock"), why="no reader", gap=Gap.UNSUPPORTED_INPUT)


def test_a_line_is_named_by_its_number() -> None:
    part = Unread(location=Location(path="other.txt"), why="cut off")
    lock = Lock(path="uv.lock", format="uv.lock", ecosystem="PyPI", digest="", unread=(LINE, part))
    assert [(item.subject, item.gap, item.why, item.location) for item in unread_lines(lock)] == [
        ("line 4", Gap.PARSE_ERROR, "no requirement", LINE.location),
        ("other.txt", Gap.PARSE_ERROR, "cut off", part.location),
    ]


def test_many_lines_for_one_reason_are_one_gap() -> None:
    lines = [Unread(location=Location(path="a.txt", line=n), why="no requirement") for n in (2, 5)]
    more = [Unread(location=Location(path="a.txt", line=n), why="no requirement") for n in (7, 9)]
    other = Unread(location=Location(path="a.txt", line=6), why="cut off")
    parts = [Unread(location=Location(path="b.txt"), why="cut off") for _ in range(4)]
    lock = Lock(
        path="a.txt",
        format="requirements",
        ecosystem="PyPI",
        digest="",
        unread=(*lines, other, *more, *parts),
    )
    assert [(item.subject, item.location) for item in unread_lines(lock)] == [
        ("4 lines from 2 to 9", lines[0].location),
        ("line 6", other.location),
        ("4 parts", parts[0].location),
    ]


def test_a_file_is_expected_and_not_evaluated() -> None:
    coverage = unread_file(FILE)
    assert (coverage.scope, coverage.unit) == ("mix.lock", "files")
    assert (coverage.expected, coverage.evaluated, coverage.required) == (1, 0, True)
    (missing,) = coverage.missing
    assert (missing.subject, missing.gap, missing.why) == ("mix.lock", FILE.gap, "no reader")
    assert missing.location == FILE.location
