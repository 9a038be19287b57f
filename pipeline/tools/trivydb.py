"""Trivy's vulnerability database: where it comes from, how old it is, what it knows.

Trivy fetches it, once a day, into a folder that is named by the database's own date and never
changed again; sessions that run side by side wait for one another, and a scan that goes on keeps
what it started with. Offline, the newest one that is there has to do. A folder that the policy
names is used as it is and never written to.

Trivy itself looks at neither age nor content: an old or an empty database gives no findings.
Here, one that is missing, unreadable, of another format or without sources is an error, and an
old one is told as not fresh.

Sources: Trivy 0.74.0, pkg/db and pkg/javadb; trivy-db, pkg/metadata.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import cache_folder, explained, is_cache_in, locked, write
from pipeline.model import DataRecord, TrivySettings
from pipeline.tools.bolt import buckets
from pipeline.tools.trivy import Database
from pipeline.tools.trivyparts import JAVA, VULNERABILITIES, dates, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.tools.trivyparts import Part

PUBLIC = "Trivy's public registries"

_KEPT = 2
"""Databases that stay: the one in use, and the one that a session may just be starting with."""
_PATIENCE = timedelta(minutes=15)
"""How long after a failure nobody tries again, where an older database is there."""
_OWN = frozenset(
    {"vulnerability", "data-source", "trivy", "vulnerability-id", "vulnerability-detail"}
)
"""Buckets that are no source of advisories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a session needs of the database.

    `program` is the verified Trivy. `today` is the day of the run, by which age is judged. `root`
    is the scanned repository.
    """

    program: Path
    settings: TrivySettings
    today: date
    max_age_days: int
    offline: bool = False
    java: bool = False
    root: str = ""


def ready(request: Request, *, sleep: Callable[[float], None] = time.sleep) -> Database:
    """The database to scan with, fetched first if today's is not here yet.

    Raises `IncompleteError` where there is none that can be used, with what to do.
    """
    settings = request.settings
    if settings.database:
        return read(Path(settings.database), request, origin=settings.database)
    if request.root and is_cache_in(Path(request.root)):
        raise IncompleteError(
            "the cache stands in the scanned repository, which could have put a database there",
            where=str(cache_folder()),
            fix="set XDG_CACHE_HOME to a folder outside of it, or name a database with --trivy-db",
        )
    with locked(_store(VULNERABILITIES, settings.database_repository) / "lock"):
        cache, why = _current(VULNERABILITIES, settings.database_repository, request, sleep)
        if request.java:
            index, more = _current(JAVA, settings.java_database_repository, request, sleep)
            _link(cache / JAVA.folder, index / JAVA.folder)
            why = why or more
    return read(cache, request, origin=settings.database_repository or PUBLIC, why=why)


def read(cache: Path, request: Request, *, origin: str, why: str = "") -> Database:
    """The database in the folder `cache`; raises `IncompleteError` unless it can be used.

    `why` is told beside its age: what kept it from being renewed.
    """
    records = [_record(VULNERABILITIES, cache, request, origin, why)]
    if request.java:
        mirror = request.settings.java_database_repository
        records.append(_record(JAVA, cache, request, mirror or origin, why))
    place = cache / VULNERABILITIES.folder / VULNERABILITIES.file
    sources = buckets(place) - _OWN
    if not sources:
        raise IncompleteError(
            "Trivy's database holds no advisories", where=str(place), fix="fetch it again"
        )
    return Database(
        cache=str(cache.absolute()),
        sources=sources,
        records=tuple(records),
        java=request.java,
    )


def _record(part: Part, cache: Path, request: Request, origin: str, why: str) -> DataRecord:
    made = dates(part, cache, request.today).made
    return DataRecord(
        name=part.name,
        origin=origin,
        digest=_digest(cache / part.folder / part.file),
        as_of=made.date(),
        fresh=(request.today - made.date()).days <= request.max_age_days,
        note=f"made {made:%Y-%m-%d %H:%M} UTC{'; not renewed: ' + why if why else ''}",
    )


def _digest(path: Path) -> str:
    """SHA-256 of a database; taken from the note that we left when we first did it, if it fits."""
    stat = path.stat()
    same = {"size": stat.st_size, "modified": stat.st_mtime_ns}
    note = path.with_name("supply-chain.json")
    is_ours = path.is_relative_to(cache_folder())
    try:
        known = json.loads(note.read_bytes()) if is_ours else {}
        if known.get("same") == same:
            return str(known["digest"])
    except (OSError, ValueError, KeyError, AttributeError):
        pass
    with path.open("rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if is_ours:
        write(note, json.dumps({"same": same, "digest": found}).encode())
    return found


# ---------------------------------------------------------------------------- our own folder


def _store(part: Part, repository: str) -> Path:
    """Where databases of one kind and origin are kept; created."""
    name = hashlib.sha256(repository.encode()).hexdigest()[:16] if repository else "public"
    store = cache_folder() / "trivy" / name / part.folder
    with explained(store):
        store.mkdir(parents=True, exist_ok=True)
    return store


def _current(
    part: Part, repository: str, request: Request, sleep: Callable[[float], None]
) -> tuple[Path, str]:
    """The newest database, after fetching one where that is due.

    With it, why it could not be renewed.
    """
    from pipeline.tools.trivyfetch import fetch  # noqa: PLC0415 - mostly it is here already

    store = _store(part, repository)
    kept = _kept(part, store)
    if kept and (request.offline or _is_current(part, kept[0])):
        return kept[0], ""
    if request.offline:
        raise IncompleteError(
            f"there is no {part.name} here, and the run is offline",
            where=str(store),
            fix="run `supply-chain tools update` with a network, or name a folder with --trivy-db",
        )
    failure = store / "failure.json"
    if kept and (why := _recent(failure)):
        return kept[0], why
    try:
        found = fetch(part, store, request.program, repository, sleep)
    except IncompleteError as error:
        if not kept:
            raise
        told = {"at": datetime.now(UTC).isoformat(), "why": error.what}
        write(failure, json.dumps(told).encode())
        return kept[0], error.what
    failure.unlink(missing_ok=True)
    for old in _kept(part, store)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return found, ""


def _kept(part: Part, store: Path) -> list[Path]:
    """What is in `store`, newest first; their names are dates."""
    return sorted((path.parent for path in store.glob(f"2*/{part.folder}")), reverse=True)


def _is_current(part: Part, cache: Path) -> bool:
    """Whether it was fetched today, and can be read; the Java index tells when one is due."""
    now = datetime.now(UTC)
    try:
        found = dates(part, cache, now.date())
        if part is VULNERABILITIES:
            buckets(cache / part.folder / part.file)
    except IncompleteError:
        return False
    return found.fetched.date() == now.date() or (part is JAVA and now < found.due)


def _recent(failure: Path) -> str:
    """Why fetching failed a moment ago, "" if it did not."""
    try:
        told = json.loads(failure.read_bytes())
        is_recent = timedelta() <= datetime.now(UTC) - moment(told["at"]) < _PATIENCE
        return str(told["why"]) if is_recent else ""
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _link(place: Path, target: Path) -> None:
    """Make `place` lead to `target`, whatever it led to before."""
    if place.resolve() == target.resolve():
        return
    with explained(place):
        place.unlink(missing_ok=True)
        place.symlink_to(target, target_is_directory=True)
