"""Answers of registries kept on disk for some hours: never half-written, never trusted blindly."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pipeline.files import cache_folder, recall, remember
from pipeline.registries.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_AGE = timedelta(hours=12)
"""Older answers are asked for again: a release can be yanked any day."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept(Generic[T]):
    asked: datetime
    address: str
    told: T


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of answers, one file for each address.

    What cannot be read, is too old or answers another address counts as absent; what cannot be
    written is not kept. Neither stops a run.
    """

    folder: Path

    def get(self, address: str, *, now: datetime) -> dict[str, Release] | None:
        """The releases that were told at `address` lately, or `None`."""
        return self.recall(address, dict[str, Release], now=now)

    def put(self, address: str, releases: Mapping[str, Release], *, now: datetime) -> None:
        """Keep what was told."""
        self.keep(address, dict(releases), now=now)

    def recall(self, address: str, kind: type[T], *, now: datetime) -> T | None:
        """An answer of another kind that was told at `address` lately, or `None`."""
        kept: _Kept[T] | None = recall(self._file(address), _Kept[kind])  # type: ignore[valid-type]  # it is one at run time
        if kept is None or kept.address != address:
            return None
        return kept.told if timedelta(0) <= now - kept.asked <= MAX_AGE else None

    def keep(self, address: str, told: object, *, now: datetime) -> None:
        """Keep an answer of any kind."""
        remember(self._file(address), _Kept(asked=now, address=address, told=told))

    def _file(self, address: str) -> Path:
        return self.folder / f"{hashlib.sha256(address.encode()).hexdigest()}.json"


def folder() -> Path:
    """`$SUPPLY_CHAIN_REGISTRIES`, or a folder in the user's cache."""
    given = os.environ.get("SUPPLY_CHAIN_REGISTRIES")
    return Path(given) if given else cache_folder() / "registries"


def moment() -> datetime:
    """The time by which the age of an answer is measured."""
    return datetime.now(UTC)
