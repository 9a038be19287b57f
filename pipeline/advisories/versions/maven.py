"""Maven's versions: https://maven.apache.org/pom.html#version-order-specification.

A version is a list of numbers and qualifiers; what follows a hyphen, or a change between digits
and letters, is a list inside the list. The rules are those of `ComparableVersion` in Maven 3.9.
Advisories of the Maven ecosystem are written for this order, also where Gradle does the locking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache, total_ordering
from itertools import pairwise, zip_longest
from typing import TypeAlias

MAX_LENGTH = 256
MAX_DEPTH = 32
"""Lists inside lists; real versions have a handful."""

_VERSION = re.compile(r"[0-9A-Za-z_.+-]+")
_PART = re.compile(r"[0-9]+|[a-z_+]+|[.-]")
_ORDER = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
"""Abbreviations, where a digit follows."""

_Item: TypeAlias = "int | str | list[_Item]"


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version in Maven's order. Several texts can be one: "1", "1.0" and "1.0.0.Final"."""

    items: list[_Item]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and _compare(self.items, other.items) == 0

    def __lt__(self, other: Version) -> bool:
        return _compare(self.items, other.items) < 0

    def __hash__(self) -> int:
        """Equal versions begin with the same number, if with any but 0."""
        return hash(self.items[0] if self.items and isinstance(self.items[0], int) else 0)


@lru_cache(maxsize=16384)
def parse(text: str) -> Version:
    """The version that a text stands for; raises `ValueError`.

    Maven itself takes any text; what holds characters that no version has is none here.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH or not _VERSION.fullmatch(text):
        raise ValueError("no version of Maven")
    nesting = _Nesting()
    before = "."
    for part, after in pairwise([*_PART.findall(text.lower()), ""]):
        if part in ".-":
            if before in ".-":
                nesting.add(0)
            if part == "-":
                nesting.deepen()
        elif part.isdigit():
            nesting.add(int(part))
            if after and after not in ".-":
                nesting.deepen()
        else:
            nesting.qualify(part, after)
        before = part
    return Version(nesting.trimmed())


@dataclass(slots=True)
class _Nesting:
    """The lists of a version, outermost first; what comes next goes into the last one."""

    lists: list[list[_Item]] = field(default_factory=lambda: [[]])

    def add(self, item: _Item) -> None:
        self.lists[-1].append(item)

    def deepen(self) -> None:
        """Go on in a list inside the list; raises `ValueError`."""
        if len(self.lists) >= MAX_DEPTH:
            raise ValueError("a version of too many parts")
        inner: list[_Item] = []
        self.add(inner)
        self.lists.append(inner)

    def qualify(self, word: str, after: str) -> None:
        """Add a qualifier: with its number, and at the end, it is in a list of its own."""
        counted = after.isdigit()
        if (counted or not after) and self.lists[-1]:
            self.deepen()
        self.add(_ALIASES.get(word, _SHORT.get(word, word) if counted else word))
        if counted:
            self.deepen()

    def trimmed(self) -> list[_Item]:
        """The outermost list, after everything that means nothing is gone."""
        for items in reversed(self.lists):
            _trim(items)
        return self.lists[0]


def _trim(items: list[_Item]) -> None:
    """Take away what means nothing at the end, and before lists: 0, "" and empty lists."""
    for index in range(len(items) - 1, -1, -1):
        if items[index] in (0, "", []):
            del items[index]
        elif not isinstance(items[index], list):
            break


def _compare(one: _Item, other: _Item | None) -> int:
    """Below, at or above 0, as `one` is to `other`; `None` where a version has ended.

    Of different kinds, a qualifier comes before a list, and a list before a number.
    """
    if isinstance(one, list):
        if other is None:
            return next((sign for item in one if (sign := _compare(item, None))), 0)
        if isinstance(other, list):
            return next((sign for pair in zip_longest(one, other) if (sign := _pair(*pair))), 0)
        return -1 if isinstance(other, int) else 1
    if isinstance(one, int):
        return one - (other or 0) if other is None or isinstance(other, int) else 1
    if other is None or isinstance(other, str):
        rank, beside = _rank(one), _rank(other or "")
        return (rank > beside) - (rank < beside)
    return -1


def _pair(one: _Item | None, other: _Item | None) -> int:
    if one is None:
        return -_compare(other, None) if other is not None else 0
    return _compare(one, other)


def _rank(qualifier: str) -> tuple[int, str]:
    """Known qualifiers in their order, all others after them by the alphabet."""
    if qualifier in _ORDER:
        return _ORDER.index(qualifier), ""
    return len(_ORDER), qualifier
