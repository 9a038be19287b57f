"""What an image was built on, where only a Dockerfile of the repository can tell.

Nobody saw the build, so this is a claim and is shown as one. It is made for the Dockerfile that the
settings name for the image. Else there has to be exactly one whose commands are the last that the
image's history tells of; one that only copies files could have made any image, and is none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration.dockerfile import parse
from pipeline.checks.hardening.configuration.instructions import UnreadableDockerfileError
from pipeline.checks.written import is_digest
from pipeline.errors import UsageError
from pipeline.images.redact import redact
from pipeline.text import plain
from pipeline.tree import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.checks.hardening.configuration.dockerfile import Dockerfile, Stage
    from pipeline.model import Image, Target
    from pipeline.tree import Tree

_MAX_BYTES = 1024 * 1024
_RUN = re.compile(r"(?:RUN )?(?:\|\d+ .*? )?/bin/sh -c (?!#\(nop\))(.*?)(?: # buildkit)?")
"""How a history repeats a command; build arguments stand before it, with their number."""


def claim(
    images: Iterable[Image], named: Mapping[str, str], target: Target, tree: Tree
) -> tuple[Image, ...]:
    """The images, those that name no base with what a Dockerfile says, and which.

    `named` are Dockerfiles by the name of the image that they make. Raises `UsageError` for one of
    these that cannot be read.
    """
    found: dict[str, Dockerfile | None] = {}

    def look(path: str) -> Dockerfile | None:
        if path not in found:
            found[path] = _read(path, tree)
        return found[path]

    def of(image: Image) -> Image:
        if image.unread or image.base or image.base_digest:
            return image
        if path := named.get(image.name):
            if (file := look(path)) is None:
                raise UsageError(
                    "is no Dockerfile that can be read",
                    where=path,
                    fix=f"mend `dockerfile` of the image {image.name} in the settings",
                )
            return _based(image, path, file)
        known = {path: file for path in target.dockerfiles if (file := look(path))}
        fitting = [path for path, file in known.items() if _fits(image, file)]
        return _based(image, fitting[0], known[fitting[0]]) if len(fitting) == 1 else image

    return tuple(map(of, images))


def _read(path: str, tree: Tree) -> Dockerfile | None:
    try:
        return parse(tree.read(path, limit=_MAX_BYTES).decode(errors="replace"), path)
    except (UnreadableFileError, UnreadableDockerfileError):
        return None


def _based(image: Image, path: str, file: Dockerfile) -> Image:
    """The image with the base of the file's last stage, where that does not hang on the build."""
    base = _lineage(file)[0].image
    if not base:
        return image
    name, _, digest = base.partition("@")
    return replace(
        image,
        base=plain(name, limit=500),
        base_digest=digest if is_digest(digest) else "",
        base_from=path,
    )


def _lineage(file: Dockerfile) -> tuple[Stage, ...]:
    """The stages that the last one consists of, in the order in which they are built."""
    return file.lineage(file.stages[-1])[::-1]


def _fits(image: Image, file: Dockerfile) -> bool:
    """Whether an image's history ends in the commands of a file."""
    own = [
        _spaced(redact(one.text))
        for stage in _lineage(file)
        for one in stage.instructions
        if one.name == "RUN"
    ]
    told = [found for layer in image.layers if (found := _command(layer.made_by))]
    return bool(own) and told[-len(own) :] == own


def _command(made_by: str) -> str:
    found = _RUN.fullmatch(made_by)
    return _spaced(found[1]) if found else ""


def _spaced(text: str) -> str:
    return " ".join(plain(text).split())
