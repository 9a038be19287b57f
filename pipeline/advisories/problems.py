"""Problems: OSV's records that speak of the same one, joined, rated and put into words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.advisories import osv
from pipeline.advisories.ecosystems import normalise, ordering_of
from pipeline.advisories.osv import Record
from pipeline.advisories.ranges import Asked, first_fix, includes
from pipeline.advisories.severity import rate, worst
from pipeline.model import Kind, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.advisories.ranges import Event

MALWARE_PREFIX = "MAL-"
"""Ids of the OpenSSF's malicious packages: https://github.com/ossf/malicious-packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One problem of one package, whoever described it: records joined by their aliases.

    `id` is the best known of its ids, `aliases` are the others, sorted. `cvss` is the vector of
    `score`; both are empty where only words rate it. `records` are what it was made of. `parts`
    are the packages inside a module of Go that alone are affected, where its database says so.
    """

    id: str
    aliases: tuple[str, ...]
    kind: Kind
    severity: Severity
    score: float | None
    cvss: str
    title: str
    detail: str
    url: str
    published: date | None
    modified: date | None
    ecosystem: str
    package: str
    records: tuple[Record, ...] = field(repr=False)
    parts: tuple[str, ...] = ()

    def fixed_after(self, version: str) -> tuple[str, ...]:
        """The versions above `version` in which the problem ends, lowest first.

        A version that one of the records calls fixed and another still affected is left out.
        Empty when no fix is known, or `version` cannot be compared.
        """
        ordering = ordering_of(self.ecosystem)
        try:
            value = ordering.parse(version) if ordering else None
        except ValueError:
            value = None
        if ordering is None or value is None:
            return ()
        asked = Asked(version, value, ordering.base(value), ordering)
        ends = {end.value: end.text for record in self.records for end in self._ends(record, asked)}
        return tuple(ends[key] for key in sorted(ends) if self._spared(ends[key]))

    def _ends(self, record: Record, asked: Asked) -> Iterator[Event]:
        """The first fix after the version in each range of the record that includes it."""
        for found in osv.events(record, self.ecosystem, self.package):
            if includes(found, asked) is not False and (end := first_fix(found, asked)):
                yield end

    def _spared(self, version: str) -> bool:
        return all(
            osv.affects(record, self.ecosystem, self.package, version).effect
            is not osv.Effect.AFFECTED
            for record in self.records
        )


def group(records: Iterable[Record], ecosystem: str, name: str) -> tuple[Advisory, ...]:
    """The records about one package as problems: those that share an id or alias are one.

    Withdrawn records and those without an id are left out. `upstream` and `related` join
    nothing. Sorted by id.
    """
    owner: dict[str, int] = {}
    groups: dict[int, list[Record]] = {}
    usable = {
        record["id"]: record
        for record in records
        if isinstance(record.get("id"), str) and not osv.withdrawn(record)
    }
    for number, key in enumerate(sorted(usable)):
        merged = [usable[key]]
        for other in {owner[id_] for id_ in osv.ids(usable[key]) if id_ in owner}:
            merged += groups.pop(other)
        groups[number] = merged
        owner.update((id_, number) for record in merged for id_ in osv.ids(record))
    advisories = (_advisory(merged, ecosystem, name) for merged in groups.values())
    return tuple(sorted(advisories, key=lambda advisory: _preference(advisory.id)))


def _advisory(records: Sequence[Record], ecosystem: str, name: str) -> Advisory:
    known = sorted(frozenset().union(*map(osv.ids, records)), key=_preference)
    malware = [id_ for id_ in known if id_.startswith(MALWARE_PREFIX)]
    primary = malware[0] if malware else known[0]
    # The record that bears the best id speaks for the problem.
    ordered = sorted(records, key=lambda record: _preference(record["id"]))
    entries = [osv.entries(r, ecosystem, normalise(ecosystem, name)) for r in ordered]
    rating = worst(map(rate, ordered, entries))
    detail = next(filter(None, (_text(record, "details") for record in ordered)), "")
    title = next(filter(None, (_text(record, "summary") for record in ordered)), "")
    return Advisory(
        id=primary,
        aliases=tuple(sorted(id_ for id_ in known if id_ != primary)),
        kind=Kind.MALWARE if malware else Kind.VULNERABILITY,
        severity=Severity.CRITICAL if malware else rating.severity,
        score=None if malware else rating.score,
        cvss="" if malware else rating.vector,
        title=plain(title or _first_sentence(detail) or primary, limit=200),
        detail=plain(detail, limit=4000),
        url=_url(ordered),
        published=min(filter(None, (osv.day(r.get("published")) for r in ordered)), default=None),
        modified=max(filter(None, (osv.day(r.get("modified")) for r in ordered)), default=None),
        ecosystem=ecosystem,
        package=normalise(ecosystem, name),
        records=tuple(ordered),
        parts=next(filter(None, map(_parts, entries)), ()),
    )


def _parts(entries: Sequence[Any]) -> tuple[str, ...]:
    """The packages that all entries name; none where one is about the whole module.

    Source: https://go.dev/doc/security/vuln/database#schema, `ecosystem_specific.imports`.
    """
    found: set[str] = set()
    for entry in entries:
        specific = entry.get("ecosystem_specific")
        imports = specific.get("imports") if isinstance(specific, dict) else None
        paths = [
            one.get("path")
            for one in (imports if isinstance(imports, list) else ())
            if isinstance(one, dict)
        ]
        if not paths or not all(isinstance(path, str) and path for path in paths):
            return ()
        found.update(plain(str(path), limit=200) for path in paths)
    return tuple(sorted(found))


_ORDER = ("CVE-", "GHSA-", "PYSEC-")


def _preference(id_: str) -> tuple[int, list[tuple[int, str]]]:
    """Sorts CVE before GHSA before PYSEC before the rest; numbers by value, not by digits."""
    rank = next((rank for rank, prefix in enumerate(_ORDER) if id_.startswith(prefix)), len(_ORDER))
    return rank, [(len(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", id_)]


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _first_sentence(text: str) -> str:
    """The first sentence that tells more than what the package is."""
    line = next((line.strip("# \t") for line in text.splitlines() if line.strip("# \t")), "")
    first, *others = re.split(r"(?<=[.!?])\s+", line, maxsplit=2)
    return others[0] if others and _DESCRIBES.match(first) else first


_DESCRIBES = re.compile(
    r"(?!.*vulnerab)\S+(?: \S+){0,3} is (?:an?|the) .*\b(?:app|application|client|database|engine"
    r"|framework|implementation|language|library|module|package|parser|platform|project|server"
    r"|software|system|tool|toolkit|utility)\b",
    re.IGNORECASE,
)


_REFERENCE_ORDER = ("ADVISORY", "WEB", "ARTICLE", "REPORT", "FIX")
_SAFE_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[!#-;=?-\[\]_a-z~%]*)?")


def _url(records: Sequence[Record]) -> str:
    """The best page to read: an HTTPS reference, advisories first; else OSV's own page."""
    best: tuple[int, str] | None = None
    for record in records:
        references = record.get("references")
        for reference in references if isinstance(references, list) else ():
            if not isinstance(reference, dict) or reference.get("type") not in _REFERENCE_ORDER:
                continue
            url = reference.get("url")
            if isinstance(url, str) and _SAFE_URL.fullmatch(url):
                rank = _REFERENCE_ORDER.index(reference["type"])
                best = (rank, url) if best is None or rank < best[0] else best
    if best:
        return best[1]
    page = f"https://osv.dev/vulnerability/{records[0]['id']}"
    return page if _SAFE_URL.fullmatch(page) else ""
