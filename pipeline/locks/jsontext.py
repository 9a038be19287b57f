"""JSON as lock writers write it, with the lines of its keys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pipeline.locks.draft import last_line, refuse
from pipeline.model import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:\n]')

_JSON_PART = re.compile(r'"((?:[^"\\]++|\\.)*+)"([ \t\r\n]*+:)?|[{}\[\],]')

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(text: str, path: str) -> dict[str, Any]:
    """The top-level object; raises `RefusedError` for anything else and for repeated keys."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            refuse(path, "a key is given twice in one object", line=_repeated(text))
        return table

    try:
        data = json.loads(text, object_pairs_hook=unique)
        if _SURROGATE.search(text):
            json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        refuse(path, "not valid JSON", line=min(error.lineno, last_line(text)), column=error.colno)
    except UnicodeEncodeError:
        refuse(path, "half a surrogate pair in a string")
    except ValueError:
        refuse(path, "a number that is out of range")
    except RecursionError:
        refuse(path, "nested too deeply", Gap.TOO_LARGE)
    if not isinstance(data, dict):
        refuse(path, "not a JSON object", line=1)
    return data


def member_lines(text: str) -> dict[tuple[str, str], int]:
    """The lines of the keys two levels down in a valid JSON object: (outer key, key) -> line."""
    lines: dict[tuple[str, str], int] = {}
    line, depth, outer, token, token_line = 1, 0, "", '""', 1
    for match in _JSON_TOKEN.finditer(text):
        part = match[0]
        if part == "\n":
            line += 1
        elif part in "{[":
            depth += 1
        elif part in "}]":
            depth -= 1
        elif part != ":":
            token, token_line = part, line
        elif depth == 1:
            outer = json.loads(token)
        elif depth == 2:  # noqa: PLR2004 - two levels down
            lines[outer, json.loads(token)] = token_line
    return lines


def keys(text: str) -> Iterator[tuple[list[str], int]]:
    """Every key in a valid JSON text with its line, in the text's order.

    A key is given by the path of keys down to it, in which the elements of lists count "0", "1"…
    It is one list, that changes as the text goes on: copy what is to be kept.
    """
    path: list[str] = []
    counts: list[int | None] = []
    line, at = 1, 0
    for part in _JSON_PART.finditer(text):
        mark = part[0]
        if part[2]:
            line += text.count("\n", at, part.start())
            at = part.start()
            path[-1] = _unescaped(part[1])
            yield path, line
        elif mark == "{":
            path.append("")
            counts.append(None)
        elif mark == "[":
            path.append("0")
            counts.append(0)
        elif mark in "}]":
            path.pop()
            counts.pop()
        elif mark == "," and (count := counts[-1]) is not None:
            counts[-1] = count + 1
            path[-1] = str(count + 1)


def _repeated(text: str) -> int | None:
    """The line of the first key that its object already has; the text is valid up to there."""
    seen: list[set[str]] = []
    for part in _JSON_PART.finditer(text):
        if part[2]:
            key = _unescaped(part[1])
            if key in seen[-1]:
                return text.count("\n", 0, part.start()) + 1
            seen[-1].add(key)
        elif part[0] in "{[":
            seen.append(set())
        elif part[0] in "}]":
            seen.pop()
    return None


def _unescaped(key: str) -> str:
    return str(json.loads(f'"{key}"')) if "\\" in key else key
