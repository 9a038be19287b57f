"""Does a locked version satisfy what a manifest asks for?

PyPI: PEP 440, by `packaging`. npm: https://github.com/npm/node-semver. Cargo:
https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html. Of pre-releases only their
order counts: npm leaves out more of them, and whoever locked one meant it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_Key = tuple[int, int, int, tuple[tuple[int, int | str], ...]]
"""A version in order: a release comes after all of its pre-releases."""

_RELEASE: tuple[tuple[int, int | str], ...] = ((2, 0),)
_NUMBER = r"(?:0|[1-9]\d{0,15})"
_VERSION = re.compile(
    rf"[v=\s]*({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_PARTIAL = re.compile(
    rf"(?P<operator>[<>]=?|=|\^|~>?)?[v=\s]*(?P<numbers>(?:{_NUMBER}|[xX*])(?:\.(?:{_NUMBER}|[xX*])){{0,2}})"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_SPACED = re.compile(r"([<>]=?|=|\^|~>?)\s+")


def satisfies(ecosystem: str, specifier: str, version: str) -> bool | None:
    """Whether `version` is in the range; `None` where either is not understood."""
    if not specifier.strip():
        return True
    if ecosystem == "PyPI":
        return _python(specifier, version)
    key = _key(version)
    if key is None:
        return None
    if ecosystem == "npm":
        parts = [_npm(part) for part in specifier.split("||")]
    elif ecosystem == "crates.io":
        parts = [_all([_partial(part, bare="^") for part in specifier.split(",")])]
    else:
        return None
    if any(part is None for part in parts):
        return None
    return any(all(one.holds(key) for one in part) for part in parts if part is not None)


def _python(specifier: str, version: str) -> bool | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - slow
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


class _Bound(NamedTuple):
    """`above` and `below`: from the first on, up to without the second."""

    above: _Key | None
    below: _Key | None

    def holds(self, key: _Key) -> bool:
        return (self.above is None or key >= self.above) and (
            self.below is None or key < self.below
        )


def _npm(text: str) -> list[_Bound] | None:
    """One alternative of a range: all of its parts have to hold."""
    text = text.strip()
    if hyphen := _HYPHEN.fullmatch(text):
        return _all([_partial(f">={hyphen[1]}"), _partial(f"<={hyphen[2]}")])
    return _all([_partial(part) for part in _SPACED.sub(r"\1", text).split()])


def _all(bounds: list[_Bound | None]) -> list[_Bound] | None:
    known = [bound for bound in bounds if bound is not None]
    return known if len(known) == len(bounds) else None


def _partial(text: str, *, bare: str = "=") -> _Bound | None:
    """A comparator; a version without one has the operator `bare` (npm: "=", Cargo: "^")."""
    match = _PARTIAL.fullmatch(text.strip())
    if match is None:
        return None
    numbers = []
    for part in match["numbers"].split("."):
        if part in "xX*":
            break
        numbers.append(int(part))
    wild = match["numbers"].count(".") + 1 > len(numbers)
    # In Cargo, "1.*" is a wildcard, while "1" is "^1".
    operator = match["operator"] or ("=" if wild else bare)
    pre = _pre(match["pre"]) if len(numbers) == 3 else _RELEASE  # noqa: PLR2004
    return _bound(operator, numbers, pre)


def _bound(operator: str, numbers: list[int], pre: tuple[tuple[int, int | str], ...]) -> _Bound:
    full = len(numbers) == 3  # noqa: PLR2004 - major, minor, patch
    padded = [*numbers, 0, 0, 0][:3]
    # What a partial version leaves open starts with the first pre-release.
    low: _Key = (padded[0], padded[1], padded[2], pre if full else ())
    after = (padded[0], padded[1], padded[2], (*pre, (-1, 0))) if full else _next(numbers)
    if not numbers:
        return _Bound(None, None if operator not in {"<", ">"} else (0, 0, 0, ()))
    first = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
    return {
        ">=": _Bound(low, None),
        ">": _Bound(after, None),
        "<": _Bound(None, low),
        "<=": _Bound(None, after),
        "^": _Bound(low, _next(numbers[: first + 1])),
        "~": _Bound(low, _next(numbers[:2])),
        "~>": _Bound(low, _next(numbers[:2])),
    }.get(operator, _Bound(low, after))


def _next(numbers: list[int]) -> _Key | None:
    """The first version after all that begin with these numbers."""
    if not numbers:
        return None
    raised = [*numbers[:-1], numbers[-1] + 1, 0, 0][:3]
    return (raised[0], raised[1], raised[2], ())


def _key(version: str) -> _Key | None:
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    return (int(match[1]), int(match[2]), int(match[3]), _pre(match[4]))


def _pre(text: str | None) -> tuple[tuple[int, int | str], ...]:
    """A pre-release in order: numbers before words, and no pre-release last."""
    if not text:
        return _RELEASE
    return tuple(
        (0, int(part)) if part.isdecimal() and part.isascii() and len(part) < 16 else (1, part)  # noqa: PLR2004
        for part in text.split(".")
    )
