"""What a scan of an image came to, so that the same image is not scanned again for the same answer.

Kept in the user's own cache, one file for each image. It holds for the same image, the same Trivy,
the same databases and the same version of ours alone, and says only what a report says anyway. A
file that cannot be read, or is not of this form, is no memory at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import __version__, files
from pipeline.checks.container.scan import Scan

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.checks.job import Options
    from pipeline.model import Image

_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A scan, and the names in the image's layers, made under what `key` stands for."""

    key: str
    scan: Scan
    names: frozenset[str]
    format: int = _FORMAT


def key(image: Image, options: Options) -> str:
    """One word for everything that the answer about an image depends on."""
    database, tool = options.database, options.tool
    parts = [
        str(_FORMAT),
        __version__,
        image.config,
        image.manifest,
        tool.digest if tool else "",
        *(record.digest for record in (database.records if database else ())),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def recall(image: Image, wanted: str) -> Memory | None:
    """The memory of an image, if it was made under the key `wanted`."""
    found = files.recall(_file(image), Memory)
    if found is None or (found.key, found.format) != (wanted, _FORMAT):
        return None
    return found if found.scan.config == image.config else None


def keep(image: Image, memory: Memory) -> None:
    """Remember; where that cannot be done, the next run scans again."""
    files.remember(_file(image), memory)


def _file(image: Image) -> Path:
    name = hashlib.sha256(f"{image.config}\0{image.manifest}".encode()).hexdigest()
    return files.cache_folder() / "container" / f"{name[:40]}.json"
