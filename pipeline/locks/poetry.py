"""`poetry.lock`, lock versions 1.x and 2.x: https://python-poetry.org/docs/basic-usage/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import tomltext
from pipeline.locks.manifest import beside
from pipeline.locks.pypi import (
    DEFAULT_GROUP,
    from_index,
    from_path,
    from_url,
    hashes_of,
    labels,
    major_of,
    marker_of,
    misnamed,
    name_of,
    normalised,
    note_index,
    table,
    tables,
    texts,
    version_of,
)
from pipeline.model import Gap, Location, Origin, Package, Source

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.locks.manifest import Manifest
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "poetry.lock"
ECOSYSTEM = "PyPI"
VERSIONS = {"1", "2"}
"""Major lock versions that are understood: 1.0 came with Poetry 1.0, 2.0 with 1.5."""


def matches(path: str) -> bool:
    """`poetry.lock` in any folder."""
    return path.rpartition("/")[2] == "poetry.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; the `pyproject.toml` beside it tells which packages are direct.

    Lock versions up to 2.0 keep the hashes of 1.x in `metadata.files`, and a `category` instead
    of groups.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = tomltext.parse(text, draft.path)
    metadata = table(data.get("metadata"))
    if major_of(metadata.get("lock-version")) not in VERSIONS:
        drafts.refuse(draft.path, "an unknown version of poetry.lock", Gap.UNSUPPORTED_INPUT)
    entries = tomltext.packages_in(data, text, draft.path)
    files = {normalised(name): found for name, found in table(metadata.get("files")).items()}
    manifest = beside(draft.tree, draft.folder)
    for entry, line in entries:
        _package(draft, entry, line, files, manifest)


def _package(
    draft: Draft,
    entry: Any,
    line: int | None,
    files: dict[str, Any],
    manifest: Manifest | None,
) -> None:
    name = name_of(entry.get("name")) if isinstance(entry, dict) else None
    if name is None:
        draft.miss("a package without a valid name", line=line)
        return
    listed = tables(entry.get("files")) or tables(files.get(name))
    dependencies = table(entry.get("dependencies"))
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=version_of(entry.get("version")),
            location=Location(path=draft.path, line=line),
            source=_source(draft, entry, line),
            hashes=hashes_of(file.get("hash") for file in listed),
            markers=_markers(entry.get("markers")),
            groups=_groups(entry),
            direct=manifest.direct(name) if manifest else None,
            misnamed=misnamed(
                name, version_of(entry.get("version")), (file.get("file") for file in listed)
            ),
        ),
        [(wanted, None) for key in dependencies if (wanted := name_of(key))],
    )


def _source(draft: Draft, entry: dict[str, Any], line: int | None) -> Source:
    """Poetry writes no source for what comes from PyPI."""
    if "source" not in entry:
        return Source()
    source = table(entry["source"])
    kind, url = source.get("type"), source.get("url")
    if isinstance(url, str):
        if kind == "legacy":
            note_index(draft, url, line)
            return from_index(url)
        if kind in {"directory", "file"}:
            return from_path(url, draft.folder, own=entry.get("develop") is True)
        if kind in {"git", "url"}:
            return from_url(url, vcs=kind == "git", commit=source.get("resolved_reference"))
    draft.miss("a package with an unknown source", Gap.UNSUPPORTED_INPUT, line=line)
    return Source(origin=Origin.URL)


def _groups(entry: dict[str, Any]) -> tuple[str, ...]:
    """Poetry's "main" is the default group."""
    groups = texts(entry.get("groups")) or texts([entry.get("category")])
    return labels([DEFAULT_GROUP if group == "main" else group for group in groups])


def _markers(markers: Any) -> str:
    """One marker for all groups, or one for each group that has its own."""
    if isinstance(markers, dict):
        return marker_of(" or ".join(f"({one})" for one in texts(list(markers.values()))))
    return marker_of(markers)
