"""OSV records: does one affect a version of a package, and which records are one problem?

Pure functions over records as parsed from JSON; nothing about a record's shape is trusted.
The matching rules are those of "Evaluation" in https://ossf.github.io/osv-schema/, with one
addition: where a record or a version cannot be understood, the answer is `CANNOT_TELL`, never
"unaffected".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.advisories.ecosystems import normalise, ordering_of
from pipeline.advisories.ranges import Asked, first_fix, includes
from pipeline.advisories.severity import rate, worst
from pipeline.model import Kind, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.advisories.ranges import Event

Record = Mapping[str, Any]
"""A record as parsed from JSON."""

_COMPARED = ("SEMVER", "ECOSYSTEM")
"""Types of ranges between versions. The third, GIT, is between commits and never asked about."""

MALWARE_PREFIX = "MAL-"
"""Ids of the OpenSSF's malicious packages: https://github.com/ossf/malicious-packages."""


class MalformedError(ValueError):
    """A part of a record is not of the schema's shape."""


class Effect(StrEnum):
    """What a record means for one version of one package."""

    AFFECTED = "affected"
    UNAFFECTED = "unaffected"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Match:
    """An effect, and the reason where it is `CANNOT_TELL`."""

    effect: Effect
    why: str = ""


_AFFECTED = Match(Effect.AFFECTED)
_UNAFFECTED = Match(Effect.UNAFFECTED)


# ------------------------------------------------------------------------------------ matching


def affects(record: Record, ecosystem: str, name: str, version: str) -> Match:
    """Whether `record` affects `version` of the package `name` of `ecosystem`.

    A withdrawn record affects nothing. An ecosystem without a known version order, a version or
    an event that cannot be parsed, and an entry of another shape than the schema's give
    `CANNOT_TELL`, unless the rest of the record settles that the version is affected.
    """
    if withdrawn(record):
        return _UNAFFECTED
    ordering = ordering_of(ecosystem)
    if ordering is None:
        return _cannot_tell(f"versions of {ecosystem} cannot be compared yet")
    try:
        value = ordering.parse(version)
    except ValueError:
        return _cannot_tell(f"{plain(version, limit=80)} is no version of {ecosystem}")
    asked = Asked(version, value, ordering.base(value), ordering)
    found = _UNAFFECTED
    entries = record.get("affected", [])
    if not isinstance(entries, list):
        return _cannot_tell("its list of affected packages cannot be read")
    wanted = normalise(ecosystem, name)
    for entry in entries:
        match = _entry(entry, ecosystem, wanted, asked)
        if match.effect is Effect.AFFECTED:
            return match
        if match.effect is Effect.CANNOT_TELL:
            found = match
    return found


def withdrawn(record: Record) -> bool:
    """Whether the record was taken back. Only a text counts: the schema wants a timestamp."""
    value = record.get("withdrawn")
    return isinstance(value, str) and bool(value)


def packages(record: Record) -> Iterator[tuple[str, str]]:
    """The (ecosystem, normalised name) of each affected entry that names a package.

    Raises `MalformedError` for an entry that is not of the schema's shape.
    """
    entries = record.get("affected", [])
    if not isinstance(entries, list):
        raise MalformedError("`affected` is not a list")
    for entry in entries:
        if not isinstance(entry, dict):
            raise MalformedError("an affected entry is not an object")
        package = entry.get("package")
        if package is None:
            continue  # ranges of commits alone: no package manager ever asks for them
        if not isinstance(package, dict):
            raise MalformedError("an affected package is not an object")
        ecosystem, name = package.get("ecosystem"), package.get("name")
        if not (isinstance(ecosystem, str) and ecosystem and isinstance(name, str) and name):
            raise MalformedError("an affected package has no ecosystem or no name")
        yield ecosystem, normalise(ecosystem, name)


def _cannot_tell(why: str) -> Match:
    return Match(Effect.CANNOT_TELL, why)


def _entry(entry: Any, ecosystem: str, name: str, asked: Asked) -> Match:
    """One affected entry: `versions` or any range settles "affected"."""
    try:
        if (ecosystem, name) not in packages({"affected": [entry]}):
            return _UNAFFECTED
    except MalformedError as error:
        return _cannot_tell(str(error))
    versions, ranges = entry.get("versions") or [], entry.get("ranges") or []
    if not isinstance(versions, list) or not isinstance(ranges, list):
        return _cannot_tell("its versions or ranges cannot be read")
    matches = [_typed_range(part, asked) for part in ranges if _type(part) != "GIT"]
    if _AFFECTED in matches or _listed(versions, asked):
        return _AFFECTED
    if not versions and not matches:
        return _cannot_tell("it names the package without any version that can be compared")
    return next((match for match in matches if match.why), _UNAFFECTED)


