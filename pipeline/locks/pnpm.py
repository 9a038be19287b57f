"""`pnpm-lock.yaml`, lockfile versions 5.x, 6.x and 9.x.

Source: https://github.com/pnpm/spec/tree/master/lockfile, with the locks of pnpm 7 to 12. A
package's key is "/name/1.0.0_peers" in version 5, "/name@1.0.0(peers)" in version 6, and
"name@1.0.0" in version 9, which gives the dependencies of each choice of peers in `snapshots`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks.draft import Draft, Edge
from pipeline.locks.node import (
    BUNDLED,
    GROUPS,
    beside,
    is_local,
    name_of,
    source_of,
    split,
    version_of,
)
from pipeline.locks.places import DEFAULT_GROUP, from_folder, integrity, prose, spread
from pipeline.locks.pypi import from_url, table, texts
from pipeline.locks.yamltext import Document, parse
from pipeline.model import Gap, Location, Origin, Package

if TYPE_CHECKING:
    from pipeline.model import Lock, Source
    from pipeline.tree import Tree

FORMAT = "pnpm-lock.yaml"
ECOSYSTEM = "npm"

_VERSION = re.compile(r"([569])(?:\.\d+)?(?:-inlineSpecifiers)?")
_FILE_NAME = re.compile(r"pnpm-lock(?:\.[^/]+)?\.yaml")

MAX_IMPORTERS = 5000
"""Members of a workspace; more are refused."""

_GROUPS = {
    **GROUPS,
    "configDependencies": "config",
    "packageManagerDependencies": "package-manager",
}
"""The last two stand in the document that pnpm keeps for itself, before the project's own."""


