"""Lists beside the advisories: CISA's known exploited vulnerabilities and FIRST's EPSS scores.

Each is a snapshot beside the advisory store, replaced on its own. `update` fetches all three.

Sources: OSV's exports, https://google.github.io/osv.dev/data/#data-dumps; the KEV catalogue,
https://www.cisa.gov/known-exploited-vulnerabilities-catalog; EPSS,
https://www.first.org/epss/data_stats.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
import time
import zlib
from contextlib import suppress
from datetime import date
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.advisories.download import download
from pipeline.advisories.members import MAX_RECORD_BYTES, parse
from pipeline.advisories.osv import day
from pipeline.advisories.snapshot import build, opened
from pipeline.advisories.store import Store, fresh, import_osv
from pipeline.errors import IncompleteError
from pipeline.model import DataRecord, Exploited
from pipeline.text import plain
from pipeline.web import Web, checked, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pipeline.advisories.store import Imported

OSV_URL = "https://osv-vulnerabilities.storage.googleapis.com"
KEV_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"

_KEV, _EPSS = "kev 1", "epss 1"
_META = "CREATE TABLE meta (origin TEXT, digest TEXT, as_of TEXT, entries INTEGER);"
_KEV_SCHEMA = (
    _META
    + """
CREATE TABLE entry (
  id TEXT PRIMARY KEY, added TEXT NOT NULL, due TEXT NOT NULL, ransomware INTEGER NOT NULL
) WITHOUT ROWID;
"""
)
_EPSS_SCHEMA = _META + "CREATE TABLE entry (id TEXT PRIMARY KEY, score REAL NOT NULL) WITHOUT ROWID"
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_MAX_EPSS_LINES = 5_000_000
_MAX_LINE = 1000
_GZIP = b"\x1f\x8b"


def beside(database: Path, name: str) -> Path:
    """Where the list `name` ("kev", "epss") of the advisory store `database` lives."""
    return database.with_name(f"{database.stem}.{name}.sqlite")


# ----------------------------------------------------------------------------------------- KEV


def import_kev(path: Path, database: Path, *, origin: str = "") -> DataRecord:
    """Takes in CISA's catalogue as JSON.

    Every entry must be sound and all must be there: one that was lost would be a known exploited
    vulnerability that nobody sees. Raises `IncompleteError`; the old list is then kept.
    """
    content = _read(path, MAX_RECORD_BYTES)
    try:
        catalogue = parse("kev.json", content)
        entries = _kev_entries(catalogue)
    except ValueError as error:
        raise IncompleteError(
            f"not CISA's catalogue of known exploited vulnerabilities: {error}",
            where=str(path),
            fix="get known_exploited_vulnerabilities.json again",
        ) from error
    released = day(catalogue.get("dateReleased"))
    return _write(
        beside(database, "kev"), _KEV, _KEV_SCHEMA, entries, origin or path.name, released
    )


def kev(
    database: Path, ids: Iterable[str], *, today: date, max_age_days: int
) -> tuple[dict[str, Exploited], DataRecord | None]:
    """The catalogue's entries among `ids`, and what that rests on (`None`: never imported).

    Raises `IncompleteError` when the list is damaged or locked.
    """
    path = beside(database, "kev")
    rows, record = _look(path, _KEV, ids, today, max_age_days)
    found = {
        id_: Exploited(
            added=date.fromisoformat(added),
            due=date.fromisoformat(due),
            ransomware=bool(ransomware),
        )
        for id_, added, due, ransomware in rows
    }
    return found, record


def _kev_entries(catalogue: Any) -> list[tuple[str, str, str, int]]:
    """The rows of a catalogue; raises `ValueError` for anything out of order."""
    entries = catalogue.get("vulnerabilities") if isinstance(catalogue, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError("it has no list of vulnerabilities")
    if catalogue.get("count") != len(entries):
        raise ValueError(f"it says {catalogue.get('count')} entries and has {len(entries)}")
    rows = {}
    for number, entry in enumerate(entries, 1):
        fields = entry if isinstance(entry, dict) else {}
        id_, ransomware = fields.get("cveID"), fields.get("knownRansomwareCampaignUse")
        added, due = day(fields.get("dateAdded")), day(fields.get("dueDate"))
        if not isinstance(id_, str) or not _CVE.fullmatch(id_) or not added or not due:
            raise ValueError(f"entry {number} lacks a CVE id or a date")
        rows[id_] = (id_, added.isoformat(), due.isoformat(), int(ransomware == "Known"))
    return sorted(rows.values())


# ---------------------------------------------------------------------------------------- EPSS


def import_epss(path: Path, database: Path, *, origin: str = "") -> DataRecord:
    """Takes in FIRST's scores as CSV, compressed by gzip or not.

    Raises `IncompleteError` for a file that is cut short or has a line out of order.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(len(_GZIP)) == _GZIP
            raw.seek(0)
            content: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            as_of, rows = _epss_rows(content)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IncompleteError(
            f"not a list of EPSS scores: {error}",
            where=str(path),
            fix="get epss_scores-current.csv.gz again",
        ) from error
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", where=str(path), fix="name another file"
        ) from error
    return _write(beside(database, "epss"), _EPSS, _EPSS_SCHEMA, rows, origin or path.name, as_of)


def epss(
    database: Path, ids: Iterable[str], *, today: date, max_age_days: int
) -> tuple[dict[str, float], DataRecord | None]:
    """The probabilities of exploitation known for `ids`, and what that rests on.

    The record is `None` where the list was never imported. Raises `IncompleteError` when it is
    damaged or locked.
    """
    rows, record = _look(beside(database, "epss"), _EPSS, ids, today, max_age_days)
    return dict(rows), record


