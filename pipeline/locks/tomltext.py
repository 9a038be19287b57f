"""TOML as lock writers write it, with the lines of its tables."""

from __future__ import annotations

import re
from typing import Any

from pipeline.locks.draft import last_line, refuse
from pipeline.model import Gap

MAX_TABLES = 50_000
"""TOML files with more tables are refused: `tomllib` needs quadratic time for them."""

MAX_KEY_DOTS = 100
"""TOML keys with more parts are refused, for the same reason."""

_MULTILINE = re.compile(
    r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+"
)
"""Strings and comments of TOML 1.0. What is not closed runs to its end, so that no text takes
more than one pass."""

_AT = re.compile(r"\(at line (\d+), column (\d+)\)\Z")


def parse(text: str, path: str) -> dict[str, Any]:
    """The document; raises `RefusedError` for what is no TOML or too costly to parse."""
    import tomllib  # noqa: PLC0415 - not every run reads TOML

    if text.count("\n[") > MAX_TABLES:
        refuse(path, f"more than {MAX_TABLES} tables", Gap.TOO_LARGE)
    for number, row in enumerate(_flat(text).split("\n"), start=1):
        if row.count(".") > MAX_KEY_DOTS and _MULTILINE.sub("", row).count(".") > MAX_KEY_DOTS:
            refuse(path, f"a key of more than {MAX_KEY_DOTS} parts", Gap.TOO_LARGE, line=number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        if at:
            refuse(path, "not valid TOML", line=int(at[1]), column=int(at[2]))
        refuse(path, "not valid TOML: it ends too early", line=last_line(text))
    except ValueError:
        refuse(path, "a number that is out of range")
    except RecursionError:
        refuse(path, "nested too deeply", Gap.TOO_LARGE)


def packages_in(data: dict[str, Any], text: str, path: str) -> list[tuple[Any, int | None]]:
    """The tables `[[package]]` of a lock in TOML, each with its line; there may be none."""
    found = data.get("package", [])
    if not isinstance(found, list):
        refuse(path, "`package` is not a list")
    return list(zip(found, table_lines(text, "package", len(found)), strict=True))


def table_lines(text: str, name: str, count: int) -> list[int | None]:
    """The lines of the `count` elements of the array of tables `[[name]]`, in order.

    The line is that of the element's `name` where it follows the header, as every lock writer
    puts it, else the header's. All are `None` if the array is written in another way.
    """
    flat = _flat(text)
    key = rf"(?:{name}|\"{name}\"|'{name}')"
    header = re.compile(
        rf"^[ \t]*\[\[[ \t]*{key}[ \t]*\]\][^\n]*+(\n[ \t]*name[ \t]*=)?", re.MULTILINE
    )
    lines: list[int | None] = []
    line, at = 1, 0
    for match in header.finditer(flat):
        line += flat.count("\n", at, match.start())
        at = match.start()
        lines.append(line + (match[1] is not None))
    return lines if len(lines) == count else [None] * count


def _flat(text: str) -> str:
    """The text without the content of its multi-line strings: line for line the same."""
    if '"""' not in text and "'''" not in text:
        return text
    return _MULTILINE.sub(
        lambda match: (
            "\n" * match[0].count("\n") if match[0].startswith(('"""', "'''")) else match[0]
        ),
        text,
    )
