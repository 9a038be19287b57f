"""Records kept on disk between runs: one file each, never half-written, never trusted blindly."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import replacing


@dataclass(frozen=True, slots=True)
class Keep:
    """A folder of texts, each under an id and the time it was last modified.

    A file that cannot be read, or whose digest is wrong, counts as absent; one that cannot be
    written is not kept. Neither stops a run.
    """

    folder: Path

    def get(self, id_: str, modified: str) -> bytes | None:
        """The text kept for this state of a record, or `None`."""
        try:
            digest, _, text = self._file(id_, modified).read_bytes().partition(b"\n")
        except OSError:
            return None
        return text if hashlib.sha256(text).hexdigest().encode() == digest else None

    def put(self, id_: str, modified: str, text: bytes) -> None:
        """Keeps `text`; a reader sees all of it or nothing."""
        file = self._file(id_, modified)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file) as target:
                target.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)

    def _file(self, id_: str, modified: str) -> Path:
        key = hashlib.sha256(f"{id_}\0{modified}".encode()).hexdigest()
        return self.folder / key[:2] / key