def _epss_rows(content: IO[bytes]) -> tuple[date | None, list[tuple[str, float]]]:
    """The day and the rows of a list; raises `ValueError` for a line out of order.

    The first line is "#model_version:...,score_date:2025-01-31T00:00:00+0000".
    """
    lines = _lines(content)
    first = next(lines, "")
    found = re.search(r"score_date:(\d{4}-\d{2}-\d{2})", first)
    header = next(lines, "") if first.startswith("#") else first
    if header.split(",")[:2] != ["cve", "epss"]:
        raise ValueError("its columns are not cve and epss")
    rows = {}
    for number, row in enumerate(csv.reader(lines), 3):
        id_, score = row[0] if row else "", _probability(row[1] if len(row) > 1 else "")
        if not _CVE.fullmatch(id_) or score is None:
            raise ValueError(f"line {number} has no CVE id or no probability")
        rows[id_] = score
    if not rows:
        raise ValueError("it has no scores")
    return day(found[1]) if found else None, sorted(rows.items())


def _lines(content: IO[bytes]) -> Iterator[str]:
    """The lines of a text, within limits."""
    for _ in range(_MAX_EPSS_LINES):
        line = content.readline(_MAX_LINE)
        if not line:
            return
        if len(line) == _MAX_LINE:
            raise ValueError("a line is too long")
        yield line.decode("ascii", "replace").rstrip("\r\n")
    raise ValueError("it has too many lines")


def _probability(text: str) -> float | None:
    with suppress(ValueError):
        score = float(text)
        if 0.0 <= score <= 1.0:
            return score
    return None


# ------------------------------------------------------------------------------------ snapshots


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", where=str(path), fix="name another file"
        ) from error
    if len(content) > limit:
        raise IncompleteError(f"larger than {limit} bytes", where=str(path))
    return content


def _write(  # noqa: PLR0913, PLR0917  one call, and each part differs
    path: Path, kind: str, schema: str, rows: list[Any], origin: str, as_of: date | None
) -> DataRecord:
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    facts = (origin, f"sha256:{digest}", as_of.isoformat() if as_of else "", len(rows))
    places = ", ".join("?" * len(rows[0]))
    with build(path, kind, schema) as connection:
        connection.executemany(f"INSERT INTO entry VALUES ({places})", rows)  # noqa: S608  only "?"
        connection.execute("INSERT INTO meta VALUES (?, ?, ?, ?)", facts)
    return _record(kind, facts, fresh_now=True)


def _look(
    path: Path, kind: str, ids: Iterable[str], today: date, max_age_days: int
) -> tuple[list[tuple[Any, ...]], DataRecord | None]:
    if not path.exists():
        return [], None
    with opened(path, kind) as connection:
        facts = connection.execute("SELECT * FROM meta").fetchone()
        rows = [
            row
            for id_ in sorted(set(ids))
            for row in connection.execute("SELECT * FROM entry WHERE id = ?", (id_,))
        ]
    as_of = day(facts[2])
    return rows, _record(kind, facts, fresh_now=fresh(as_of, today, max_age_days))


def _record(kind: str, facts: tuple[Any, ...], *, fresh_now: bool) -> DataRecord:
    origin, digest, as_of, entries = facts
    return DataRecord(
        name="kev" if kind == _KEV else "epss",
        origin=origin,
        digest=digest,
        as_of=day(as_of),
        entries=entries,
        fresh=fresh_now,
    )


# --------------------------------------------------------------------------------------- update


def update(  # noqa: PLR0913  each is a setting of its own
    database: Path,
    ecosystems: Iterable[str],
    *,
    base_url: str = OSV_URL,
    kev_url: str = KEV_URL,
    epss_url: str = EPSS_URL,
    progress: Callable[[str, int], None] | None = None,
    deadline: float = 3600.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Imported:
    """Fetches OSV's exports of the `ecosystems`, the KEV catalogue and the EPSS scores.

    Ecosystems that the store already holds are fetched too, so that none is lost. An empty URL
    leaves that list as it is. What was fetched in part is continued next time. `progress` is
    told a URL or file and how many bytes or records came so far. Each snapshot is replaced only
    when its data is whole. Raises `IncompleteError`.
    """
    folder = database.parent / "downloads"
    wanted = sorted({*ecosystems, *_held(database)})
    if not wanted:
        raise IncompleteError("no ecosystem to fetch", fix='name one, such as "PyPI"')
    exports = {name: checked(f"{base_url.rstrip('/')}/{quote(name)}/all.zip") for name in wanted}
    with Web(deadline=deadline, sleep=sleep) as web:
        files = {
            name: download(web, url, folder / f"{quote(name, safe='')}.zip", progress=progress)
            for name, url in exports.items()
        }
        try:
            origin = ", ".join(map(shown, exports.values()))
            imported = import_osv(list(files.values()), database, origin=origin, progress=progress)
        finally:
            # A file that cannot be taken in would fail again: it is fetched anew next time.
            for file in files.values():
                file.unlink(missing_ok=True)
        missing = [name for name in wanted if name not in imported.ecosystems]
        if missing:
            raise IncompleteError(
                f"the export names no advisory for {plain(', '.join(missing))}",
                where=shown(base_url),
                fix="check how OSV writes the ecosystem's name",
            )
        for url, name, take in (
            (kev_url, "kev.json", import_kev),
            (epss_url, "epss.csv.gz", import_epss),
        ):
            if url:
                file = download(web, url, folder / name, progress=progress)
                try:
                    take(file, database, origin=shown(url))
                finally:
                    file.unlink(missing_ok=True)
    return imported


def _held(database: Path) -> set[str]:
    """The ecosystems of the store that is to be replaced; none if it cannot be read."""
    with suppress(IncompleteError), Store.open(database) as store:
        return set(store.ecosystems)
    return set()
