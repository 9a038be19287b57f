"""`Pipfile.lock`, specification 6: https://github.com/pypa/pipfile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import jsontext, tomltext
from pipeline.locks.pypi import (
    from_index,
    from_path,
    from_url,
    hashes_of,
    labels,
    marker_of,
    name_of,
    named_by_file,
    note_index,
    table,
    tables,
    version_of,
)
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.tree import UnreadableFileError, join

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "Pipfile.lock"
ECOSYSTEM = "PyPI"
SPECIFICATION = 6

_SECTIONS = {"default": "packages", "develop": "dev-packages"}
"""The lock's name of a section -> the Pipfile's. Other categories have one name in both."""


def matches(path: str) -> bool:
    """`Pipfile.lock` in any folder."""
    return path.rpartition("/")[2] == "Pipfile.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; the `Pipfile` beside it tells which packages are direct.

    The sections are the groups ("default", "develop", other categories). The format knows no
    dependencies of packages.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = jsontext.parse(text, draft.path)
    meta = table(data.pop("_meta", None))
    specification = meta.get("pipfile-spec")
    if specification != SPECIFICATION or isinstance(specification, bool):
        drafts.refuse(draft.path, "an unknown version of Pipfile.lock", Gap.UNSUPPORTED_INPUT)
    lines = jsontext.member_lines(text)
    sources: dict[Any, str] = {}
    for source in tables(meta.get("sources")):
        if isinstance(url := source.get("url"), str):
            note_index(draft, url)
            sources.setdefault(source.get("name") if _is_text(source.get("name")) else None, url)
    declared = _declared(draft)
    for group, packages in data.items():
        if not isinstance(packages, dict):
            draft.miss("a section that is not an object")
            continue
        names = None if declared is None else declared.get(group, frozenset())
        section = _Section(group, sources, names)
        for name, entry in packages.items():
            _package(draft, section, name, entry, lines.get((group, name)))


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of the lock, what its packages need to know of the rest."""

    group: str
    sources: Mapping[Any, str]
    declared: frozenset[str] | None


def _package(draft: Draft, section: _Section, key: str, entry: Any, line: int | None) -> None:
    name = name_of(key)
    if name is None or not isinstance(entry, dict):
        draft.miss("a package without a valid name or content", line=line)
        return
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=_version(entry),
            location=Location(path=draft.path, line=line),
            source=_source(draft, entry, line, section.sources),
            hashes=hashes_of(entry["hashes"] if isinstance(entry.get("hashes"), list) else ()),
            markers=marker_of(entry.get("markers")),
            extras=labels(entry.get("extras")),
            groups=labels([section.group]),
            direct=None if section.declared is None else name in section.declared,
        )
    )


def _version(entry: dict[str, Any]) -> str | None:
    """The version of a pin ("==1.2"); a file's name tells it where there is none."""
    version = entry.get("version")
    if isinstance(version, str):
        exact = version.removeprefix("===") if version.startswith("===") else version[2:]
        pinned = version.startswith("==") and exact and not exact.endswith(".*")
        return version_of(exact.strip()) if pinned and "," not in exact else None
    file = entry.get("file")
    named = named_by_file(file) if isinstance(file, str) else None
    return named[1] if named else None


def _source(
    draft: Draft, entry: dict[str, Any], line: int | None, sources: Mapping[Any, str]
) -> Source:
    """Without an `index`, a package comes from the first source."""
    for kind in ("git", "hg", "svn", "bzr"):
        if kind in entry:
            return from_url(entry[kind], vcs=True, commit=entry.get("ref"))
    for kind in ("file", "url"):
        if isinstance(url := entry.get(kind), str) and "://" in url:
            return from_url(url)
    for kind in ("path", "file"):
        if kind in entry:
            return from_path(entry[kind], draft.folder, own=entry.get("editable") is True)
    index = entry.get("index")
    if index is None:
        return from_index(next(iter(sources.values()), None))
    if _is_text(index) and index in sources:
        return from_index(sources[index])
    draft.miss("a package from a source that the lock does not list", line=line)
    return Source(origin=Origin.INDEX)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _declared(draft: Draft) -> Mapping[str, frozenset[str]] | None:
    """The names that the Pipfile asks for, by the lock's section; `None` without a Pipfile."""
    path = join(draft.folder, "Pipfile")
    try:
        data = tomltext.parse(draft.tree.text(path, limit=drafts.MAX_BYTES), path)
    except (UnreadableFileError, drafts.RefusedError):
        return None
    lock_names = {pipfile: lock for lock, pipfile in _SECTIONS.items()}
    return {
        lock_names.get(section, section): frozenset(filter(None, map(name_of, packages)))
        for section, packages in data.items()
        if isinstance(packages, dict)
    }
