"""What a scan of an image came to, so that the same image is not scanned again for the same answer.

Kept in the user's own cache, one file for each image. It holds for the same image, the same Trivy,
the same databases and the same version of ours alone, and says only what a report says anyway. A
file that cannot be read, or is not of this form, is no memory at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.checks.container.scan import Scan
from pipeline.errors import IncompleteError
from pipeline.files import cache_folder, write

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.checks.job import Options
    from pipeline.model import Image

_FORMAT = 2
_MAX_BYTES = 64 * 1024 * 1024


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
    import msgspec  # noqa: PLC0415 - for runs with an image only

    file = _file(image)
    try:
        if file.stat().st_size > _MAX_BYTES:
            return None
        found = msgspec.json.decode(file.read_bytes(), type=Memory)
    except (OSError, msgspec.DecodeError):
        return None
    return (
        found
        if (found.key, found.format, found.scan.config)
        == (
            wanted,
            _FORMAT,
            image.config,
        )
        else None
    )


def keep(image: Image, memory: Memory) -> None:
    """Remember; where that cannot be done, the next run scans again."""
    import msgspec  # noqa: PLC0415 - as above

    file = _file(image)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(file, msgspec.json.encode(memory))
        file.chmod(0o600)
    except (OSError, IncompleteError):
        return


def _file(image: Image) -> Path:
    name = hashlib.sha256(f"{image.config}\0{image.manifest}".encode()).hexdigest()
    return cache_folder() / "container" / f"{name[:40]}.json"
