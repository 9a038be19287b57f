"""Lines as pip sees them: decoded, joined, without their comments."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.model import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Line:
    """A line as pip sees it: joined, without its comment. `number` is the first one's."""

    number: int
    text: str
    comment: str


def joined(text: str) -> Iterator[Line]:
    """The joined lines of a file, blank ones and those with only a comment included."""
    start, parts = 0, list[str]()
    for number, piece in _physical(text):
        only_comment = piece.lstrip().startswith("#")
        if piece.endswith("\\") and not only_comment:
            start = start if parts else number
            parts.append(piece.strip("\\"))
            continue
        if parts:
            # A comment line ends a continuation, and is one only after white space.
            parts.append(f" {piece}" if only_comment else piece)
            yield _line(start, "".join(parts))
            parts = []
        else:
            yield _line(number, piece)
    if parts:
        yield _line(start, "".join(parts))


def _physical(text: str) -> Iterator[tuple[int, str]]:
    """Every line as pip splits it, numbered as editors do.

    pip also splits where Unicode says so (form feed, U+2028 …): a requirement can hide there.
    """
    number = 1
    for piece, full in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        yield number, piece
        number += full.endswith(("\n", "\r"))


def _line(number: int, text: str) -> Line:
    """A line cut at its comment: the first "#" at the start or after white space."""
    at = text.find("#")
    while at > 0 and not text[at - 1].isspace():
        at = text.find("#", at + 1)
    if at < 0:
        return Line(number, text.strip(), "")
    return Line(number, text[:at].strip(), text[at + 1 :].rstrip())


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = re.compile(rb"coding[:=]\s*([-\w.]+)")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "ascii": "ascii",
    "us-ascii": "ascii",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
    "cp1252": "cp1252",
}
"""What a coding comment may name. Others can make pip see another text than everybody else."""


def decoded(content: bytes, path: str) -> str:
    """The text of a file by its byte order mark, coding comment (PEP 263), or as UTF-8.

    Raises `RefusedError` for a file that has no such text.
    """
    encoding, body = "utf-8", content
    for mark, name in _BOMS:
        if content.startswith(mark):
            encoding, body = name, content[len(mark) :]
            break
    else:
        for number, line in enumerate(content.split(b"\n", 2)[:2], start=1):
            cookie = _COOKIE.search(line) if line.startswith(b"#") else None
            if cookie:
                named = cookie[1].decode("ascii").lower().replace("_", "-")
                if named not in _ENCODINGS:
                    why = "a coding comment with an encoding that is not read"
                    drafts.refuse(path, why, Gap.UNSUPPORTED_INPUT, line=number)
                encoding = _ENCODINGS[named]
                break
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1 if body is content else None
        drafts.refuse(path, f"not {encoding.upper()}", line=row)
