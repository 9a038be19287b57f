"""Answers of registries kept on disk for some hours: never half-written, never trusted blindly."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pipeline.errors import IncompleteError
from pipeline.files import write
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
        import msgspec  # noqa: PLC0415 - only a run asks

        try:
            kept: _Kept[T] = msgspec.json.decode(
                self._file(address).read_bytes(),
                type=_Kept[kind],  # type: ignore[valid-type]  # it is one at run time
            )
        except (OSError, msgspec.DecodeError, RecursionError):
            return None
        lately = timedelta(0) <= now - kept.asked <= MAX_AGE
        return kept.told if lately and kept.address == address else None

    def keep(self, address: str, told: object, *, now: datetime) -> None:
        """Keep an answer of any kind."""
        import msgspec  # noqa: PLC0415 - as above

        file = self._file(address)
        kept = _Kept(asked=now, address=address, told=told)
        with suppress(OSError, IncompleteError):
            file.parent.mkdir(parents=True, exist_ok=True)
            write(file, msgspec.json.encode(kept))

    def _file(self, address: str) -> Path:
        return self.folder / f"{hashlib.sha256(address.encode()).hexdigest()}.json"


def folder() -> Path:
    """`$SUPPLY_CHAIN_REGISTRIES`, or a folder in the user's cache."""
    if given := os.environ.get("SUPPLY_CHAIN_REGISTRIES"):
        return Path(given)
    if sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        # The XDG base directory specification: a relative path there is invalid and ignored.
        cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
        cache = cache if cache.is_absolute() else Path.home() / ".cache"
    return cache / "supply-chain" / "registries"


def moment() -> datetime:
    """The time by which the age of an answer is measured."""
    return datetime.now(UTC)
