"""`uv.lock`, version 1: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import tomltext
from pipeline.locks.pypi import (
    DEFAULT_GROUP,
    from_index,
    from_path,
    from_url,
    hashes_of,
    labels,
    marker_of,
    misnamed,
    name_of,
    note_index,
    table,
    tables,
    texts,
    version_of,
)
from pipeline.model import Gap, Location, Origin, Package, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.locks.draft import Draft, Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "uv.lock"
ECOSYSTEM = "PyPI"
VERSION = 1

MAX_GROUPS = 100
"""In a lock with more groups and extras, only the direct packages show theirs."""

_Node = tuple[str, str | None]


def matches(path: str) -> bool:
    """`uv.lock` in any folder, and the lock beside a script (`script.py.lock`)."""
    name = path.rpartition("/")[2]
    return name == "uv.lock" or name.endswith(".py.lock")


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`, with every fork of every package.

    `groups` are followed from the repository's own packages down: "default", the extras, and
    the dependency groups by which a package comes in.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = tomltext.parse(text, draft.path)
    version = data.get("version")
    if version != VERSION or isinstance(version, bool):
        drafts.refuse(
            draft.path,
            f"a version of uv.lock other than {VERSION}",
            Gap.UNSUPPORTED_INPUT,
        )
    entries = tomltext.packages_in(data, text, draft.path)
    graph = _Graph([entry for entry, _ in entries], table(data.get("manifest")), draft.folder)
    for entry, line in entries:
        _package(draft, graph, entry, line)


class _Graph:
    """Who asks for whom in one lock, as far as direct, groups and extras need it."""

    def __init__(self, raw: list[Any], manifest: dict[str, Any], folder: str) -> None:
        self.versions: dict[str, dict[_Node, None]] = {}
        self.edges: dict[_Node, set[_Node]] = {}
        self.extras: dict[str, set[str]] = {}
        self.starts: dict[_Node, set[str]] = {}
        self.known = bool(manifest)
        entries = [(entry, name) for entry in tables(raw) if (name := name_of(entry.get("name")))]
        for entry, name in entries:
            node = (name, version_of(entry.get("version")))
            self.versions.setdefault(name, {})[node] = None
        for entry, name in entries:
            node = (name, version_of(entry.get("version")))
            source = _source(entry, folder)
            own = source is not None and source.origin is Origin.WORKSPACE
            self.known |= own
            for group, dependency in _dependencies(entry):
                for target in self._targets(dependency):
                    self.edges.setdefault(node, set()).add(target)
                    if own:
                        self.starts.setdefault(target, set()).add(group)
        for dependency in tables(manifest.get("requirements")):
            self._start(dependency, DEFAULT_GROUP)
        for group, dependencies in table(manifest.get("dependency-groups")).items():
            for dependency in tables(dependencies):
                self._start(dependency, group)
        self.groups = self._spread()

    def _start(self, dependency: dict[str, Any], group: str) -> None:
        for target in self._targets(dependency):
            self.starts.setdefault(target, set()).add(group)

    def _targets(self, dependency: dict[str, Any]) -> list[_Node]:
        """The packages that a dependency entry may mean, whose extras it asks for."""
        name = name_of(dependency.get("name"))
        if name is None:
            return []
        self.extras.setdefault(name, set()).update(
            texts(dependency.get("extra")) + texts(dependency.get("extras"))
        )
        nodes = self.versions.get(name, {})
        exact = (name, version_of(dependency.get("version")))
        return [exact] if exact in nodes else list(islice(nodes, drafts.MAX_FORKS))

    def _spread(self) -> dict[_Node, set[str]]:
        """Every package with the groups through which it is reached."""
        if len(set().union(*self.starts.values())) > MAX_GROUPS:
            return self.starts
        groups: dict[_Node, set[str]] = {}
        queue = [(node, group) for node, names in self.starts.items() for group in names]
        while queue:
            node, group = queue.pop()
            if group not in groups.setdefault(node, set()):
                groups[node].add(group)
                queue += ((target, group) for target in self.edges.get(node, ()))
        return groups


def _package(draft: Draft, graph: _Graph, entry: Any, line: int | None) -> None:
    name = name_of(entry.get("name")) if isinstance(entry, dict) else None
    if name is None:
        draft.miss("a package without a valid name", line=line)
        return
    source = _source(entry, draft.folder)
    if source is None:
        draft.miss("a package with an unknown source", Gap.UNSUPPORTED_INPUT, line=line)
        source = Source(origin=Origin.URL)
    if isinstance(registry := table(entry.get("source")).get("registry"), str):
        note_index(draft, registry, line)
    node = (name, version_of(entry.get("version")))
    own = source.origin is Origin.WORKSPACE
    edges: list[Edge] = [
        (wanted, version_of(dependency.get("version")))
        for _, dependency in _dependencies(entry)
        if (wanted := name_of(dependency.get("name")))
    ]
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=node[1],
            location=Location(path=draft.path, line=line),
            source=source,
            hashes=hashes_of(file.get("hash") for file in _files(entry)),
            markers=_markers(texts(entry.get("resolution-markers"))),
            extras=labels(list(graph.extras.get(name, ()))),
            groups=labels(list(graph.groups.get(node, ()))),
            direct=None if own or not graph.known else node in graph.starts,
            misnamed=misnamed(
                name, node[1], (file.get("url") or file.get("path") for file in _files(entry))
            ),
        ),
        edges,
    )


def _dependencies(entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All dependency entries of a package, each with its group or extra."""
    for dependency in tables(entry.get("dependencies")):
        yield DEFAULT_GROUP, dependency
    for kind in ("optional-dependencies", "dev-dependencies"):
        for group, dependencies in table(entry.get(kind)).items():
            for dependency in tables(dependencies):
                yield group, dependency


def _files(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return tables([entry.get("sdist"), *tables(entry.get("wheels"))])


def _source(entry: dict[str, Any], folder: str) -> Source | None:
    source = table(entry.get("source"))
    if isinstance(registry := source.get("registry"), str):
        files = (file.get("url") for file in _files(entry))
        return from_index(registry, files)
    for kind in ("virtual", "editable", "directory", "path"):
        if kind in source:
            return from_path(source[kind], folder, own=kind in {"virtual", "editable"})
    for kind in ("git", "url"):
        if isinstance(url := source.get(kind), str):
            return from_url(url, vcs=kind == "git")
    return None


def _markers(markers: tuple[str, ...]) -> str:
    """A fork holds where any of its resolution markers does."""
    return marker_of(markers[0] if len(markers) == 1 else " or ".join(map("({})".format, markers)))
