"""`Cargo.lock`, versions 1 to 4: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html.

Versions 1 and 2 do not write their number; version 1 keeps the checksums in `metadata`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import tomltext
from pipeline.locks.places import digest, from_folder, from_registry
from pipeline.locks.pypi import from_url, table, texts
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.tree import UnreadableFileError, join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.locks.draft import Draft, Edge
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "Cargo.lock"
ECOSYSTEM = "crates.io"
WRITTEN_VERSIONS = {1, 2, 3, 4}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+[0-9A-Za-z.+-]*")
_CRATES_IO = {
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
}


def matches(path: str) -> bool:
    """`Cargo.lock` in any folder."""
    return path.rpartition("/")[2] == "Cargo.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`. It does not say what is for tests or builds only.

    What has no source is in the workspace, unless the `Cargo.toml` beside it puts it in place of
    somebody else's crate or takes it from outside the repository: then it is from a path.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = tomltext.parse(text, draft.path)
    version = data.get("version", 1)
    written = isinstance(version, int) and not isinstance(version, bool)
    if not written or version not in WRITTEN_VERSIONS:
        drafts.refuse(draft.path, "an unknown version of Cargo.lock", Gap.UNSUPPORTED_INPUT)
    raw = data.get("package", [])
    if not isinstance(raw, list) or ("package" not in data and "version" not in data):
        drafts.refuse(draft.path, "no list of packages")
    checksums = {
        key.removeprefix("checksum "): value for key, value in table(data.get("metadata")).items()
    }
    paths = _paths(draft)
    for entry, line in zip(raw, tomltext.table_lines(text, "package", len(raw)), strict=True):
        _package(draft, entry, line, checksums, paths)
    if isinstance(root := data.get("root"), dict):  # before Cargo 0.23 the project stood apart
        _package(draft, root, None, checksums, paths)


def _package(
    draft: Draft,
    entry: Any,
    line: int | None,
    checksums: Mapping[str, Any],
    paths: Mapping[str, Source],
) -> None:
    fields = table(entry)
    name, version, place = fields.get("name"), fields.get("version"), fields.get("source")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        draft.miss("a package without a valid name", line=line)
        return
    source = _source(place) if place is not None else paths.get(name, _OWN)
    if source is None:
        draft.miss("a package with an unknown source", Gap.UNSUPPORTED_INPUT, line=line)
        source = Source(origin=Origin.URL)
    checksum = fields.get("checksum", checksums.get(f"{name} {version} ({place})"))
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=version if isinstance(version, str) and _VERSION.fullmatch(version) else None,
            location=Location(path=draft.path, line=line),
            source=source,
            hashes=digest("sha256", checksum),
            direct=None if source.origin is Origin.WORKSPACE else False,
        ),
        [_edge(dependency) for dependency in texts(fields.get("dependencies"))],
    )


_OWN = Source(origin=Origin.WORKSPACE)


def _edge(dependency: str) -> Edge:
    """A dependency is written "name", "name version" or "name version (source)"."""
    name, _, rest = dependency.partition(" ")
    return name, rest.partition(" ")[0] or None


def _source(place: Any) -> Source | None:
    """Where a package comes from; `None` for what Cargo does not write."""
    if not isinstance(place, str):
        return None
    kind, plus, url = place.partition("+")
    if kind == "git" and plus:
        return from_url(url, vcs=True)
    if kind in {"registry", "sparse"} and plus:
        return Source() if place in _CRATES_IO else from_registry(url, ())
    return None


def _paths(draft: Draft) -> dict[str, Source]:
    """The crates that the manifest beside the lock takes from a path as somebody else's."""
    path = join(draft.folder, "Cargo.toml")
    try:
        data = tomltext.parse(draft.tree.text(path, limit=drafts.MAX_BYTES), path)
    except (UnreadableFileError, drafts.RefusedError):
        return {}
    found: dict[str, Source] = {}
    patches = [*table(data.get("patch")).values(), data.get("replace")]
    workspace = table(data.get("workspace"))
    wanted = [
        *(own.get(kind) for own in (data, workspace) for kind in _DEPENDENCIES),
        *(
            table(target).get(kind)
            for target in table(data.get("target")).values()
            for kind in _DEPENDENCIES
        ),
    ]
    for group, is_patch in [(patches, True), (wanted, False)]:
        for dependencies in group:
            for key, value in table(dependencies).items():
                place = table(value).get("path")
                if isinstance(place, str):
                    name = str(table(value).get("package", key)).partition(":")[0]
                    source = from_folder(place, draft.folder, own=not is_patch)
                    if source.origin is Origin.PATH:
                        found[name] = source
    return found


_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")
