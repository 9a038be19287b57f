"""Files that describe containers and where they run: found by name, and by a look inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.model import Gap, Location, Unread
from pipeline.tree import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.tree import Tree

_LOOKED_AT = 64 * 1024
"""Bytes of a YAML file that are searched for the marks of a Kubernetes object."""

_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\..+)?|.+\.(?:dockerfile|containerfile)",
    re.IGNORECASE | re.DOTALL,
)
_COMPOSE = re.compile(r"(?:docker-)?compose.*\.ya?ml", re.DOTALL)
_MARKS = (
    re.compile(rb"^[\"']?apiVersion[\"']?[ \t]*:[ \t]*\S", re.MULTILINE),
    re.compile(rb"^[\"']?kind[\"']?[ \t]*:[ \t]*\S", re.MULTILINE),
)


@dataclass(slots=True)
class Infrastructure:
    """Paths by kind, in the order in which they were given."""

    dockerfiles: list[str] = field(default_factory=list)
    compose: list[str] = field(default_factory=list)
    kubernetes: list[str] = field(default_factory=list)
    terraform: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def find_infrastructure(tree: Tree, files: Iterable[str]) -> Infrastructure:
    """Sort `files` of `tree` into kinds; most are of none."""
    found = Infrastructure()
    for path in files:
        name = path.rpartition("/")[2]
        if name.endswith((".yml", ".yaml")):
            if _COMPOSE.fullmatch(name):
                found.compose.append(path)
            elif not path.startswith(".github/"):
                _look_into(tree, path, found)
        elif name.endswith((".tf", ".tf.json")):
            found.terraform.append(path)
        elif _DOCKERFILE.fullmatch(name) and not name.endswith(".dockerignore"):
            found.dockerfiles.append(path)
    return found


def _look_into(tree: Tree, path: str, found: Infrastructure) -> None:
    """Note a file that has both keys of every Kubernetes object at the beginning of a line.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/#required-fields.
    Templates count too, which is why the text is searched and not parsed.
    """
    try:
        content = tree.head(path, size=_LOOKED_AT)
    except UnreadableFileError as error:
        place = Location(path=path)
        found.unread.append(Unread(location=place, why=error.what, gap=Gap.INPUT_MISSING))
    else:
        if all(mark.search(content) for mark in _MARKS):
            found.kubernetes.append(path)
