"""Lines of an image's history without what may be a secret in them.

Whoever can pull an image can read its environment and its history, build arguments included. What
looks like a secret there is told by its name; its value goes no further than this module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.suspicious import why_secret, without_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASSIGNED = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"]*\"|'[^']*'|\S*)")
_HANDED = re.compile(
    r"((?:\bauthorization:(?:\s{0,9}(?:bearer|basic|token))?|\b(?:bearer|basic)|(?:^|\s)-[up]"
    r"|--?(?:password|passwd|passphrase|token|secret|api-?key|auth[a-z-]{0,20}))[=\s]+)\S{3,}",
    re.IGNORECASE,
)
"""What a command is handed as a secret: a header, a user with a password, an option."""
_RANDOM = re.compile(
    r"(?<![\w/.-])(?=[\w+=]{0,60}[0-9])(?=[\w+=]{0,60}[A-Za-z])[\w+=]{20,}(?![\w/.-])"
)
"""A long word of letters and digits: a token, or a digest that nobody needs to read."""
_MAX_LINE = 400
_LONGEST_LINE = 64 * 1024


def assignments(line: str) -> Iterator[tuple[str, str]]:
    """Names and values that a line of an image's history assigns."""
    for found in _ASSIGNED.finditer(line):
        yield found[1], found[2].strip("\"'")


def redact(line: str) -> str:
    """A line of an image's history without what may be a secret, and not too long.

    Nothing depends on the words that are lost, so it is better to lose too many.
    """
    line = without_forms(line[:_LONGEST_LINE], "…")
    line = _ASSIGNED.sub(_without_value, line)
    return _RANDOM.sub("…", _HANDED.sub(r"\1…", line))[:_MAX_LINE]


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}=…" if why_secret(found[1], found[2].strip("\"'")) else found[0]
