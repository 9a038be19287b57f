"""`supply-chain advisories`: make, refresh, show and serve the local store of advisories."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from pipeline.advisories import feeds
from pipeline.advisories.store import Store, database_path, import_osv
from pipeline.errors import UsageError
from pipeline.progress import Progress
from pipeline.stages import today
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.advisories.store import Imported
    from pipeline.model import DataRecord

_MAX_AGE_DAYS = 7
"""The policy's default, for saying whether the store would do today."""


def execute(arguments: argparse.Namespace) -> int:
    """Do what was asked for with the store."""
    database = arguments.store or database_path()
    actions: dict[str, Callable[[argparse.Namespace, Path], int]] = {
        "import": _import,
        "update": _update,
        "status": _status,
        "serve": _serve,
    }
    return actions[arguments.action](arguments, database)


def _import(arguments: argparse.Namespace, database: Path) -> int:
    if not (arguments.sources or arguments.kev or arguments.epss):
        raise UsageError("nothing to import", fix="name an OSV export, --kev or --epss")
    with Progress(quiet=arguments.quiet) as progress:
        if arguments.sources:
            progress.start("osv")
            imported = import_osv(
                arguments.sources,
                database,
                as_of=arguments.as_of,
                progress=lambda name, count: progress.detail("osv", f"{name} {count} files"),
            )
            progress.done("osv", _told(imported))
        for name, path, take in (
            ("kev", arguments.kev, feeds.import_kev),
            ("epss", arguments.epss, feeds.import_epss),
        ):
            if path:
                progress.start(name)
                record = take(path, database)
                progress.done(name, f"{record.entries} entries, of {record.as_of}")
    return 0


def _update(arguments: argparse.Namespace, database: Path) -> int:
    with Progress(quiet=arguments.quiet) as progress:
        progress.start("update")
        imported = feeds.update(
            database,
            arguments.ecosystem or ["PyPI"],
            progress=lambda name, count: progress.detail("update", f"{name} {count:,}"),
        )
        progress.done("update", _told(imported))
    return 0


def _status(arguments: argparse.Namespace, database: Path) -> int:
    day = today()
    with Store.open(database) as store:
        records = [store.record(today=day, max_age_days=_MAX_AGE_DAYS)]
        held = {name: part.advisories for name, part in store.ecosystems.items()}
    kev = feeds.kev(database, (), today=day, max_age_days=_MAX_AGE_DAYS)[1]
    epss = feeds.epss(database, (), today=day, max_age_days=_MAX_AGE_DAYS)[1]
    records += [record for record in (kev, epss) if record]
    if arguments.json:
        from pipeline.store import encode  # noqa: PLC0415 - for JSON only

        sys.stdout.write(encode({"records": records, "ecosystems": held}).decode())
        return 0
    sys.stdout.write(f"store: {database}\n")
    for name, count in sorted(held.items()):
        sys.stdout.write(f"  {plain(name)}: {count:,} advisories\n")
    for record in records:
        sys.stdout.write(f"{_line(record)}\n")
    return 0


def _serve(arguments: argparse.Namespace, database: Path) -> int:
    from pipeline.advisories.relay import serve  # noqa: PLC0415 - a server, only here
    from pipeline.advisories.source import StoreSource  # noqa: PLC0415

    with Store.open(database) as store:
        source = StoreSource(store, today=today(), max_age_days=_MAX_AGE_DAYS)
        with serve(source, port=arguments.port) as relay:
            sys.stdout.write(f"{relay.base_url}\n")
            sys.stdout.flush()
            threading.Event().wait()
    return 0


def _told(imported: Imported) -> str:
    refused = f", {len(imported.refused)} records refused" if imported.refused else ""
    return f"{imported.advisories:,} advisories, of {imported.as_of}{refused}"


def _line(record: DataRecord) -> str:
    age = "fresh" if record.fresh else f"older than {_MAX_AGE_DAYS} days"
    note = f" ({plain(record.note)})" if record.note else ""
    return (
        f"{record.name}: {record.entries:,} entries, of {record.as_of}, {age},"
        f" from {plain(record.origin)}{note}"
    )
