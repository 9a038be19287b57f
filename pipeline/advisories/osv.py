"""OSV records: does one affect a version of a package, and what else does one say?

Pure functions over records as parsed from JSON; nothing about a record's shape is trusted.
The matching rules are those of "Evaluation" in https://ossf.github.io/osv-schema/, with one
addition: where a record or a version cannot be understood, the answer is `CANNOT_TELL`, never
"unaffected".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.advisories.ecosystems import normalise, ordering_of
from pipeline.advisories.ranges import Asked, includes
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator


Record = Mapping[str, Any]
"""A record as parsed from JSON."""

_COMPARED = ("SEMVER", "ECOSYSTEM")
"""Types of ranges between versions. The third, GIT, is between commits and never asked about."""


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


def ids(record: Record) -> frozenset[str]:
    """A record's own id and its aliases."""
    aliases = record.get("aliases")
    listed = aliases if isinstance(aliases, list) else []
    return frozenset(id_ for id_ in (record.get("id"), *listed) if isinstance(id_, str) and id_)


def entries(record: Record, ecosystem: str, name: str) -> list[Any]:
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


def events(record: Record, ecosystem: str, name: str) -> Iterator[Any]:
    """The events of each range between versions in the entries about the package."""
    for entry in entries(record, ecosystem, name):
        ranges = entry.get("ranges")
        for part in ranges if isinstance(ranges, list) else ():
            if _type(part) in _COMPARED:
                yield part.get("events")


def day(value: Any) -> date | None:
    """The day of an RFC 3339 timestamp; `None` for anything else and for "0001-01-01"."""
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return found if found.year > 1 else None
