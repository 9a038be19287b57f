"""What services that are asked online have in common: how they are tried, and what they told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.advisories.source import KNOWN_BAD
from pipeline.errors import IncompleteError
from pipeline.model import DataRecord
from pipeline.web import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def uninformed(url: str) -> IncompleteError:
    """That a service lacks what everybody knows, so that its silence means nothing."""
    return IncompleteError(
        "the service answers, but does not know a well-known vulnerability"
        f" ({KNOWN_BAD.name} {KNOWN_BAD.version})",
        where=shown(url),
        fix="check the address, or use a downloaded store",
    )


def record_of(
    name: str, url: str, seen: Mapping[str, str], *, today: date, note: str = ""
) -> DataRecord:
    """A service, and a digest of what it told: `seen` is the digest of each record by its id."""
    total = hashlib.sha256()
    for id_ in sorted(seen):
        total.update(f"{id_}\0{seen[id_]}\n".encode())
    return DataRecord(
        name=name,
        origin=shown(url),
        digest=f"sha256:{total.hexdigest()}",
        as_of=today,
        entries=len(seen),
        note=f"asked online; the digest is of the records in its answers{note}",
    )
