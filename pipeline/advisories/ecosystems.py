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

from pipeline.advisories.versions import composer, gems, maven, nuget, semver

MAX_VERSION_LENGTH = 256
"""Longer texts are no version of anything; parsing them would only cost time."""

_PEP503 = re.compile(r"[-_.]+")


def _unchanged(value: Any) -> Any:
    return value


def _all(_version: Any, listed: list[str]) -> Iterable[str]:
    return listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """An ecosystem's rules.

    `parse` turns a version's text into a value that can be compared and hashed; it raises
    `ValueError` for what is no version. `parse_start` reads the version from which on a range
    holds or ends, which advisories shorten ("4" for 4.0.0). `spell` gives a lock's version in
    the form that advisories use; it raises `ValueError` like `parse`. `base` gives the version
    of which this one is a rebuild: itself, or for PyPI the one without the local part
    ("1.0+cu118" -> "1.0"). `alike` keeps the texts that could be equal to a version: a cheap
    filter before `parse`.
    """

    parse: Callable[[str], Any]
    parse_start: Callable[[str], Any]
    spell: Callable[[str], str]
    normalise: Callable[[str], str] = _unchanged
    base: Callable[[Any], Any] = _unchanged
    alike: Callable[[Any, list[str]], Iterable[str]] = _all


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


def _as_written(parse: Callable[[str], Any]) -> Callable[[str], str]:
    """The spelling of a version by an ecosystem whose locks and advisories write it alike."""

    def spell(text: str) -> str:
        parse(text)
        return text

    return spell


def _semantic(**rules: Any) -> Ordering:
    """An ecosystem of semantic versions."""
    rules = {"spell": _as_written(semver.parse), "alike": semver.alike} | rules
    return Ordering(parse=semver.parse, parse_start=semver.parse_start, **rules)


def _ordered_by(parse: Callable[[str], Any], **rules: Any) -> Ordering:
    return Ordering(parse=parse, parse_start=parse, spell=_as_written(parse), **rules)


ORDERINGS: dict[str, Ordering] = {
    "PyPI": Ordering(
        parse=parse_pypi,
        parse_start=parse_pypi,
        spell=lambda text: str(parse_pypi(text)),
        normalise=normalise_pypi,
        base=_base_pypi,
        alike=_alike_pypi,
    ),
    "npm": _semantic(),
    "Go": _semantic(spell=semver.without_v),
    # The registry takes no two names that differ in these alone.
    "crates.io": _semantic(normalise=lambda name: name.lower().replace("_", "-")),
    "RubyGems": _ordered_by(gems.parse),
    "NuGet": _ordered_by(nuget.parse, normalise=str.lower),
    "Maven": _ordered_by(maven.parse),
    "Packagist": _ordered_by(composer.parse, normalise=str.lower),
}


def ordering_of(ecosystem: str) -> Ordering | None:
    """The rules of `ecosystem`; a release suffix ("Debian:12") does not matter here."""
    return ORDERINGS.get(ecosystem) or ORDERINGS.get(ecosystem.partition(":")[0])


def normalise(ecosystem: str, name: str) -> str:
    """`name` as its ecosystem compares names; unchanged where no rule is known."""
    ordering = ordering_of(ecosystem)
    return ordering.normalise(name) if ordering else name
