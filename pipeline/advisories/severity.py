"""How bad a vulnerability is, from the CVSS vectors or words of its records.

Scores are base scores by FIRST's specifications (https://www.first.org/cvss/), computed by the
`cvss` library. Versions 2, 3 and 4 count alike on the qualitative scale of versions 3 and 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}
_INFORMATIONAL = {
    "notice": Severity.LOW,
    "unmaintained": Severity.LOW,
    "unsound": Severity.MEDIUM,
}
"""RustSec's kinds of advisories that tell of no vulnerability, which its own tool only warns of:
nobody maintains it, or it could be used so that it is one. Source:
https://docs.rs/rustsec/latest/rustsec/advisory/enum.Informational.html"""
_SCALE = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_MAX_VECTOR = 512
"""Characters; the longest sensible vector has about 200."""


class Rating(NamedTuple):
    """A severity, and the score with its vector where one was computed."""

    severity: Severity
    score: float | None = None
    vector: str = ""


UNRATED = Rating(Severity.UNKNOWN)


def rate(record: Mapping[str, Any], entries: Iterable[Any]) -> Rating:
    """The worst CVSS rating of a record or of its affected `entries`, else a word for it.

    That is GitHub's, or RustSec's where all entries have one. A malformed vector rates nothing.
    """
    entries = tuple(entries)
    found = worst(map(_score, _vectors(record, entries)))
    if found.score is not None:
        return found
    if word := _word(record, "severity"):
        return Rating(_WORDS.get(word.upper(), Severity.UNKNOWN))
    kinds = [_INFORMATIONAL.get(_word(entry, "informational")) for entry in entries]
    return worst(Rating(kind) for kind in kinds if kind) if kinds and all(kinds) else found


def worst(ratings: Iterable[Rating]) -> Rating:
    """The worst of some ratings. One that is known beats `unknown`."""
    known = [rating for rating in ratings if rating.severity is not Severity.UNKNOWN]
    return min(known, key=lambda r: (r.severity.rank, -(r.score or 0.0), r.vector), default=UNRATED)


def _word(part: Any, name: str) -> str:
    specific = part.get("database_specific") if isinstance(part, dict) else None
    word = specific.get(name) if isinstance(specific, dict) else None
    return word if isinstance(word, str) else ""


def _vectors(record: Mapping[str, Any], entries: Iterable[Any]) -> Iterator[str]:
    for part in (record, *entries):
        severities = part.get("severity")
        for severity in severities if isinstance(severities, list) else ():
            if not isinstance(severity, dict):
                continue
            kind, vector = severity.get("type"), severity.get("score")
            if isinstance(kind, str) and kind.startswith("CVSS_") and isinstance(vector, str):
                yield vector


@lru_cache(maxsize=4096)
def _score(vector: str) -> Rating:
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError  # noqa: PLC0415  heavy, and seldom needed

    if len(vector) > _MAX_VECTOR:
        return UNRATED
    try:
        if vector.startswith("CVSS:4."):
            score = float(CVSS4(vector).base_score)
        elif vector.startswith("CVSS:3."):
            score = float(CVSS3(vector).base_score)
        else:
            score = float(CVSS2(vector.removeprefix("(").removesuffix(")")).base_score)
    except CVSSError:
        return UNRATED
    low = Severity.LOW if score > 0 else Severity.NONE
    severity = next((severity for least, severity in _SCALE if score >= least), low)
    return Rating(severity, score, vector)
