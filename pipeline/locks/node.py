"""What all locks of the npm ecosystem share: names, sources, and what the manifest asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.locks import jsontext
from pipeline.locks.draft import RefusedError
from pipeline.locks.places import (
    DEFAULT_GROUP,
    from_folder,
    from_registry,
    from_repository,
)
from pipeline.locks.pypi import from_url, table
from pipeline.model import Origin, Source
from pipeline.tree import UnreadableFileError, join

if TYPE_CHECKING:
    from pipeline.tree import Tree

PUBLIC_REGISTRIES = frozenset({"registry.npmjs.org", "registry.yarnpkg.com"})
"""The second is Yarn's own name for the first."""

GROUPS = {
    "dependencies": DEFAULT_GROUP,
    "devDependencies": "dev",
    "optionalDependencies": "optional",
    "peerDependencies": "peer",
}
"""The tables of a manifest that ask for packages -> our names of the groups."""

BUNDLED = "bundled"
"""The group of what lies inside another package: it has no file, and no hash, of its own."""

MAX_MANIFEST_BYTES = 256 * 1024
"""A workspace has thousands of manifests; nobody writes one so large."""

_WORD = r"[^\s/@:\\%\"'<>#?\x00-\x1f]+"
_NAME = re.compile(rf"(?:@{_WORD}/)?{_WORD}")
MAX_NAME = 214
"""The registry's own limit."""

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")
_REGISTRY_FILE = re.compile(r"https://registry\.npmjs\.org/.+/-/[^/]+?-(\d[^/#?]*)\.tgz")
_LOCAL = ("file:", "link:", "portal:", "./", "../", "/", "~/")


def name_of(value: Any) -> str | None:
    """The name as the registry compares it, to the letter; `None` for what can be none."""
    if isinstance(value, str) and len(value) <= MAX_NAME and _NAME.fullmatch(value):
        return value
    return None


def version_of(value: Any) -> str | None:
    """A version as written; `None` for anything else that stands in its place."""
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


def version_in(url: str) -> str | None:
    """The version that the address of a file in the public registry tells."""
    match = _REGISTRY_FILE.match(url)
    return version_of(match[1]) if match else None


def split(text: str) -> tuple[str | None, str]:
    """Name and the rest of "name@rest" or "@scope/name@rest"; the name is `None` where invalid."""
    at = text.find("@", 1)
    return (name_of(text), "") if at < 0 else (name_of(text[:at]), text[at + 1 :])


def is_local(place: str) -> bool:
    """Whether a place or a specifier is a path."""
    return place.startswith(_LOCAL)


def source_of(place: Any, folder: str, *, asked_by_url: bool = False, own: bool = False) -> Source:
    """The source of a package that a lock takes from `place` (a URL or a path, if any).

    A file on a host that is not the public registry's is from another registry, unless the
    project asked for that very URL (`asked_by_url`). `own`: a folder inside is our own code.
    """
    if not isinstance(place, str) or not place:
        return Source()
    if is_local(place):
        return from_folder(place, folder, own=own)
    if repository := from_repository(place):
        return repository
    source = from_registry(place, PUBLIC_REGISTRIES)
    return from_url(place) if asked_by_url and source.origin is Origin.INDEX else source


@dataclass(frozen=True, slots=True)
class Manifest:
    """A `package.json`: its name, and what it asks for by group: name -> specifier.

    `shared`: it has members, whose own manifests ask for more.
    """

    name: str | None
    wanted: Mapping[str, Mapping[str, str]]
    shared: bool

    def groups(self, name: str) -> set[str]:
        """The groups in which the project itself asks for a package."""
        return {group for group, names in self.wanted.items() if name in names}


def beside(tree: Tree, folder: str) -> Manifest | None:
    """The manifest in `folder`; `None` if there is none or it cannot be read."""
    path = join(folder, "package.json")
    try:
        data = jsontext.parse(tree.text(path, limit=MAX_MANIFEST_BYTES), path)
    except (UnreadableFileError, RefusedError):
        return None
    return manifest_of(data)


def manifest_of(data: Mapping[str, Any]) -> Manifest:
    """The manifest that `data` is, or is a copy of."""
    return Manifest(
        name=name_of(data.get("name")),
        wanted={
            group: {
                name: spec for name, spec in table(data.get(key)).items() if isinstance(spec, str)
            }
            for key, group in GROUPS.items()
        },
        shared=bool(data.get("workspaces")),
    )