def matches(path: str) -> bool:
    """`pnpm-lock.yaml` in any folder, and the lock of a branch (`pnpm-lock.main.yaml`)."""
    return _FILE_NAME.fullmatch(path.rpartition("/")[2]) is not None


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`, with both of its documents if there are two.

    The groups are followed down from what each member of the workspace asks for; what is only
    optional is "optional". What a package bundles is not locked: it is added without a version.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    documents = parse(draft.text(), draft.path)
    if not 1 <= len(documents) <= 2:  # noqa: PLR2004 - pnpm's own, and the project's
        drafts.refuse(draft.path, "neither one document nor two")
    for document in documents:
        version = document.data.get("lockfileVersion")
        known = _VERSION.fullmatch(version) if isinstance(version, str) else None
        if known is None:
            drafts.refuse(draft.path, "an unknown version of pnpm-lock.yaml", Gap.UNSUPPORTED_INPUT)
        own = document is documents[-1]
        _Reading(draft, document, int(known[1]), own).add_packages()


@dataclass(slots=True)
class _Reading:
    """One document on its way into the draft. Packages go by their keys without peers.

    `own`: it is the project's, not the one that pnpm keeps for itself.
    """

    draft: Draft
    document: Document
    version: int
    own: bool
    names: dict[str, Edge] = field(default_factory=dict)
    edges: dict[str, list[str]] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    starts: dict[str, set[str]] = field(default_factory=dict)
    asked_by_url: set[str] = field(default_factory=set)

    def add_packages(self) -> None:
        data = self.document.data
        packages = table(data.get("packages"))
        self.draft.bound(len(packages))
        for key, entry in packages.items():
            if isinstance(entry, dict) and (named := self._named(key, entry)):
                self.names[key] = named
        self._link(table(data.get("snapshots")) if self.version == 9 else packages)  # noqa: PLR2004
        importers = data.get("importers")
        if not isinstance(importers, dict):
            importers = {".": data}
        if len(importers) > MAX_IMPORTERS:
            drafts.refuse(self.draft.path, f"more than {MAX_IMPORTERS} members", Gap.TOO_LARGE)
        for folder, importer in importers.items():
            self._importer(folder, table(importer))
        groups = spread(self.starts, self.edges)
        for key, entry in packages.items():
            self._package(key, entry, groups.get(key, set()))

    def _named(self, key: str, entry: dict[str, Any]) -> Edge | None:
        """Name and version of the package with a key; what is not from a registry writes both."""
        told, version = self._split(key)
        name = name_of(entry["name"]) if "name" in entry else told
        version = version_of(entry.get("version")) or version
        return (name, version) if name else None

    def _split(self, key: str) -> tuple[str | None, str | None]:
        """Name and version, as far as a key tells them."""
        bare = self._bare(key)
        if self.version == 5:  # noqa: PLR2004 - the oldest one
            start, _, version = bare.rpartition("/")
            version = version.partition("_")[0]
            if not bare.startswith("/"):  # another registry's host leads
                start = start.partition("/")[2]
            return name_of(start.removeprefix("/")), version_of(version)
        name, version = split(bare.removeprefix("/"))
        return name, version_of(version)

    def _bare(self, key: str) -> str:
        """A key without the choice of peers."""
        return key.partition("(")[0]

    def _target(self, name: str, reference: str) -> str | None:
        """The key that a dependency refers to."""
        keys: tuple[str, ...]
        if self.version == 5:  # noqa: PLR2004 - the oldest one
            keys = (reference, f"/{name}/{reference}", f"/{name}/{reference.partition('_')[0]}")
        else:
            slash = "/" if self.version == 6 else ""  # noqa: PLR2004 - the one before the last
            bare = self._bare(reference)
            keys = (f"{slash}{name}@{reference}", f"{slash}{name}@{bare}", reference, bare)
        return next((key for key in keys if key in self.names), None)

    def _link(self, snapshots: dict[str, Any]) -> None:
        for key, snapshot in snapshots.items():
            place = key if key in self.names else self._bare(key)
            if place not in self.names:
                if self.version == 9:  # noqa: PLR2004 - else the package itself is reported
                    line = self.document.lines.get(("snapshots", key))
                    self.draft.miss("dependencies of a package that is not listed", line=line)
                continue
            entry = table(snapshot)
            if entry.get("optional") == "true":
                self.optional.add(place)
            for kind in ("dependencies", "optionalDependencies"):
                for name, reference in table(entry.get(kind)).items():
                    if isinstance(reference, str) and (target := self._target(name, reference)):
                        self.edges.setdefault(place, []).append(target)

    def _importer(self, folder: str, importer: dict[str, Any]) -> None:
        """Keep what a member of the workspace asks for, and the member itself if it has a name."""
        specifiers = table(importer.get("specifiers"))
        asked: list[str] = []
        for kind, group in _GROUPS.items():
            for name, wanted in table(importer.get(kind)).items():
                reference, specifier = wanted, specifiers.get(name)
                if isinstance(wanted, dict):
                    reference, specifier = wanted.get("version"), wanted.get("specifier")
                target = self._target(name, reference) if isinstance(reference, str) else None
                if target:
                    self.starts.setdefault(target, set()).add(group)
                    asked.append(target)
                    if isinstance(specifier, str) and "://" in specifier:
                        self.asked_by_url.add(target)
        source = from_folder(folder, self.draft.folder, own=True)
        if not self.own or source.origin is not Origin.WORKSPACE:
            return
        manifest = beside(self.draft.tree, source.url)
        if manifest and manifest.name:
            line = self.document.lines.get(("importers", folder), 1)
            self.draft.add(
                Package(
                    ecosystem=ECOSYSTEM,
                    name=manifest.name,
                    version=None,
                    location=Location(path=self.draft.path, line=line),
                    source=source,
                ),
                [self.names[key] for key in asked],
            )

    def _package(self, key: str, entry: Any, reached: set[str]) -> None:
        line = self.document.lines.get(("packages", key))
        named = self.names.get(key)
        if named is None:
            self.draft.miss("a package without a valid name or content", line=line)
            return
        groups = set(reached)
        if key in self.optional:
            groups = (groups - {DEFAULT_GROUP}) | {"optional"}
        resolution = table(entry.get("resolution"))
        location = Location(path=self.draft.path, line=line)
        self.draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=named[0],
                version=named[1],
                location=location,
                source=self._source(key, resolution),
                hashes=integrity(resolution.get("integrity")),
                markers=_platforms(entry),
                groups=tuple(sorted(groups)),
                direct=key in self.starts,
                install_script=entry.get("requiresBuild") == "true",
                deprecated=prose(entry.get("deprecated")),
            ),
            [self.names[target] for target in self.edges.get(key, ())],
        )
        for kind in ("bundledDependencies", "bundleDependencies"):
            if entry.get(kind) == "true":
                self.draft.miss("bundles packages that are not locked", Gap.NO_VERSION, line=line)
            for name in texts(entry.get(kind)):
                self._bundled(name, location, groups)

    def _bundled(self, name: str, location: Location, groups: set[str]) -> None:
        if name_of(name) is None:
            self.draft.miss("a bundled package without a valid name", line=location.line)
            return
        self.draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=name,
                version=None,
                location=location,
                groups=tuple(sorted({*groups, BUNDLED})),
                direct=False,
            )
        )

    def _source(self, key: str, resolution: dict[str, Any]) -> Source:
        """Where a package comes from: pnpm names the file only if the registry would not do."""
        place = resolution.get("tarball")
        if resolution.get("type") == "git":
            return from_url(resolution.get("repo"), vcs=True, commit=resolution.get("commit"))
        if resolution.get("gitHosted") == "true":
            return from_url(place, vcs=True)
        if resolution.get("type") == "directory":
            return from_folder(str(resolution.get("directory", "")), self.draft.folder)
        written = self._place(key)
        asked = key in self.asked_by_url or "://" in key
        return source_of(place or written, self.draft.folder, asked_by_url=asked)

    def _place(self, key: str) -> str:
        """The place that a key itself names; "" for what is from the registry."""
        bare = self._bare(key)
        if self.version == 5:  # noqa: PLR2004 - the oldest one
            host = bare.partition("/")[0].removeprefix("@")
            return "" if not host else bare if is_local(bare) else f"https://{host}/"
        written = split(bare.removeprefix("/"))[1]
        return written if is_local(written) or "://" in written else ""


def _platforms(entry: dict[str, Any]) -> str:
    """The systems, processors and C libraries that a package is for."""
    parts = [
        f"{kind}: {', '.join(values)}"
        for kind in ("os", "cpu", "libc")
        if (values := texts(entry.get(kind))) and not any("://" in value for value in values)
    ]
    return "; ".join(parts)
