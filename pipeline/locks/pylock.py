"""`pylock.toml`, version 1: https://packaging.python.org/en/latest/specifications/pylock-toml/."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.locks import draft as drafts
from pipeline.locks import tomltext
from pipeline.locks.pypi import (
    from_index,
    from_path,
    from_url,
    hashes_of,
    marker_of,
    misnamed,
    name_of,
    note_index,
    table,
    tables,
    version_of,
)
from pipeline.model import Gap, Location, Package

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.model import Lock, Source
    from pipeline.tree import Tree

FORMAT = "pylock.toml"
ECOSYSTEM = "PyPI"
VERSION = re.compile(r"1(?:\.\d{1,6}){0,2}")
"""Lock versions that are understood: the specification keeps minor versions readable."""

_FILE_NAME = re.compile(r"pylock\.(?:[^./]+\.)?toml")
_FAULTY_PACKAGE = re.compile(r"packages\[(\d+)\]")


def matches(path: str) -> bool:
    """`pylock.toml` and `pylock.NAME.toml` in any folder."""
    return _FILE_NAME.fullmatch(path.rpartition("/")[2]) is not None


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`; a violation of the specification is reported beside the packages.

    The format tells neither groups nor which packages are direct.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    data = tomltext.parse(text, draft.path)
    version = data.get("lock-version")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        drafts.refuse(draft.path, "an unknown version of pylock.toml", Gap.UNSUPPORTED_INPUT)
    raw = data.get("packages")
    if not isinstance(raw, list):
        drafts.refuse(draft.path, "`packages` is not a list")
    lines = tomltext.table_lines(text, "packages", len(raw))
    _validate(draft, data, lines)
    for entry, line in zip(raw, lines, strict=True):
        _package(draft, entry, line)


def _validate(draft: Draft, data: dict[str, Any], lines: list[int | None]) -> None:
    """Report the first violation of the specification, by its place and never by its text."""
    from packaging.pylock import Pylock, PylockValidationError  # noqa: PLC0415 - slow to import

    try:
        # packaging logs a warning about later minor versions; they are compatible.
        Pylock.from_dict({**data, "lock-version": "1.0"})
    except (PylockValidationError, RecursionError) as error:
        context = getattr(error, "context", None) or "the file"
        package = _FAULTY_PACKAGE.match(context)
        draft.miss(
            f"against the pylock specification: {context}",
            line=lines[int(package[1])] if package else None,
        )


def _package(draft: Draft, entry: Any, line: int | None) -> None:
    name = name_of(entry.get("name")) if isinstance(entry, dict) else None
    if name is None:
        draft.miss("a package without a valid name", line=line)
        return
    if isinstance(index := entry.get("index"), str):
        note_index(draft, index, line)
    files = tables([entry.get("sdist"), entry.get("archive"), *tables(entry.get("wheels"))])
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=name,
            version=version_of(entry.get("version")),
            location=Location(path=draft.path, line=line),
            source=_source(entry, files, draft.folder),
            hashes=hashes_of(
                f"{algorithm}:{digest}"
                for file in files
                for algorithm, digest in table(file.get("hashes")).items()
            ),
            markers=marker_of(entry.get("marker")),
            misnamed=misnamed(
                name, version_of(entry.get("version")), (_file_of(file) for file in files)
            ),
        ),
        [
            (wanted, version_of(dependency.get("version")))
            for dependency in tables(entry.get("dependencies"))
            if (wanted := name_of(dependency.get("name")))
        ],
    )


def _source(entry: dict[str, Any], files: list[dict[str, Any]], folder: str) -> Source:
    if "vcs" in entry:
        vcs = table(entry["vcs"])
        return from_url(vcs.get("url"), vcs=True, commit=vcs.get("commit-id"))
    if "directory" in entry:
        directory = table(entry["directory"])
        return from_path(directory.get("path"), folder, own=directory.get("editable") is True)
    if "archive" in entry:
        archive = table(entry["archive"])
        return (
            from_url(archive["url"])
            if _has_url(archive)
            else from_path(archive.get("path"), folder)
        )
    return from_index(entry.get("index"), (file.get("url") for file in files))


def _file_of(file: dict[str, Any]) -> Any:
    """What names a file: installers fetch the URL or the path, whatever `name` says."""
    return file.get("url") or file.get("path") or file.get("name")


def _has_url(place: dict[str, Any]) -> bool:
    return isinstance(place.get("url"), str)
