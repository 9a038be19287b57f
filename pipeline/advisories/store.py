"""The advisory store: a snapshot of OSV records, indexed by package.

A record is kept once, as canonical JSON, and parsed only when somebody asks about its package.
The store's digest depends on the records alone, not on how they were packed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pipeline.advisories import osv
from pipeline.advisories.ecosystems import normalise
from pipeline.advisories.intake import Intake, Refused
from pipeline.advisories.members import members
from pipeline.advisories.osv import Effect
from pipeline.advisories.snapshot import build, connect, unreadable
from pipeline.errors import IncompleteError
from pipeline.files import cache_folder
from pipeline.model import DataRecord
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from pipeline.advisories.osv import Match

KIND = "osv 2"
"""The layout below; it changes whenever the layout or the normalisation of names does."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE advisory (number INTEGER PRIMARY KEY, id TEXT NOT NULL, record BLOB NOT NULL);
CREATE TABLE package (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (ecosystem, name, number)
) WITHOUT ROWID;
CREATE TABLE ecosystem (
  name TEXT PRIMARY KEY, advisories INTEGER NOT NULL, malware INTEGER NOT NULL,
  as_of TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE refused (name TEXT NOT NULL, why TEXT NOT NULL);
"""
_INDEX = "CREATE UNIQUE INDEX advisory_id ON advisory (id)"
_TOLD = 3
"""So many refused records are named in a data record; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import made: counts, the snapshot's own date and digest, and what was refused."""

    advisories: int
    withdrawn: int
    ecosystems: Mapping[str, int]
    as_of: date | None
    digest: str
    refused: tuple[Refused, ...]


def database_path() -> Path:
    """`$SUPPLY_CHAIN_ADVISORIES`, or the store in the user's cache folder."""
    if given := os.environ.get("SUPPLY_CHAIN_ADVISORIES"):
        return Path(given)
    return cache_folder() / "advisories.sqlite"


def fresh(as_of: date | None, today: date, max_age_days: int) -> bool:
    """Whether data of `as_of` may be relied on `today`; data from the future may not.

    One day of tolerance covers time zones.
    """
    return as_of is not None and -1 <= (today - as_of).days <= max_age_days


# ------------------------------------------------------------------------------ taking data in


def import_osv(
    sources: Sequence[Path],
    database: Path,
    *,
    as_of: date | None = None,
    origin: str = "",
    progress: Callable[[str, int], None] | None = None,
) -> Imported:
    """Builds the store `database` from OSV exports: zips or folders of JSON or YAML records.

    `as_of` overrides the snapshot's date, which else is the newest date in the data. `origin`
    says where the data came from (default: the sources' names). `progress` is told the source
    and the number of files read. The same record in several sources counts once; of two states
    the newer wins. A malformed record is refused, counted and named.

    Raises `IncompleteError` when a source cannot be read as a whole or holds no record; an
    existing store is then left as it was.
    """
    intake = Intake(newest=datetime.now(UTC).date())
    with build(database, KIND, _SCHEMA) as connection:
        for count, member in enumerate(members(tuple(sources)), 1):
            for number, id_, record in intake.take(member):
                connection.execute("REPLACE INTO advisory VALUES (?, ?, ?)", (number, id_, record))
            if progress and not count % 500:
                progress(Path(member.unit).name, count)
        if not intake.known:
            raise IncompleteError(
                "no OSV record in it" + _told(intake.refused),
                where=", ".join(map(str, sources)),
                fix="name an OSV export (all.zip), or a folder of OSV JSON or YAML files",
            )
        known = intake.known.values()
        rows = sorted((*key, entry.number) for entry in known for key in entry.packages)
        connection.executemany("INSERT INTO package VALUES (?, ?, ?)", rows)
        counts = intake.counts()
        connection.executemany(
            "INSERT INTO ecosystem VALUES (?, ?, ?, ?)",
            [
                (name, advisories, malware, _text(as_of or newest))
                for name, (advisories, malware, newest) in counts.items()
            ],
        )
        connection.executemany("INSERT INTO refused VALUES (?, ?)", intake.refused)
        imported = Imported(
            advisories=len(intake.known),
            withdrawn=sum(entry.withdrawn for entry in known),
            ecosystems={name: count[0] for name, count in counts.items()},
            as_of=as_of or max(filter(None, (entry.day for entry in known)), default=None),
            digest=intake.digest(),
            refused=tuple(intake.refused),
        )
        facts = {
            "origin": origin or ", ".join(plain(Path(source).name) for source in sources),
            "digest": imported.digest,
            "as_of": _text(imported.as_of),
            "advisories": str(imported.advisories),
        }
        connection.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
        connection.execute(_INDEX)
    return imported


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _told(refused: Sequence[Refused], total: int | None = None) -> str:
    """A clause about refused records, or ""."""
    if not refused and not total:
        return ""
    named = "; ".join(f"{item.name}: {item.why}" for item in refused[:_TOLD])
    return f"; {total or len(refused)} malformed and left out ({named})"


# ------------------------------------------------------------------------------------- asking


class Held(NamedTuple):
    """What a store has for one ecosystem."""

    advisories: int
    malware: int
    as_of: date | None


class Store(AbstractContextManager["Store"]):
    """A store opened for reading. Not for two threads at once."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._parsed: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._facts = dict(self._rows("SELECT key, value FROM meta"))
        self.ecosystems: dict[str, Held] = {
            name: Held(advisories, malware, date.fromisoformat(as_of) if as_of else None)
            for name, advisories, malware, as_of in self._rows("SELECT * FROM ecosystem")
        }
        """What the store holds. Silence about any other ecosystem means nothing."""
        (self.refused,) = next(self._rows("SELECT count(*) FROM refused"))

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store at `path`, checked to be whole.

        Raises `IncompleteError` for a store that is missing, locked, damaged, or of another
        layout.
        """
        connection = connect(path, KIND)
        try:
            return cls(path, connection)
        except BaseException:
            connection.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    @property
    def as_of(self) -> date | None:
        """The snapshot's own date: the newest in the data, or as given at the import."""
        found = self._facts["as_of"]
        return date.fromisoformat(found) if found else None

    def query(
        self, ecosystem: str, name: str, version: str
    ) -> tuple[tuple[dict[str, Any], Match], ...]:
        """The records that affect a version, and those of which it cannot be told, by id.

        Meaningful only for an ecosystem in `ecosystems` and a version that can be parsed.
        """
        matches = (
            (record, osv.affects(record, ecosystem, name, version))
            for record in self.about(ecosystem, name)
        )
        return tuple(pair for pair in matches if pair[1].effect is not Effect.UNAFFECTED)

    def about(self, ecosystem: str, name: str) -> list[dict[str, Any]]:
        """Every record that names the package, withdrawn ones too, by id."""
        key = (ecosystem, normalise(ecosystem, name))
        if key not in self._parsed:
            rows = self._rows(
                "SELECT record FROM package JOIN advisory USING (number)"
                " WHERE ecosystem = ? AND name = ? ORDER BY id",
                key,
            )
            self._parsed[key] = [_record(text) for (text,) in rows]
        return self._parsed[key]

    def vuln(self, id_: str) -> dict[str, Any] | None:
        """The record with this id (not alias), or `None`."""
        rows = self._rows("SELECT record FROM advisory WHERE id = ?", (id_,))
        return next((_record(text) for (text,) in rows), None)

    def record(
        self, *, today: date, max_age_days: int, ecosystems: Iterable[str] = ()
    ) -> DataRecord:
        """What a check relied on. Its date is the oldest among the `ecosystems` asked about."""
        asked = sorted(self.ecosystems.keys() & set(ecosystems) or self.ecosystems.keys())
        days = [self.ecosystems[name].as_of for name in asked]
        known = [day for day in days if day]
        as_of = min(known) if known and len(known) == len(days) else None
        notes = [
            f"no malware reports for {name}" for name in asked if not self.ecosystems[name].malware
        ]
        if self.refused:
            rows = self._rows("SELECT name, why FROM refused ORDER BY name, why LIMIT ?", (_TOLD,))
            told = _told([Refused(*row) for row in rows], self.refused)
            notes.append("records" + told.removeprefix(";"))
        return DataRecord(
            name="OSV advisories",
            origin=self._facts["origin"],
            digest=self._facts["digest"],
            as_of=as_of,
            entries=int(self._facts["advisories"]),
            fresh=fresh(as_of, today, max_age_days),
            note="; ".join(notes),
        )

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error


def _record(text: bytes) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415  start-up stays light

    record: dict[str, Any] = msgspec.json.decode(text)
    return record
