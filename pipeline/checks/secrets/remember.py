"""What an earlier look came to, so that only new commits and changed files are looked at.

Kept in the user's own cache, never in the repository: one file for each repository, by its first
commit. It holds for the same engine with the same rules and switches alone. It holds no value,
only what a report says anyway: the secret's name, its rule, and where it stood. A file that
cannot be read, or is not of this form, is no memory at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import cache_folder, write

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 2
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One place of a secret in the history; see `engine.Hit`. `secret` is its name."""

    secret: str
    preview: str
    made_up: str
    rule: str
    name: str
    confidence: str
    path: str
    line: int | None
    commit: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All places in the history that `tips` lead to, found with what `key` stands for.

    `blobs` are the ids of the file versions in which they are. `files` are the files of that day,
    path to the id of their content, and `today` the places in them.
    """

    key: str
    tips: tuple[str, ...]
    seen: tuple[Seen, ...]
    blobs: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    today: tuple[Seen, ...] = ()
    format: int = _FORMAT


def key(*parts: str) -> str:
    """One word for everything that an answer depends on."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def recall(root: str, below: str, wanted: str) -> Memory | None:
    """The memory of a repository by its first commit, if it was made under the key `wanted`."""
    import msgspec  # noqa: PLC0415 - for runs with a history only

    file = _file(root, below)
    try:
        if not root or file.stat().st_size > _MAX_BYTES:
            return None
        found = msgspec.json.decode(file.read_bytes(), type=Memory)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.key == wanted and found.format == _FORMAT else None


def keep(root: str, below: str, memory: Memory) -> None:
    """Remember; where that cannot be done, the next run walks everything again."""
    import msgspec  # noqa: PLC0415

    if not root:
        return
    file = _file(root, below)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(file, msgspec.json.encode(memory))
        file.chmod(0o600)
    except (OSError, IncompleteError):
        return


def _file(root: str, below: str) -> Path:
    return cache_folder() / "secrets" / f"{key(root, below)[:40]}.json"
