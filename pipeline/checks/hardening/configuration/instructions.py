"""The lines of a Dockerfile as instructions: continued lines, embedded documents, other escapes.

What BuildKit would refuse is refused: an unknown instruction, a here-document without an end. So
a template that becomes a Dockerfile later is not mistaken for one.

Source: https://docs.docker.com/reference/dockerfile/ and BuildKit's own parser,
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINES = 20_000

_INSTRUCTIONS = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip
_FLAGGED = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
_WITH_DOCUMENTS = frozenset({"ADD", "COPY", "RUN"})
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*")
_INSTRUCTION = re.compile(r"([A-Za-z]+)(?:[ \t\n]+(.*))?", re.DOTALL)
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?(?:[ \t\n]+|$)")
_DOCUMENT = re.compile(r"""\d*<<(-?)([\"']?)([^<\"'\s|;&>]+)\2(?:[|;&>].*)?""", re.DOTALL)
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:\\.|[^"\\])*"|'[^']*')+""", re.DOTALL)
_QUOTED = re.compile(r"""\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'""", re.DOTALL)


class UnreadableDockerfileError(IncompleteError):
    """A text is no Dockerfile, or one that cannot be read; `where` is "path:line"."""


@dataclass(frozen=True, slots=True)
class Document:
    """A here-document: `line` is that of its first line of text."""

    name: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction. `text` is what follows its name and flags, with continuations as newlines.

    `line` and `end` are its first and last line, from 1. `nested`: it stands behind `ONBUILD`.
    """

    name: str
    line: int
    end: int
    text: str
    flags: tuple[tuple[str, str], ...] = ()
    documents: tuple[Document, ...] = ()
    nested: bool = False
    starts: tuple[tuple[int, int], ...] = ()
    """Where each written line begins in `text`, and its number."""

    @property
    def words(self) -> tuple[str, ...]:
        """The text's words, with quotation marks removed."""
        return tuple(unquoted(word[0]) for word in _WORD.finditer(self.text))

    @property
    def array(self) -> tuple[str, ...] | None:
        """The words of the form `["a", "b"]`; `None` for any other form."""
        try:
            found = json.loads(self.text) if self.text.lstrip().startswith("[") else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            return None
        return tuple(found)

    def flag(self, name: str) -> str:
        """The value of a flag, "" where it is not there."""
        return next((value for flag, value in self.flags if flag == name), "")

    def line_at(self, offset: int) -> int:
        """The line on which the character at `offset` of `text` stands."""
        at = bisect_right(self.starts, offset, key=lambda start: start[0])
        return self.starts[at - 1][1] if at else self.line

    def pairs(self) -> Iterator[tuple[str, str | None, int]]:
        """The variables that `ENV`, `ARG` or `LABEL` name: name, value and line."""
        words = list(_WORD.finditer(self.text))
        if self.name != "ARG" and words and "=" not in words[0][0]:
            rest = self.text[words[0].end() :].strip()  # the old form: one name, then its value
            yield unquoted(words[0][0]), unquoted(rest), self.line_at(words[0].start())
            return
        for word in words:
            name, equals, value = word[0].partition("=")
            yield unquoted(name), unquoted(value) if equals else None, self.line_at(word.start())


def read(text: str, path: str) -> Iterator[Instruction]:
    """The instructions in `text`, in order; raises `UnreadableDockerfileError`."""
    lines = text.removeprefix("\ufeff").split("\n")
    if len(lines) > MAX_LINES:
        raise UnreadableDockerfileError(f"more than {MAX_LINES} lines", where=path)
    yield from _Reader(lines, path).instructions()


def unquoted(word: str) -> str:
    """A word without its quotation marks and escapes."""
    return _QUOTED.sub(lambda found: found[1] or found[2] or found[3] or "", word)


class _Reader:
    """The lines of a file as instructions; comments and empty lines fall out."""

    def __init__(self, lines: list[str], path: str) -> None:
        self.lines = [line.removesuffix("\r") for line in lines]
        self.path = path
        escape = re.escape(self._escape())
        self.continued = re.compile(rf"(?:^|(?<=[^{escape}])){escape}[ \t]*$")
        self.at = 0

    def instructions(self) -> Iterator[Instruction]:
        while (number := self._next()) is not None:
            pieces = self._pieces(number)
            yield self._instruction(pieces)

    def _escape(self) -> str:
        """The character that continues a line: directives stand before everything else."""
        for line in self.lines:
            found = _DIRECTIVE.fullmatch(line)
            if not found:
                break
            if found[1].lower() == "escape":
                if found[2] not in {"\\", "`"}:
                    raise self.refuse("escape is neither a backslash nor a backtick", 1)
                return found[2]
        return "\\"

    def _next(self) -> int | None:
        """The number, from 0, of the next line that counts."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            self.at += 1
            if line and not line.startswith("#"):
                return self.at - 1
        return None

    def _pieces(self, number: int | None) -> list[tuple[int, str]]:
        """The written lines of one instruction, with their numbers from 1."""
        pieces: list[tuple[int, str]] = []
        while number is not None:
            line = self.lines[number] if pieces else self.lines[number].lstrip()
            goes_on = self.continued.search(line)
            pieces.append((number + 1, line[: goes_on.start()] if goes_on else line))
            number = self._next() if goes_on else None
        return pieces

    def _instruction(self, pieces: list[tuple[int, str]], *, nested: bool = False) -> Instruction:
        first = pieces[0][0]
        text = "\n".join(piece for _, piece in pieces)
        found = _INSTRUCTION.fullmatch(text)
        name = found[1].upper() if found else ""
        if not found or name not in _INSTRUCTIONS:
            raise self.refuse("it begins with no instruction that is known", first)
        rest = (found[2] or "").rstrip()
        skipped = len(text) - len(found[2] or "")
        if name == "ONBUILD" and not nested:
            return self._instruction(_behind(pieces, skipped), nested=True)
        flags, at = [], 0
        while name in _FLAGGED and (flag := _FLAG.match(rest, at)):
            flags.append((flag[1], unquoted(flag[2] or "")))
            at = flag.end()
        while at < len(rest) and rest[at].isspace():
            at += 1
        rest, skipped = rest[at:], skipped + at
        starts, offset = [], 0
        for line, piece in pieces:
            starts.append((offset - skipped, line))
            offset += len(piece) + 1
        documents = tuple(self._documents(rest)) if name in _WITH_DOCUMENTS else ()
        return Instruction(
            name=name,
            line=first,
            end=self.at if documents else pieces[-1][0],
            text=rest,
            flags=tuple(flags),
            documents=documents,
            nested=nested,
            starts=tuple(starts),
        )

    def _documents(self, text: str) -> Iterator[Document]:
        for word in _WORD.finditer(text):
            if not (found := _DOCUMENT.fullmatch(word[0])):
                continue
            begin = self.at
            while self.at < len(self.lines):
                line = self.lines[self.at]
                self.at += 1
                if (line.lstrip("\t") if found[1] else line) == found[3]:
                    break
            else:
                raise self.refuse("a here-document has no end", begin)
            yield Document(found[3], begin + 1, "\n".join(self.lines[begin : self.at - 1]))

    def refuse(self, what: str, line: int) -> UnreadableDockerfileError:
        return UnreadableDockerfileError(what, where=f"{self.path}:{line}")


def _behind(pieces: list[tuple[int, str]], skipped: int) -> list[tuple[int, str]]:
    """What is left of the pieces behind so many characters."""
    left = list(pieces)
    while skipped > len(left[0][1]):
        skipped -= len(left[0][1]) + 1
        left.pop(0)
    return [(left[0][0], left[0][1][skipped:].lstrip()), *left[1:]]
