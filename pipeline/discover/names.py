"""What the names of files say: which are printable, which a pattern covers."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def printable(path: str) -> str:
    r"""`path` with every byte that is no UTF-8 written as "\xff", so that it can be stored."""
    return os.fsencode(path).decode(errors="backslashreplace")


def is_text(path: str) -> bool:
    """Whether the name is UTF-8; other bytes were decoded as surrogate escapes."""
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, seen from the root, matches one of `patterns`.

    "*" stands for anything but a slash, "?" for one such character, "**" between slashes for any
    number of folders, and at the end for everything below (and the folder itself). Letters count
    as written. A trailing slash changes nothing.
    """
    if not patterns:
        return lambda _: False
    compiled = re.compile("|".join(_expression(pattern) for pattern in patterns), re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    pattern = pattern.strip("/").removeprefix("./")
    below = pattern == "**" or pattern.endswith("/**")
    parts = pattern.removesuffix("**").rstrip("/").split("/")
    expression = ""
    for part in parts:
        if part == "**":
            expression += "(?:[^/]+/)*"
        elif part:
            words = (re.escape(word).replace(r"\?", "[^/]") for word in re.split(r"\*+", part))
            expression += "[^/]*".join(words) + "/"
    if not expression.removesuffix("/"):
        return ".*"
    return expression.removesuffix("/") + ("(?:/.*)?" if below else "")
