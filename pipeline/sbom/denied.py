"""Whether a licence leaves a choice that a policy does not deny.

SPDX expressions: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. Their deprecated
names of the GNU licences mean what the newer ones say: "GPL-3.0" is "GPL-3.0-only", and "GPL-3.0+"
is "GPL-3.0-or-later" (https://spdx.org/licenses/GPL-3.0.html).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[()]|[^\s()]+")
_GNU = re.compile(r"((?:a|l)?gpl|gfdl)-([0-9]+(?:\.[0-9]+)+)(\+?)")
_MAX_ALTERNATIVES = 64


def is_denied(licence: str, denied: Iterable[str]) -> bool:
    """Whether every way to use a release needs a denied licence; `False` where none is known.

    "MIT OR GPL-3.0-only" leaves the choice, "MIT AND GPL-3.0-only" does not.
    """
    found = ways(licence)
    refused = {_modern(name) for name in denied}
    return bool(found) and all(refused & way for way in found or ())


def ways(licence: str) -> list[frozenset[str]] | None:
    """The sets of licences, in lower case, of which one has to be kept to; `None` if not SPDX.

    An exception ("WITH ...") belongs to its licence and takes nothing from it.
    """
    from packaging.licenses import (  # noqa: PLC0415 - slow to import
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        canonical = str(canonicalize_license_expression(licence)) if licence else ""
        words = _WORD.findall(canonical)
        return _either(words) if words else None
    except (InvalidLicenseExpression, RecursionError, OverflowError):
        return None


def _either(words: list[str]) -> list[frozenset[str]]:
    """Alternatives joined by OR; raises `OverflowError` for too many."""
    found = _both(words)
    while words and words[0] == "OR":
        words.pop(0)
        found += _both(words)
    if len(found) > _MAX_ALTERNATIVES:
        raise OverflowError
    return found


def _both(words: list[str]) -> list[frozenset[str]]:
    """Parts joined by AND, which binds closer."""
    found = _one(words)
    while words and words[0] == "AND":
        words.pop(0)
        more = _one(words)
        if len(found) * len(more) > _MAX_ALTERNATIVES:
            raise OverflowError
        found = [one | other for one in found for other in more]
    return found


def _one(words: list[str]) -> list[frozenset[str]]:
    word = words.pop(0)
    if word == "(":
        found = _either(words)
        words.pop(0)
        return found
    if words and words[0] == "WITH":
        del words[:2]
    return [frozenset({_modern(word)})]


def _modern(name: str) -> str:
    """An identifier in lower case, a deprecated one of GNU's by its newer name."""
    old = _GNU.fullmatch(name.lower())
    if old is None:
        return name.lower()
    return f"{old[1]}-{old[2]}-{'or-later' if old[3] else 'only'}"
