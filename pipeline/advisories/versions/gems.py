"""RubyGems' versions: https://docs.ruby-lang.org/en/master/Gem/Version.html.

A version is a row of numbers and words. A word makes it a pre-release, and comes before any
number; what is missing counts as 0.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MAX_LENGTH = 256

_VERSION = re.compile(r"[0-9]++(?:\.[0-9A-Za-z]++)*+(?:-[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")
_WORD, _END, _NUMBER = 0, 1, 2


@lru_cache(maxsize=16384)
def parse(text: str) -> tuple[Any, ...]:
    """The order of a version among others; raises `ValueError`.

    The end of a version stands for zeros without end. So each segment that is not 0 is taken
    together with the zeros before it: a word is below the end, the more so the earlier it comes,
    and a number is above it.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH or not _VERSION.fullmatch(text):
        raise ValueError("no version of RubyGems")
    segments = _SEGMENT.findall(text.replace("-", ".pre."))
    zeros, numbers_only = 0, True
    value: list[tuple[Any, ...]] = []
    for segment in segments:
        if not segment.isdigit():
            # Zeros at the end of the leading numbers do not count: 1.0.a is 1.a.
            value.append((_WORD, 0 if numbers_only else zeros, segment))
            zeros, numbers_only = 0, False
        elif number := int(segment):
            value.append((_NUMBER, -zeros, number))
            zeros = 0
        else:
            zeros += 1
    return (*value, (_END,))
