"""`pdm.lock`, lock versions 3.x and 4.x: https://pdm-project.org/latest/usage/lockfile/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import tomltext
from pipeline.locks.manifest import beside
from pipeline.locks.pypi import (
    from_index,
    from_path,
    from_url,
    hashes_of,
    labels,
    major_of,
    marker_of,
    misnamed,
    name_of,
    required_name,
    table,
    tables,
    texts,
    version_of,
)
from pipeline.model import Gap, Location, Package

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.locks.manifest import Manifest
    from pipeline.model import Lock, Source
    from pipeline.tree import Tree

FORMAT = "pdm.lock"
ECOSYSTEM = "PyPI"
VERSIONS = {"3", "4"}
"""Major lock versions that are understood: 4.0 came with PDM 2.0."""


def matches(path: str) -> bool:
    """`pdm.lock` in any folder."""
    return path.rpartition("/")[2] == "pdm.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; the `pyproject.toml` beside it tells which packages are direct.

    PDM writes a package once more for its extras; both entries are kept. Lock versions up to
    4.1 keep the files in `metadata.files`, by name and version.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = tomltext.parse(text, draft.path)
    metadata = table(data.get("metadata"))
    if major_of(metadata.get("lock_version")) not in VERSIONS:
        drafts.refuse(draft.path, "an unknown version of pdm.lock", Gap.UNSUPPORTED_INPUT)
    entries = tomltext.packages_in(data, text, draft.path)
    files = table(metadata.get("files"))
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
    version = version_of(entry.get("version"))
    listed = tables(entry.get("files")) or tables(files.get(f"{entry['name']} {version}"))
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=version,
            location=Location(path=draft.path, line=line),
            source=_source(entry, listed, draft.folder),
            hashes=hashes_of(file.get("hash") for file in listed),
            markers=marker_of(entry.get("marker")),
            extras=labels(entry.get("extras")),
            groups=labels(entry.get("groups")),
            direct=manifest.direct(name) if manifest else None,
            misnamed=misnamed(
                name, version, (file.get("url") or file.get("file") for file in listed)
            ),
        ),
        [
            (wanted, None)
            for text in texts(entry.get("dependencies"))
            if (wanted := required_name(text))
        ],
    )


def _source(entry: dict[str, Any], files: list[dict[str, Any]], folder: str) -> Source:
    """Neither PDM's entries nor its files name an index, unless the file URLs are locked."""
    for kind in ("git", "hg", "svn", "bzr"):
        if kind in entry:
            return from_url(entry[kind], vcs=True, commit=entry.get("revision"))
    if "path" in entry:
        return from_path(entry["path"], folder, own=entry.get("editable") is True)
    if "url" in entry:
        return from_url(entry["url"])
    return from_index(None, (file.get("url") for file in files))