def _typed_range(part: Any, asked: Asked) -> Match:
    if _type(part) not in _COMPARED:
        return _cannot_tell("it has a range of an unknown type")
    held = includes(part.get("events"), asked)
    if held is None:
        return _cannot_tell("one of its range events is missing or no version")
    return _AFFECTED if held else _UNAFFECTED


def _type(part: Any) -> Any:
    """The type of a range; `None` for what is no range."""
    return part.get("type") if isinstance(part, dict) else None


def _listed(versions: list[Any], asked: Asked) -> bool:
    """Whether the version stands in the list, as written or as an equal version.

    A rebuild is as affected as the version it rebuilds. Listed texts that are no versions can
    only be equal as written.
    """
    if asked.text in versions:
        return True
    texts = [text for text in versions if isinstance(text, str)]
    for text in asked.ordering.alike(asked.value, texts):
        try:
            value = asked.ordering.parse(text)
        except ValueError:
            continue
        if value in (asked.value, asked.base):
            return True
    return False


# ------------------------------------------------------------------------------------ grouping


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One problem of one package, whoever described it: records joined by their aliases.

    `id` is the best known of its ids, `aliases` are the others, sorted. `cvss` is the vector of
    `score`; both are empty where only words rate it. `records` are what it was made of.
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
        for entry in _entries(record, self.ecosystem, self.package):
            ranges = entry.get("ranges")
            for part in ranges if isinstance(ranges, list) else ():
                if _type(part) not in _COMPARED:
                    continue
                if includes(part.get("events"), asked) is False:
                    continue
                if end := first_fix(part.get("events"), asked):
                    yield end

    def _spared(self, version: str) -> bool:
        return all(
            affects(record, self.ecosystem, self.package, version).effect is not Effect.AFFECTED
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
        if isinstance(record.get("id"), str) and not withdrawn(record)
    }
    for number, key in enumerate(sorted(usable)):
        merged = [usable[key]]
        for other in {owner[id_] for id_ in ids(usable[key]) if id_ in owner}:
            merged += groups.pop(other)
        groups[number] = merged
        owner.update((id_, number) for record in merged for id_ in ids(record))
    advisories = (_advisory(merged, ecosystem, name) for merged in groups.values())
    return tuple(sorted(advisories, key=lambda advisory: _preference(advisory.id)))


def ids(record: Record) -> frozenset[str]:
    """A record's own id and its aliases."""
    aliases = record.get("aliases")
    listed = aliases if isinstance(aliases, list) else []
    return frozenset(id_ for id_ in (record.get("id"), *listed) if isinstance(id_, str) and id_)


def _advisory(records: Sequence[Record], ecosystem: str, name: str) -> Advisory:
    known = sorted(frozenset().union(*map(ids, records)), key=_preference)
    malware = [id_ for id_ in known if id_.startswith(MALWARE_PREFIX)]
    primary = malware[0] if malware else known[0]
    # The record that bears the best id speaks for the problem.
    ordered = sorted(records, key=lambda record: _preference(record["id"]))
    rating = worst(rate(r, _entries(r, ecosystem, normalise(ecosystem, name))) for r in ordered)
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
        published=min(filter(None, (day(r.get("published")) for r in ordered)), default=None),
        modified=max(filter(None, (day(r.get("modified")) for r in ordered)), default=None),
        ecosystem=ecosystem,
        package=normalise(ecosystem, name),
        records=tuple(ordered),
    )


def _entries(record: Record, ecosystem: str, name: str) -> list[Any]:
    """The affected entries about the package; those of another shape are passed over."""
    found = []
    entries = record.get("affected")
    for entry in entries if isinstance(entries, list) else ():
        try:
            if (ecosystem, name) in packages({"affected": [entry]}):
                found.append(entry)
        except ValueError:
            continue
    return found


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


def day(value: Any) -> date | None:
    """The day of an RFC 3339 timestamp; `None` for anything else and for "0001-01-01"."""
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return found if found.year > 1 else None
