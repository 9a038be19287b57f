"""Semantic Versioning 2.0.0, by which npm, Cargo and Go modules order: https://semver.org.

Build metadata do not count, so Go's "+incompatible" neither. A pseudo-version of Go is a
pre-release (https://go.dev/ref/mod#pseudo-versions).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 256
"""Longer texts are no version; Go's longest real ones have a third of it."""

_NUMBER = r"(?:0|[1-9][0-9]*+)"
_LABEL = rf"(?:[0-9]*+[A-Za-z-][0-9A-Za-z-]*+|{_NUMBER})"
_VERSION = re.compile(
    rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_LABEL}(?:\.{_LABEL})*+))?"
    r"(?:\+[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?"
)
_SHORT = re.compile(rf"v?{_NUMBER}(?:\.{_NUMBER})?")
_PARTS = 3


@lru_cache(maxsize=65536)
def parse(text: str) -> tuple[Any, ...]:
    """The precedence of a version, section 11 of the specification; raises `ValueError`.

    A "v" in front is Go's and no part of it. Numeric labels come before others, and a release
    after its pre-releases.
    """
    found = _VERSION.fullmatch(text) if isinstance(text, str) and len(text) <= MAX_LENGTH else None
    if found is None:
        raise ValueError("no semantic version")
    core = (int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return (*core, 1)
    labels = found[4].split(".")
    return (*core, 0, tuple((0, int(x), "") if x.isdigit() else (1, 0, x) for x in labels))


@lru_cache(maxsize=4096)
def parse_start(text: str) -> tuple[Any, ...]:
    """Like `parse`, for the first version of something: "4" and "4.0" begin at 4.0.0."""
    if isinstance(text, str) and len(text) <= MAX_LENGTH and _SHORT.fullmatch(text):
        text += ".0" * (_PARTS - 1 - text.count("."))
    return parse(text)


def alike(version: tuple[Any, ...], listed: list[str]) -> Iterable[str]:
    """The texts that could equal a version: numbers have one spelling, so they hold its own."""
    core = ".".join(map(str, version[:_PARTS]))
    return [text for text in listed if core in text]


def without_v(text: str) -> str:
    """A version of a Go module as advisories write it: without the "v"; raises `ValueError`."""
    parse(text)
    return text.removeprefix("v")
