"""`package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.

Source: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json, and version 1 as npm 6
documents it. Both are read as a tree of folders: "node_modules/a/node_modules/b".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import jsontext
from pipeline.locks.draft import Draft
from pipeline.locks.node import (
    BUNDLED,
    GROUPS,
    Manifest,
    beside,
    is_local,
    manifest_of,
    name_of,
    source_of,
    version_in,
    version_of,
)
from pipeline.locks.places import DEFAULT_GROUP, from_folder, integrity, prose
from pipeline.locks.pypi import table
from pipeline.model import Gap, Location, Origin, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.locks.draft import Edge
    from pipeline.model import Lock, Source
    from pipeline.tree import Tree

FORMAT = "package-lock.json"
ECOSYSTEM = "npm"

MAX_DEPTH = 32
"""Folders inside folders; npm flattens them to a handful."""
MAX_PLACE = 2000
"""Characters in the path of a package's folder."""

_INSIDE = "node_modules/"
_FLAGS = {"dev": "dev", "optional": "optional", "peer": "peer", "extraneous": "extraneous"}


def matches(path: str) -> bool:
    """Both files in any folder; they have one format, and npm prefers `npm-shrinkwrap.json`."""
    return path.rpartition("/")[2] in {"package-lock.json", "npm-shrinkwrap.json"}


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`: one package for each folder that npm would make.

    The groups are npm's flags. Version 1 does not repeat what the project asks for: there the
    `package.json` beside it tells which packages are direct. The half of a version 2 that is for
    npm 6 must say the same as the other one.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = jsontext.parse(text, draft.path)
    version = data.get("lockfileVersion")
    if not isinstance(version, int) or isinstance(version, bool) or version not in {1, 2, 3}:
        drafts.refuse(draft.path, "a lockfileVersion other than 1, 2 and 3", Gap.UNSUPPORTED_INPUT)
    lines = _lines(draft, text)
    if version == 1:
        entries = _unfolded(draft, data, lines)
        manifest = beside(draft.tree, draft.folder)
    else:
        entries = _listed(draft, data, lines)
        root = entries.get("")
        manifest = manifest_of({**data, **root.data}) if root else None
        if root is None:
            draft.miss("no entry for the project itself")
        if version == 2:  # noqa: PLR2004 - the version with two halves
            _compare(draft, entries, _unfolded(draft, data, lines))
    _Folders(draft, entries, manifest).add_packages()


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the lock says of one folder."""

    data: dict[str, Any]
    line: int | None


def _lines(draft: Draft, text: str) -> dict[tuple[str, ...], int]:
    """The lines of the keys in `packages`, and of those in `dependencies` at any depth."""
    lines: dict[tuple[str, ...], int] = {}
    for path, line in jsontext.keys(text):
        depth = len(path)
        listed = depth == 2 and path[0] == "packages"  # noqa: PLR2004 - packages, folder
        nested = depth % 2 == 0 and path[0] == path[-2] == "dependencies"
        if listed or (nested and depth <= 2 * MAX_DEPTH):
            lines[tuple(path)] = line
            draft.bound(len(lines) // 2)  # version 2 names each package twice
    return lines


def _listed(
    draft: Draft, data: dict[str, Any], lines: dict[tuple[str, ...], int]
) -> dict[str, _Entry]:
    """The entries of `packages`, by folder."""
    packages = data.get("packages")
    if not isinstance(packages, dict):
        drafts.refuse(draft.path, "no `packages`")
    found = {}
    for place, entry in packages.items():
        line = lines.get(("packages", place))
        if not isinstance(entry, dict):
            draft.miss("a package without content", line=line)
        elif len(place) > MAX_PLACE or place.count("/") > 3 * MAX_DEPTH:
            draft.miss("a folder too deep", Gap.TOO_LARGE, line=line)
        else:
            found[place] = _Entry(entry, line)
    return found


def _unfolded(
    draft: Draft, data: dict[str, Any], lines: dict[tuple[str, ...], int]
) -> dict[str, _Entry]:
    """The nested `dependencies` of version 1, by folder, in the words of version 3."""
    found: dict[str, _Entry] = {}
    start: tuple[str, ...] = ("dependencies",)
    queue = [("", start, table(data.get("dependencies")))]
    for above, path, entries in queue:
        for name, entry in entries.items():
            line = lines.get((*path, name))
            if not isinstance(entry, dict) or name_of(name) is None:
                draft.miss("a package without a valid name or content", line=line)
                continue
            place = f"{above}/{_INSIDE}{name}".removeprefix("/")
            if len(place) > MAX_PLACE:
                draft.miss("a folder too deep", Gap.TOO_LARGE, line=line)
                continue
            found[place] = _Entry(_modern(entry), line)
            if inner := table(entry.get("dependencies")):
                if len(path) >= 2 * MAX_DEPTH - 1:
                    draft.miss("packages nested too deeply", Gap.TOO_LARGE, line=line)
                else:
                    queue.append((place, (*path, name, "dependencies"), inner))
    return dict(sorted(found.items(), key=lambda item: item[1].line or 0))


def _modern(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of version 1 as version 3 would write it."""
    version = entry.get("version")
    changed = {
        **entry,
        "dependencies": entry.get("requires"),
        "inBundle": entry.get("bundled"),
        "link": None,
    }
    if isinstance(version, str) and version.startswith("npm:"):
        name, _, changed["version"] = version.removeprefix("npm:").rpartition("@")
        changed["name"] = name
    elif isinstance(version, str) and version_of(version) is None:
        changed |= {"version": version_in(version), "resolved": version, "asked": True}
    return changed


def _compare(draft: Draft, entries: dict[str, _Entry], old: dict[str, _Entry]) -> None:
    """What npm 6 would install must be what later ones do: the same versions and hashes."""
    targets = {place: _target(place, entry) for place, entry in entries.items()}
    for place, entry in old.items():
        above, mark, name = place.rpartition(_INSIDE)
        above = targets.get(above.rstrip("/"), above.rstrip("/"))
        other = entries.get(f"{above}/{mark}{name}".removeprefix("/"))
        same = other is not None and (
            entry.data.get("version") is None
            or all(
                entry.data.get(key) == other.data.get(key)
                for key in ("version", "resolved", "integrity")
            )
        )
        if not same:
            draft.miss("the two halves of the lock disagree on this package", line=entry.line)


def _target(place: str, entry: _Entry) -> str:
    """The folder that a link leads to, or the folder itself."""
    resolved = entry.data.get("resolved")
    return resolved if entry.data.get("link") is True and isinstance(resolved, str) else place


@dataclass(slots=True)
class _Folders:
    """The folders of a lock: who is inside whom, and so who finds whom."""

    draft: Draft
    entries: dict[str, _Entry]
    manifest: Manifest | None
    inside: dict[str, dict[str, str]] = field(default_factory=dict)
    linked_as: dict[str, str] = field(default_factory=dict)
    direct: set[str] = field(default_factory=set)
    by_url: set[str] = field(default_factory=set)
    by_path: set[str] = field(default_factory=set)

    def add_packages(self) -> None:
        """Add a package for every folder."""
        for place in self.entries:
            above, mark, name = place.rpartition(_INSIDE)
            if mark:
                self.inside.setdefault(above.rstrip("/"), {})[name] = place
                self.linked_as.setdefault(_target(place, self.entries[place]), name)
        edges = {place: list(self._edges(place)) for place in self.entries}
        if "" not in self.entries and self.manifest:
            self.direct |= {
                found
                for wanted in self.manifest.wanted.values()
                for name in wanted
                if (found := self._find([self.inside.get("", {})], name)) is not None
            }
        for place, entry in self.entries.items():
            self._add(place, entry, edges[place])

    def _edges(self, place: str) -> Iterator[str]:
        """The folders that the package in `place` finds what it asks for in."""
        data = self.entries[place].data
        scopes = self._scopes(place)
        own = not self._is_installed(place)
        for kind in GROUPS:
            for name, spec in table(data.get(kind)).items():
                if (found := self._find(scopes, name)) is not None:
                    if own:
                        self.direct.add(found)
                    if isinstance(spec, str) and "://" in spec:
                        self.by_url.add(found)
                    elif isinstance(spec, str) and is_local(spec):
                        self.by_path.add(found)
                    yield found

    def _scopes(self, place: str) -> list[dict[str, str]]:
        """What is installed in the folder and in all those above it, nearest first."""
        scopes = []
        while True:
            if inside := self.inside.get(place):
                scopes.append(inside)
            if not place:
                return scopes
            place = place.rpartition("/")[0]

    def _find(self, scopes: list[dict[str, str]], name: str) -> str | None:
        for scope in scopes:
            if (place := scope.get(name)) is not None:
                target = _target(place, self.entries[place])
                return target if target in self.entries else place
        return None

    def _is_installed(self, place: str) -> bool:
        return f"/{_INSIDE}" in f"/{place}"

    def _named(self, place: str) -> str | None:
        """The name of the package in a folder: its own, or else that of the folder."""
        given = self.entries[place].data.get("name")
        if given is not None:
            return name_of(given)
        if not place:
            return self.manifest.name if self.manifest else None
        return name_of(self.linked_as.get(place) or place.rpartition("/")[2])

    def _add(self, place: str, entry: _Entry, edges: list[str]) -> None:
        data, installed = entry.data, self._is_installed(place)
        if data.get("link") is True:
            target = _target(place, entry)
            if target == place:
                self.draft.miss("a link that leads nowhere", line=entry.line)
            if target in self.entries:
                return
        name = self._named(place)
        if name is None:
            if place:
                self.draft.miss("a package without a valid name", line=entry.line)
            return
        source = (
            self._source(place, data)
            if installed
            else from_folder(place or ".", self.draft.folder, own=place not in self.by_path)
        )
        if source.origin is Origin.INDEX and not source.url:
            self.draft.miss("a package from a place that is no URL", line=entry.line)
        own = source.origin is Origin.WORKSPACE
        self.draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=version_of(data.get("version")),
                location=Location(path=self.draft.path, line=entry.line),
                source=source,
                hashes=integrity(data.get("integrity")),
                groups=() if own else _groups(data),
                direct=None if own or self.manifest is None else place in self.direct,
                install_script=data.get("hasInstallScript") is True,
                deprecated=prose(data.get("deprecated")),
            ),
            list(self._identities(edges)),
        )

    def _source(self, place: str, data: dict[str, Any]) -> Source:
        resolved = data.get("resolved")
        if data.get("link") is True and isinstance(resolved, str):
            return from_folder(resolved, self.draft.folder)
        asked = place in self.by_url or data.get("asked") is True
        return source_of(resolved, self.draft.folder, asked_by_url=asked)

    def _identities(self, edges: list[str]) -> Iterator[Edge]:
        for place in edges:
            if name := self._named(place):
                yield name, version_of(self.entries[place].data.get("version"))


def _groups(data: dict[str, Any]) -> tuple[str, ...]:
    found = {group for flag, group in _FLAGS.items() if data.get(flag) is True}
    if data.get("devOptional") is True:
        found |= {"dev", "optional"}
    found = found or {DEFAULT_GROUP}
    if data.get("inBundle") is True:
        found.add(BUNDLED)
    return tuple(sorted(found))
