"""Composer's versions: its own normal form, ordered by PHP's `version_compare`.

Sources: `VersionParser::normalize` of https://github.com/composer/semver, and
https://www.php.net/manual/function.version-compare.php. Branches ("dev-main", "1.x-dev") are no
versions: which commit they mean, no advisory can tell.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_LENGTH = 256

_MODIFIERS = r"[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+)?)?([.-]?dev)?"
_CLASSICAL = re.compile(
    rf"v?([0-9]{{1,5}}(?:\.[0-9]++)?(?:\.[0-9]++)?(?:\.[0-9]++)?){_MODIFIERS}", re.IGNORECASE
)
_DATED = re.compile(
    r"v?([0-9]{4}(?:[.:-]?[0-9]{2}){1,6}(?:[.:-]?[0-9]{1,3})?)" + _MODIFIERS, re.IGNORECASE
)
_BUILD = re.compile(r"([^,\s+]++)\+\S++")
_PARTS = 4

_DEV, _ALPHA, _BETA, _RC, _END, _NUMBER, _PATCH = range(7)
"""The order in which `version_compare` takes what can stand at one place."""
_WORDS = {
    "alpha": _ALPHA,
    "a": _ALPHA,
    "beta": _BETA,
    "b": _BETA,
    "rc": _RC,
    "patch": _PATCH,
    "pl": _PATCH,
    "p": _PATCH,
}


@lru_cache(maxsize=16384)
def parse(text: str) -> tuple[tuple[int, ...], ...]:
    """The order of a version among others; raises `ValueError`, also for branches."""
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise ValueError("no version of Packagist")
    build = _BUILD.fullmatch(text)
    plain = build[1] if build else text
    if found := _CLASSICAL.fullmatch(plain):
        numbers = [int(part) for part in found[1].split(".")]
        numbers += [0] * (_PARTS - len(numbers))
    elif found := _DATED.fullmatch(plain):
        numbers = [int(part) for part in re.split(r"[^0-9]", found[1])]
    else:
        raise ValueError("no version of Packagist")
    word, counted, dev = (found[2] or "").lower(), found[3] or "", found[4]
    value: list[tuple[int, ...]] = [(_NUMBER, number) for number in numbers]
    if word in _WORDS:
        value.append((_WORDS[word],))
        value += [(_NUMBER, int(part)) for part in re.findall(r"[0-9]+", counted)]
    if dev and word != "stable":
        value.append((_DEV,))
    return (*value, (_END,))
