"""Trivy's vulnerability database: where it comes from, how old it is, what it knows.

Trivy fetches it, once a day, into a folder that is named by the database's own date and never
changed again; sessions that run side by side wait for one another, and a scan that goes on keeps
what it started with. Offline, the newest one that is there has to do. A folder that the policy
names is used as it is and never written to.

Trivy itself looks at neither age nor content: an old or an empty database gives no findings.
Here, one that is missing, unreadable, of another format or without sources is an error, and an
old one is told as not fresh.

    <cache>/db/trivy.db, metadata.json         one folder per database
    <cache>/java-db/trivy-java.db, …           the index of Java archives, where it is needed

Sources: Trivy 0.74.0, pkg/db and pkg/javadb; trivy-db, pkg/metadata.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import cache_folder, explained, locked, write
from pipeline.model import DataRecord, TrivySettings
from pipeline.tools import trivy
from pipeline.tools.bolt import buckets
from pipeline.tools.run import Command, run
from pipeline.tools.trivy import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.tools.run import Run

FORMAT = 2
"""The version of the database that this Trivy reads."""
JAVA_FORMAT = 1

_DOWNLOAD_SECONDS = 900.0
_PAUSES = (5.0, 20.0, 60.0)
"""Seconds before each new attempt, where a registry asks for fewer questions."""
_LIMITED = ("TOOMANYREQUESTS", "429 Too Many Requests", "status code 429")
_KEPT = 2
"""Databases that stay: the one in use, and the one that a session may just be starting with."""
_OWN = frozenset(
    {"vulnerability", "data-source", "trivy", "vulnerability-id", "vulnerability-detail"}
)
"""Buckets that are no source of advisories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a session needs of the database.

    `program` is the verified Trivy. `today` is the day of the run, by which age is judged.
    """

    program: Path
    settings: TrivySettings
    today: date
    max_age_days: int
    offline: bool = False
    java: bool = False


def ready(request: Request, *, sleep: Callable[[float], None] = time.sleep) -> Database:
    """The database to scan with, fetched first if today's is not here yet.

    Raises `IncompleteError` where there is none that can be used, with what to do.
    """
    if request.settings.database:
        return read(Path(request.settings.database), request, origin=request.settings.database)
    store = cache_folder() / "trivy"
    with explained(store):
        (store / "java").mkdir(parents=True, exist_ok=True)
    with locked(store / "lock"):
        cache, why = _current(store, request, sleep, java=False)
        if request.java:
            index, more = _current(store / "java", request, sleep, java=True)
            _link(cache / "java-db", index / "java-db")
            why = why or more
    origin = request.settings.database_repository or "Trivy's public registries"
    return read(cache, request, origin=origin, why=why)


def read(cache: Path, request: Request, *, origin: str, why: str = "") -> Database:
    """The database in the folder `cache`; raises `IncompleteError` unless it can be used.

    `why` is told beside its age: what kept it from being renewed.
    """
    folder = cache / "db"
    sources = buckets(folder / "trivy.db") - _OWN
    if not sources:
        raise IncompleteError(
            "Trivy's database holds no advisories", where=str(folder), fix="fetch it again"
        )
    records = [_record(cache, request, origin, why, java=False)]
    if request.java:
        mirror = request.settings.java_database_repository
        records.append(_record(cache, request, mirror or origin, why, java=True))
    return Database(
        cache=str(cache.absolute()),
        sources=sources,
        records=tuple(records),
        java=request.java,
    )


def updated(folder: Path, file: str, wanted: int, today: date) -> tuple[datetime, datetime]:
    """When a database was made, and when it was fetched (the epoch if that is not told).

    `folder` holds `file` and `metadata.json`. Raises `IncompleteError` for a missing one, another
    format than `wanted`, and a date that cannot be.
    """
    place = folder / "metadata.json"
    fix = "fetch it again with `trivy image --download-db-only`, or name another folder"
    for path in (folder / file, place):
        if not path.is_file():
            raise IncompleteError("Trivy's database is missing", where=str(path), fix=fix)
    try:
        told = json.loads(place.read_bytes())
        version, made = told["Version"], _moment(told["UpdatedAt"])
        fetched = _moment(told.get("DownloadedAt", "1970-01-01T00:00:00Z"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IncompleteError(
            "Trivy's database does not tell its age", where=str(place), fix=fix
        ) from error
    if version != wanted:
        raise IncompleteError(
            f"Trivy's database has format {version}, and this Trivy reads {wanted}",
            where=str(place),
            fix=fix,
        )
    if made.year <= 2000 or made.date() > today + timedelta(days=1):  # noqa: PLR2004  no such date
        raise IncompleteError(
            f"Trivy's database says that it was made on {made.date()}", where=str(place), fix=fix
        )
    return made, fetched


def _record(cache: Path, request: Request, origin: str, why: str, *, java: bool) -> DataRecord:
    part, file, wanted = _parts(java=java)
    made, _ = updated(cache / part, file, wanted, request.today)
    return DataRecord(
        name="Trivy index of Java archives" if java else "Trivy vulnerability database",
        origin=origin,
        digest=_digest(cache / part / file),
        as_of=made.date(),
        fresh=(request.today - made.date()).days <= request.max_age_days,
        note=f"made {made:%Y-%m-%d %H:%M} UTC{'; not renewed: ' + why if why else ''}",
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _digest(path: Path) -> str:
    """SHA-256 of a database; taken from the note that we left when we fetched it, if it fits."""
    stat = path.stat()
    same = {"size": stat.st_size, "modified": stat.st_mtime_ns}
    note = path.with_name("supply-chain.json")
    try:
        known = json.loads(note.read_bytes())
        if known["same"] == same:
            return str(known["digest"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    with path.open("rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if path.is_relative_to(cache_folder()):
        write(note, json.dumps({"same": same, "digest": found}).encode())
    return found


# ------------------------------------------------------------------------------- fetching it


def _current(
    store: Path, request: Request, sleep: Callable[[float], None], *, java: bool
) -> tuple[Path, str]:
    """The newest database in `store`, after fetching one where today's is not there.

    With it, why it could not be renewed.
    """
    kept = _kept(store, java=java)
    if kept and (request.offline or _fetched(kept[0], java=java) == datetime.now(UTC).date()):
        return kept[0], ""
    if request.offline:
        what = "index of Java archives" if java else "vulnerability database"
        raise IncompleteError(
            f"Trivy's {what} is not here, and the run is offline",
            where=str(store),
            fix="run once without --offline, or name a folder with --trivy-db",
        )
    try:
        found = _fetch(store, request, sleep, java=java)
    except IncompleteError as error:
        if not kept:
            raise
        return kept[0], error.what
    for old in _kept(store, java=java)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return found, ""


def _kept(store: Path, *, java: bool) -> list[Path]:
    """What is in `store`, newest first; their names are dates."""
    part = "java-db" if java else "db"
    return sorted((path.parent for path in store.glob(f"2*/{part}")), reverse=True)


def _fetched(cache: Path, *, java: bool) -> date | None:
    """The day on which we fetched it; `None` if it is not usable."""
    part, file, wanted = _parts(java=java)
    try:
        return updated(cache / part, file, wanted, date.max - timedelta(days=2))[1].date()
    except IncompleteError:
        return None


def _parts(*, java: bool) -> tuple[str, str, int]:
    return ("java-db", "trivy-java.db", JAVA_FORMAT) if java else ("db", "trivy.db", FORMAT)


def _fetch(store: Path, request: Request, sleep: Callable[[float], None], *, java: bool) -> Path:
    """Let Trivy fetch a database, and put it in its place once it is known to be whole."""
    settings = request.settings
    repository = settings.java_database_repository if java else settings.database_repository
    part, file, wanted = _parts(java=java)
    with tempfile.TemporaryDirectory(dir=store, prefix=".fetching-") as name:
        scratch = Path(name)
        call = trivy.download_database(
            cache=str(scratch / "cache"), repository=repository, java=java
        )
        _asked(request.program, call, scratch, sleep)
        made, _ = updated(scratch / "cache" / part, file, wanted, datetime.now(UTC).date())
        found = store / f"{made:%Y%m%dT%H%M%S}"
        with explained(found):
            if found.exists():
                # The same once more: only the day of the last look is new.
                shutil.copyfile(
                    scratch / "cache" / part / "metadata.json", found / part / "metadata.json"
                )
            else:
                (scratch / "cache").rename(found)
    return found


def _asked(program: Path, call: trivy.Call, scratch: Path, sleep: Callable[[float], None]) -> None:
    """Run the download; a registry that asks for fewer questions is asked again, more slowly."""
    work, home = scratch / "work", scratch / "home"
    for folder in (work, home):
        folder.mkdir()
    for name, content in call.inputs.items():
        (work / name).write_bytes(content)
    for pause in (*_PAUSES, None):
        done = run(
            Command(
                argv=(str(program), *call.arguments),
                timeout=_DOWNLOAD_SECONDS,
                env=call.env,
                network=True,
                label="Trivy's database",
            ),
            cwd=work,
            home=home,
        )
        if done.ok:
            return
        limited = any(word in done.stderr for word in _LIMITED)
        if not limited or pause is None:
            raise _failure(done, limited=limited)
        # The jitter keeps many sessions from coming back at the same moment.
        sleep(pause * (1 + random.random() / 4))  # noqa: S311


def _failure(done: Run, *, limited: bool) -> IncompleteError:
    if limited:
        return IncompleteError(
            "the registry of Trivy's database asks for fewer questions (429), also after"
            f" {len(_PAUSES)} pauses",
            fix="try again later, or name a mirror: tools.trivy.database-repository",
        )
    said = [line for line in done.stderr.strip().splitlines() if line.strip()]
    return IncompleteError(
        f"Trivy's database could not be fetched: {done.detail}{_last(said)}",
        fix="look at the network, name a mirror (tools.trivy.database-repository) or a folder"
        " with one (--trivy-db)",
    )


def _last(lines: Sequence[str]) -> str:
    return f": {lines[-1][:300]}" if lines else ""


def _link(place: Path, target: Path) -> None:
    """Make `place` lead to `target`, whatever it led to before."""
    if place.is_symlink() and place.resolve() == target.resolve():
        return
    with explained(place):
        place.unlink(missing_ok=True)
        place.symlink_to(target, target_is_directory=True)
