"""NuGet's versions: https://learn.microsoft.com/nuget/concepts/package-versioning.

Semantic versions with one to four numbers, leading zeros allowed, and labels in any case.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MAX_LENGTH = 256
MAX_NUMBER = 2**31 - 1
"""NuGet's numbers are 32 bits wide; a label of more digits is compared as a word."""

_VERSION = re.compile(
    r"([0-9]++(?:\.[0-9]++){0,3})(?:-([0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+))?"
    r"(?:\+[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?"
)
_PARTS = 4


@lru_cache(maxsize=16384)
def parse(text: str) -> tuple[Any, ...]:
    """The order of a version among others; raises `ValueError`."""
    found = _VERSION.fullmatch(text) if isinstance(text, str) and len(text) <= MAX_LENGTH else None
    numbers = [int(part) for part in found[1].split(".")] if found else []
    if found is None or max(numbers) > MAX_NUMBER:
        raise ValueError("no version of NuGet")
    core = (*numbers, 0, 0, 0)[:_PARTS]
    if found[2] is None:
        return (*core, 1)
    return (*core, 0, tuple(_label(label) for label in found[2].lower().split(".")))


def _label(text: str) -> tuple[int, int, str]:
    if text.isdigit() and int(text) <= MAX_NUMBER:
        return 0, int(text), ""
    return 1, 0, text
