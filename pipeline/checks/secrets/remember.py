"""What an earlier look came to, so that only new commits, files and layers are looked at.

Kept in the user's own cache, never in the repository: one file for each repository, by its first
commit, and one for each layer of an image, by its digest. It holds for the same engine with the
same rules and switches alone. It holds no value, only what a report says anyway: the secret's name,
its rule, and where it stood. A file that cannot be read, or is not of this form, is no memory at
all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pipeline import files
from pipeline.model import Image, Missing

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One place of a secret; see `engine.Hit`. `secret` is its name.

    `commit` and `day` are of the history, and `image` and `layer` of an image that holds the file:
    what it is called, and in words in which of its layers.
    """

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
    image: str = ""
    layer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All places in the history that `tips` lead to, found with what `key` stands for.

    `blobs` are the ids of the file versions in which they are. `files` are the files of that day,
    path to the id of their content, and `today` the places in them. `tags` are the ids of the
    annotated tags whose messages were read.
    """

    key: str
    tips: tuple[str, ...]
    seen: tuple[Seen, ...]
    blobs: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    today: tuple[Seen, ...] = ()
    tags: tuple[str, ...] = ()
    format: int = _FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one layer of an image holds, found with what `key` stands for.

    `left` are files that were not looked at, or not at all of them, with the reason. Paths are
    those in the image.
    """

    key: str
    left: Mapping[str, str] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
    format: int = _FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Baked:
    """What the plan knew of the images that were named.

    `known` are layers by their diff ids that were looked at before, `wrong` what is wrong with
    images whose layers are all known, by their place in `images`. `key` stands for all that an
    answer depends on beside a layer.
    """

    images: tuple[Image, ...]
    known: Mapping[str, Known]
    wrong: Mapping[int, Missing]
    key: str


def key(*parts: str) -> str:
    """One word for everything that an answer depends on."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def recall(root: str, below: str, wanted: str) -> Memory | None:
    """The memory of a repository by its first commit, if it was made under the key `wanted`."""
    return _fitting(files.recall(_file(root, below), Memory), wanted) if root else None


def keep(root: str, below: str, memory: Memory) -> None:
    """Remember; where that cannot be done, the next run walks everything again."""
    if root:
        files.remember(_file(root, below), memory)


def recall_layer(layer: str, wanted: str) -> Known | None:
    """The memory of a layer by its diff id, if it was made under the key `wanted`."""
    return _fitting(files.recall(_file_of_layer(layer, wanted), Known), wanted)


def keep_layer(layer: str, known: Known) -> None:
    """Remember; where that cannot be done, the next run unpacks the layer again."""
    files.remember(_file_of_layer(layer, known.key), known)


_T = TypeVar("_T", Memory, Known)


def _fitting(found: _T | None, wanted: str) -> _T | None:
    fits = found is not None and (found.key, found.format) == (wanted, _FORMAT)
    return found if fits else None


def is_remembered(folder: Path) -> bool:
    """Whether there is a memory of any history that a folder had."""
    return any(_folder().glob(f"{_start(str(folder))}*"))


def _file(root: str, below: str) -> Path:
    return _folder() / f"{_start(below)}{key(root)[:20]}.json"


def _start(below: str) -> str:
    return f"{key(below)[:20]}-"


def _folder() -> Path:
    return files.cache_folder() / "secrets"


def _file_of_layer(layer: str, wanted: str) -> Path:
    return _folder() / "layers" / f"{key(layer, wanted)[:40]}.json"
