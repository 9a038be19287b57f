"""Which publisher a package had when it was first seen: kept for the user, out of reach of scans.

It is no cache: what was seen first cannot be found out again. So it stands among the user's data,
`$SUPPLY_CHAIN_PUBLISHERS` or `publishers.json` in the folder that the XDG specification names. A
machine that forgets between runs, such as a CI job, names publishers in the policy instead.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import locked, write

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The publisher of a package, and the release and day of its first sight."""

    publisher: str
    version: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    format: int
    packages: dict[str, Seen]


def record_path() -> Path:
    """Where the record is; it need not exist."""
    if given := os.environ.get("SUPPLY_CHAIN_PUBLISHERS"):
        return Path(given)
    if sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME", ""))
        data = data if data.is_absolute() else Path.home() / ".local" / "share"
    return data / "supply-chain" / "publishers.json"


def recall() -> dict[str, Seen]:
    """By package URL without version; raises `IncompleteError` for a record that is broken.

    A broken one is not passed over: whoever breaks it would make every publisher a first one.
    """
    import msgspec  # noqa: PLC0415 - for runs with attestations only

    path = record_path()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise IncompleteError(
            f"cannot be read: {error.strerror}", where=str(path), fix="let the user read it"
        ) from error
    try:
        found = msgspec.json.decode(content, type=_Record)
    except (msgspec.DecodeError, RecursionError) as error:
        raise IncompleteError(
            "the record of publishers is damaged",
            where=str(path),
            fix="restore it, or delete it to start anew",
        ) from error
    if found.format != _FORMAT:
        raise IncompleteError(
            f"is in format {found.format}, not {_FORMAT}",
            where=str(path),
            fix="use the version of the pipeline that wrote it",
        )
    return found.packages


def keep(news: Mapping[str, Seen]) -> None:
    """Add first sights; what is recorded already stays. Raises `IncompleteError`."""
    import msgspec  # noqa: PLC0415 - as above

    if not news:
        return
    path = record_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise IncompleteError(
            f"cannot be made: {error.strerror}",
            where=str(path.parent),
            fix="name a file with SUPPLY_CHAIN_PUBLISHERS",
        ) from error
    with locked(path.with_suffix(".lock")):
        packages = {**news, **recall()}
        record = _Record(format=_FORMAT, packages=dict(sorted(packages.items())))
        write(path, msgspec.json.format(msgspec.json.encode(record)) + b"\n")
