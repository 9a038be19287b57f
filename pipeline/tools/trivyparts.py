"""Trivy's two databases, and what each of them says of itself.

    <cache>/db/trivy.db, metadata.json         the vulnerabilities
    <cache>/java-db/trivy-java.db, …           the index of Java archives

Sources: Trivy 0.74.0, pkg/db and pkg/javadb; trivy-db, pkg/metadata.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


class Part(NamedTuple):
    """One of the two databases: its folder in a cache, its file, and the format that is read."""

    name: str
    folder: str
    file: str
    format: int


VULNERABILITIES = Part("Trivy vulnerability database", "db", "trivy.db", 2)
JAVA = Part("Trivy index of Java archives", "java-db", "trivy-java.db", 1)


class Dates(NamedTuple):
    """When a database was made, when we fetched it, and when the next one is due."""

    made: datetime
    fetched: datetime
    due: datetime


def dates(part: Part, cache: Path, today: date) -> Dates:
    """What the database says of itself.

    Raises `IncompleteError` for a missing one, one of another format, and dates that cannot be:
    one made after `today` or after the present day, whichever is later.
    """
    folder = cache / part.folder
    place = folder / "metadata.json"
    fix = "fetch it again, or name another folder with --trivy-db"
    for path in (folder / part.file, place):
        if not path.is_file():
            raise IncompleteError("Trivy's database is missing", where=str(path), fix=fix)
    try:
        told = json.loads(place.read_bytes())
        version = told["Version"]
        made, fetched, due = (
            moment(told.get(key, "1970-01-01T00:00:00Z"))
            for key in ("UpdatedAt", "DownloadedAt", "NextUpdate")
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise IncompleteError(
            "Trivy's database does not tell its age", where=str(place), fix=fix
        ) from error
    if version != part.format:
        raise IncompleteError(
            f"Trivy's database has format {version}, and this Trivy reads {part.format}",
            where=str(place),
            fix=fix,
        )
    latest = max(today, datetime.now(UTC).date())
    if made.year <= 2000 or made.date() > latest:  # noqa: PLR2004  there was no Trivy then
        raise IncompleteError(
            f"Trivy's database says that it was made on {made.date()}", where=str(place), fix=fix
        )
    return Dates(made, fetched, due)


def moment(text: str) -> datetime:
    """A moment as its metadata tell it, in UTC, which they mean where they do not say it."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
