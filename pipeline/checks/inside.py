"""How a place inside an image is told: its path, the layer it came with, and what made that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.discover.names import printable
from pipeline.model import Location
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.model import Image


def place(image: Image, path: str, line: int | None = None) -> Location:
    """A file in an image; the image itself where `path` is ""."""
    return Location(path=f"{image.name}!/{printable(path)}" if path else image.name, line=line)


def where(image: Image, layer: str) -> str:
    """In which layer, by its diff id, and by which command, of which image: words for a sentence.

    " in layer 2 of 3 (sha256:…, made by `COPY . /`) of app:1.0 (linux/amd64), image sha256:…"
    """
    number, made_by = next(
        (
            (f"layer {number} of {len(image.layers)}", one.made_by)
            for number, one in enumerate(image.layers, 1)
            if one.diff_id == layer
        ),
        ("", ""),
    )
    command = f", made by `{plain(made_by, limit=120)}`" if made_by else ""
    told = f" in {number} ({layer}{command})" if number else ""
    base = f", built on {plain(image.base_told, limit=200)}" if image.base else ""
    return f"{told} of {image.title}, image {image.config}{base}"
