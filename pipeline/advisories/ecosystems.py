"""How each ecosystem names its packages and orders its versions.

An ecosystem joins by one entry in `ORDERINGS`. Until it has one, nothing is said about its
versions: matching answers "cannot tell", never "unaffected".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_VERSION_LENGTH = 256
"""Longer texts are no version of anything; parsing them would only cost time."""

_PEP503 = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Ordering:
    """An ecosystem's rules.

    `parse` turns a version's text into a value that can be compared and hashed; it raises
    `ValueError` for what is no version. `base` gives the version of which this one is a
    rebuild: itself, or for PyPI the one without the local part ("1.0+cu118" -> "1.0").
    `alike` keeps the texts that could be equal to a version: a cheap filter before `parse`.
    """

    normalise: Callable[[str], str]
    parse: Callable[[str], Any]
    base: Callable[[Any], Any]
    alike: Callable[[Any, list[str]], Iterable[str]]


@lru_cache(maxsize=65536)
def normalise_pypi(name: str) -> str:
    """A PyPI project name as PEP 503 compares it."""
    return _PEP503.sub("-", name).lower()


@lru_cache(maxsize=65536)
def parse_pypi(text: str) -> Any:
    """A version by PEP 440, as `packaging` orders it; raises `ValueError`."""
    from packaging.version import Version  # noqa: PLC0415  start-up stays light

    if not isinstance(text, str) or len(text) > MAX_VERSION_LENGTH:
        raise ValueError("too long for a version, or no text")
    return Version(text)


def _base_pypi(version: Any) -> Any:
    return parse_pypi(version.public) if version.local else version


def _alike_pypi(version: Any, listed: list[str]) -> Iterable[str]:
    """Equal versions share the first release number; texts with a prefix or epoch stay in."""
    first = str(version.release[0])
    return [
        text
        for text in listed
        if text.startswith(first) or not "1" <= text[:1] <= "9" or "!" in text
    ]


ORDERINGS: dict[str, Ordering] = {
    "PyPI": Ordering(normalise_pypi, parse_pypi, _base_pypi, _alike_pypi),
}


def ordering_of(ecosystem: str) -> Ordering | None:
    """The rules of `ecosystem`; a release suffix ("Debian:12") does not matter here."""
    return ORDERINGS.get(ecosystem) or ORDERINGS.get(ecosystem.partition(":")[0])


def normalise(ecosystem: str, name: str) -> str:
    """`name` as its ecosystem compares names; unchanged where no rule is known."""
    ordering = ordering_of(ecosystem)
    return ordering.normalise(name) if ordering else name
