"""`bun.lock`, lockfile versions 0 to 2: https://bun.sh/docs/pm/lockfile.

It is JSON with comments and trailing commas. A package is a list: its identity
("name@version", "name@workspace:path", "name@URL"), for one from a registry the registry's or the
file's address ("" for the default one), what it asks for, and its integrity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import jsontext
from pipeline.locks.draft import Draft
from pipeline.locks.node import (
    BUNDLED,
    GROUPS,
    is_local,
    manifest_of,
    source_of,
    split,
    version_in,
    version_of,
)
from pipeline.locks.places import from_folder, integrity, spread
from pipeline.locks.pypi import table, texts
from pipeline.model import Gap, Location, Origin, Package, Source

if TYPE_CHECKING:
    from pipeline.locks.draft import Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "bun.lock"
ECOSYSTEM = "npm"
VERSIONS = {0, 1, 2}

MAX_DEPTH = 32
"""Packages inside packages: "a/b/c"."""
MAX_KEY = 2000

_COMMENT = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|//[^\n]*+|/\*[\s\S]*?(?:\*/|\Z)')
_COMMA = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|,(?=[\s]*+[}\]])')
_ARCHIVES = (".tgz", ".tar.gz", ".tar")


def matches(path: str) -> bool:
    """`bun.lock`, and the binary `bun.lockb` of earlier versions, in any folder."""
    return path.rpartition("/")[2] in {"bun.lock", "bun.lockb"}


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; the groups are followed down from the members of the workspace.

    `bun.lockb` is not read: its layout is Bun's memory, and Bun itself has given it up.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    if draft.path.endswith(".lockb"):
        draft.open(draft.path)
        drafts.refuse(
            draft.path,
            "a binary lock: have Bun write it as text (bun install --save-text-lockfile)",
            Gap.UNSUPPORTED_INPUT,
        )
    text = _strict(draft.text())
    data = jsontext.parse(text, draft.path)
    version = data.get("lockfileVersion")
    if not isinstance(version, int) or isinstance(version, bool) or version not in VERSIONS:
        drafts.refuse(draft.path, "an unknown version of bun.lock", Gap.UNSUPPORTED_INPUT)
    lines = {
        (path[0], path[1]): line
        for path, line in jsontext.keys(text)
        if len(path) == 2  # noqa: PLR2004 - table, key
    }
    packages = data.get("packages")
    if not isinstance(packages, dict):
        drafts.refuse(draft.path, "no `packages`")
    draft.bound(len(packages))
    _Reading(draft, lines).add_packages(packages, table(data.get("workspaces")))


def _strict(text: str) -> str:
    """The text as plain JSON, every character at its old place."""
    if "//" in text or "/*" in text:
        text = _COMMENT.sub(
            lambda match: match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0]), text
        )
    return _COMMA.sub(lambda match: " " if match[0] == "," else match[0], text)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One package as its list tells it."""

    name: str
    version: str | None
    source: Source
    details: dict[str, Any]
    hashes: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """The packages by key: "a", or "a/b" for the one that only "a" gets when it asks for "b"."""

    draft: Draft
    lines: dict[tuple[str, str], int]
    entries: dict[str, _Entry] = field(default_factory=dict)
    starts: dict[str, set[str]] = field(default_factory=dict)

    def add_packages(self, packages: dict[str, Any], members: dict[str, Any]) -> None:
        """Add the members of the workspace, then all packages."""
        for key, value in packages.items():
            entry = self._entry(value)
            if entry is None or len(key) > MAX_KEY or key.count("/") > 2 * MAX_DEPTH:
                line = self.lines.get(("packages", key))
                self.draft.miss("a package without a valid name or content", line=line)
            else:
                self.entries[key] = entry
        for path, member in members.items():
            self._member(path, table(member))
        edges = {
            key: [found for name in _wanted(entry.details) if (found := self._find(key, name))]
            for key, entry in self.entries.items()
        }
        groups = spread(self.starts, edges)
        own = {from_folder(path or ".", self.draft.folder, own=True) for path in members}
        for key, entry in self.entries.items():
            if entry.source.origin is not Origin.WORKSPACE or entry.source not in own:
                self._package(key, entry, groups.get(key, set()), edges[key])

    def _entry(self, value: Any) -> _Entry | None:
        identity = value[0] if isinstance(value, list) and value else None
        name, place = split(identity) if isinstance(identity, str) else (None, "")
        if name is None:
            return None
        version = version_of(place)
        if version is not None and not place.endswith(_ARCHIVES):
            source = source_of(value[1] if len(value) > 1 else "", self.draft.folder)
        elif is_local(place) or (place.endswith(_ARCHIVES) and "://" not in place):
            version, source = None, from_folder(place, self.draft.folder)
        elif place.startswith(("workspace:", "root:")):
            version, source = None, from_folder(place, self.draft.folder, own=True)
        else:
            version = version_in(place)
            source = source_of(place, self.draft.folder, asked_by_url=True)
        details = next((item for item in value if isinstance(item, dict)), {})
        last = value[-1] if len(value) > 1 else None
        return _Entry(name, version, source, details, integrity(last))

    def _find(self, key: str, name: str) -> str | None:
        """The package that the one at `key` gets as `name`: the nearest one above."""
        while key:
            last = key.rpartition("/")[2]
            if not last.startswith("@") and (found := f"{key}/{name}") in self.entries:
                return found
            key = key.rpartition("/")[0]
        return name if name in self.entries else None

    def _identities(self, keys: list[str]) -> list[Edge]:
        return [(self.entries[key].name, self.entries[key].version) for key in keys]

    def _member(self, path: str, member: dict[str, Any]) -> None:
        """Add a member of the workspace, and keep what it asks for."""
        manifest = manifest_of(member)
        asked = []
        for group, wanted in manifest.wanted.items():
            for name in wanted:
                if found := self._find(manifest.name or "", name):
                    self.starts.setdefault(found, set()).add(group)
                    asked.append(found)
        line = self.lines.get(("workspaces", path))
        if manifest.name is None:
            self.draft.miss("a member of the workspace without a valid name", line=line)
            return
        self.draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=manifest.name,
                version=version_of(member.get("version")),
                location=Location(path=self.draft.path, line=line),
                source=from_folder(path or ".", self.draft.folder, own=True),
            ),
            self._identities(asked),
        )

    def _package(self, key: str, entry: _Entry, groups: set[str], edges: list[str]) -> None:
        bundled = {BUNDLED} if entry.details.get("bundled") is True else set()
        own = entry.source.origin is Origin.WORKSPACE
        self.draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=entry.name,
                version=entry.version,
                location=Location(path=self.draft.path, line=self.lines.get(("packages", key))),
                source=entry.source,
                hashes=entry.hashes,
                markers=_platforms(entry.details),
                groups=tuple(sorted(groups | bundled)),
                direct=None if own else key in self.starts,
            ),
            self._identities(edges),
        )


def _wanted(details: dict[str, Any]) -> list[str]:
    """The names of what a package asks for."""
    return [
        name for kind in GROUPS if kind != "devDependencies" for name in table(details.get(kind))
    ]


def _platforms(details: dict[str, Any]) -> str:
    """The systems and processors that a package is for."""
    found = []
    for kind in ("os", "cpu", "libc"):
        value = details.get(kind)
        names = (value,) if isinstance(value, str) else texts(value)
        if names and not any("://" in name for name in names):
            found.append(f"{kind}: {', '.join(names)}")
    return "; ".join(found)
