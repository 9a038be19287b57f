"""What one call of `supply-chain verify` looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.signing.items import Checked, Item
from pipeline.trust.statement import Statement


@dataclass(slots=True)
class Seen:
    """Everything that was looked at, and notes for whoever reads the table.

    `files` holds, for each name, the digest, the signature and the statements about it.
    """

    items: list[Item] = field(default_factory=list)
    folders: dict[Path, Checked] = field(default_factory=dict)
    files: dict[str, tuple[str, Item, tuple[Statement, ...]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether something was looked at, and all of it held."""
        return bool(self.items) and all(item.ok for item in self.items)
