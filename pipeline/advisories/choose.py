"""Which source answers: a fresh store, else OSV online, else PyPI's service.

What the user names explicitly is used and never replaced. What was tried and why it failed is
part of the record, so that the report can say which source answered.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from pipeline.advisories import osv_online, pypi_online
from pipeline.advisories.osv_online import OsvSource
from pipeline.advisories.pypi_online import PypiSource
from pipeline.advisories.snapshot import is_snapshot
from pipeline.advisories.source import StoreSource
from pipeline.advisories.store import KIND, Store, database_path, fresh, import_osv
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from pipeline.advisories.source import Answer, Question, Source
    from pipeline.model import DataRecord

_UPDATE = "run `supply-chain advisories update`, or give --advisories"


def choose(  # noqa: PLR0913  each is a setting of its own
    *,
    today: date,
    max_age_days: int,
    ecosystems: Iterable[str] = ("PyPI",),
    advisories: Path | None = None,
    database: Path | None = None,
    offline: bool = False,
    cache: Path | None = None,
    osv_url: str = osv_online.URL,
    pypi_url: str = pypi_online.URL,
    progress: Callable[[str, int], None] | None = None,
) -> Source:
    """The source to ask.

    `advisories` is a store, an export or a folder that must be used; the latter two are imported
    once into `cache` (default: beside the store). `database` is the user's store (default:
    `database_path()`). Ages are judged on `today`. Without a fresh store the services are asked;
    where they fail, an old store still answers, and its record says that it is not fresh.

    A store serves if all the `ecosystems` in it are fresh, and none is missing.

    Raises `IncompleteError` when nothing may be asked: no store `offline`, or one that is
    damaged, or explicit data that cannot be read.
    """
    database = database or database_path()
    cache = cache or database.parent
    if advisories is not None:
        path = advisories
        if not is_snapshot(advisories):
            path = import_once(advisories, cache, progress=progress)
        return StoreSource(Store.open(path), today=today, max_age_days=max_age_days)
    store, trouble = None, ""
    if database.exists():
        try:
            store = Store.open(database)
        except IncompleteError as error:
            if offline:
                raise
            trouble = error.what
    if offline and store is None:
        raise IncompleteError(
            "there is no advisory store, and without the network nobody else can be asked",
            where=str(database),
            fix=_UPDATE,
        )
    kept = [StoreSource(store, today=today, max_age_days=max_age_days)] if store else []
    if store:
        missing = sorted(set(ecosystems) - store.ecosystems.keys())
        record = store.record(today=today, max_age_days=max_age_days, ecosystems=ecosystems)
        if offline or (record.fresh and not missing):
            return kept[0]
        trouble = (
            f"it has no {', '.join(missing)} data"
            if missing
            else f"it is of {record.as_of}, and {max_age_days} days are allowed"
        )
    now = datetime.now(UTC).date()
    online: list[Source] = [
        OsvSource(cache=cache, today=now, url=osv_url),
        PypiSource(today=now, url=pypi_url),
    ]
    tried = [f"advisory store: {trouble}"] if trouble else []
    return FirstOf([*online, *kept], today=today, max_age_days=max_age_days, tried=tried)


class FirstOf:
    """Asks one source after another until one answers.

    A service answers with what is known now: for a `today` of long ago that is not fresh either.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        today: date,
        max_age_days: int,
        tried: Sequence[str] = (),
    ) -> None:
        self._sources = tuple(sources)
        self._today = today
        self._max_age_days = max_age_days
        self._tried = list(tried)
        self._answering: Source | None = None

    @property
    def name(self) -> str:
        """Who answered; before that, who may."""
        if self._answering:
            return self._answering.name
        return ", else ".join(source.name for source in self._sources)

    def ask(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """The answers of the first source that can give any.

        Raises `IncompleteError` naming every source and what went wrong, when none can.
        """
        for source in self._sources:
            try:
                answers = source.ask(questions)
            except IncompleteError as error:
                self._tried.append(f"{source.name}: {error.what}")
            else:
                self._answering = source
                return answers
        raise IncompleteError("no advisory source answers: " + "; ".join(self._tried), fix=_UPDATE)

    @property
    def records(self) -> tuple[DataRecord, ...]:
        """What the source that answered rests on, and who was tried before it."""
        if self._answering is None:
            raise IncompleteError("no advisory source was asked yet")
        return tuple(
            replace(
                record,
                fresh=fresh(record.as_of, self._today, self._max_age_days),
                note="; ".join(note for note in (record.note, *self._tried) if note),
            )
            for record in self._answering.records
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        for source in self._sources:
            source.__exit__(*reason)


def import_once(
    source: Path, cache: Path, *, progress: Callable[[str, int], None] | None = None
) -> Path:
    """The store made from an export or folder; made anew only when its content is new.

    Raises `IncompleteError` when the source cannot be read.
    """
    path = cache / "imports" / f"{_content(source)}.sqlite"
    if path.exists():
        try:
            Store.open(path).close()
        except IncompleteError:
            pass  # damaged: made again below
        else:
            return path
    import_osv([source], path, progress=progress)
    return path


def _content(source: Path) -> str:
    """A digest of the layout of our stores, the source's name and everything in it."""
    total = hashlib.sha256(os.fsencode(f"{KIND}\0{source.name}\0"))
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    try:
        for file in files:
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            total.update(os.fsencode(f"{file.relative_to(source).as_posix()}\0{digest}\n"))
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", where=str(source), fix="make it readable"
        ) from error
    if not files:
        raise IncompleteError(
            "there is no advisory data", where=str(source), fix="name an OSV export or folder"
        )
    return total.hexdigest()[:32]
