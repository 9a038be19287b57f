"""The files of an advisory export: zips, zips in zips, and folders of JSON or YAML.

Nothing is unpacked to disk, so the names inside an archive decide nothing. What a hostile
archive could cost is bounded: bytes per file, bytes in all, number of files, depth.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import IncompleteError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_RECORD_BYTES = 32 << 20
MAX_ARCHIVE_BYTES = 4 << 30
"""A zip inside a zip."""
MAX_TOTAL_BYTES = 32 << 30
"""Uncompressed, over all sources: OSV's whole export is a tenth of it."""
MAX_FILES = 5_000_000
_IN_MEMORY_BYTES = 64 << 20
_SUFFIXES = (".json", ".yaml", ".yml")


class Member(NamedTuple):
    """One file that should be a record.

    `unit` is the archive or folder it came from; `folder` the first folder on its way in there.
    """

    name: str
    unit: str
    folder: str
    content: bytes


@dataclass(slots=True)
class _Budget:
    """What may still be read."""

    total: int = MAX_TOTAL_BYTES
    files: int = MAX_FILES

    def take(self, size: int, where: str) -> None:
        self.total -= size
        self.files -= 1
        if self.total < 0 or self.files < 0:
            raise IncompleteError(
                "more data than any advisory export has", where=where, fix="name the right file"
            )


def members(sources: tuple[Path, ...]) -> Iterator[Member]:
    """Every JSON and YAML file of the sources, in a stable order.

    Raises `IncompleteError` for a source that is missing, damaged or over the limits: a part of
    an export is never taken for the whole.
    """
    budget = _Budget()
    for source in sources:
        where = str(source)
        try:
            if source.is_dir():
                yield from _folder(source, budget)
            else:
                with source.open("rb") as file:
                    yield from _archive(file, where, budget, depth=0)
        except FileNotFoundError as error:
            raise IncompleteError(
                "there is no such file", where=where, fix="name an export or folder"
            ) from error
        except OSError as error:
            raise IncompleteError(
                f"cannot be read: {error.strerror or error}", where=where, fix="make it readable"
            ) from error


def _folder(root: Path, budget: _Budget) -> Iterator[Member]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or not path.is_file():
            continue
        folder = relative.parts[0] if len(relative.parts) > 1 else ""
        with path.open("rb") as file:
            if path.suffix == ".zip":
                yield from _archive(file, str(path), budget, depth=0)
            elif path.suffix in _SUFFIXES:
                content = _bounded(file, MAX_RECORD_BYTES, str(path))
                budget.take(len(content), str(root))
                yield Member(relative.as_posix(), str(root), folder, content)


def _archive(file: IO[bytes], where: str, budget: _Budget, *, depth: int) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                path = PurePosixPath(info.filename)
                if info.is_dir() or path.suffix not in (*_SUFFIXES, ".zip"):
                    continue
                inner = f"{where}!{plain(info.filename, limit=200)}"
                with archive.open(info) as member:
                    if path.suffix == ".zip":
                        yield from _nested(member, inner, budget, depth=depth + 1)
                        continue
                    content = _bounded(member, MAX_RECORD_BYTES, inner)
                budget.take(len(content), where)
                folder = path.parts[0] if len(path.parts) > 1 else ""
                yield Member(plain(info.filename, limit=200), where, folder, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise IncompleteError(
            f"not a whole zip archive: {error}",
            where=where,
            fix="get the file again, or name a folder of JSON or YAML files",
        ) from error


def _nested(member: IO[bytes], where: str, budget: _Budget, *, depth: int) -> Iterator[Member]:
    if depth > 1:
        raise IncompleteError("archives nested too deep", where=where, fix="name the inner one")
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as copy:
        size = 0
        while chunk := member.read(1 << 20):
            size += len(chunk)
            if size > MAX_ARCHIVE_BYTES:
                raise _too_large(where, MAX_ARCHIVE_BYTES)
            copy.write(chunk)
        budget.take(size, where)
        copy.seek(0)
        yield from _archive(copy, where, budget, depth=depth)


def _bounded(file: IO[bytes], limit: int, where: str) -> bytes:
    content = file.read(limit + 1)
    if len(content) > limit:
        raise _too_large(where, limit)
    return content


def _too_large(where: str, limit: int) -> IncompleteError:
    return IncompleteError(f"larger than {limit} bytes", where=where, fix="name the right file")


# ------------------------------------------------------------------------------------- parsing


def parse(name: str, content: bytes) -> Any:
    """The value of a JSON or YAML file. Raises `ValueError` with a short reason."""
    import msgspec  # noqa: PLC0415  start-up stays light

    try:
        if name.endswith(".json"):
            return msgspec.json.decode(content)
        return _parse_yaml(content)
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("nested too deep") from error


_ANCHOR = re.compile(rb"(?:^|[\s\[{,:-])&[^\s&=,]", re.MULTILINE)


def _parse_yaml(content: bytes) -> Any:
    import yaml  # noqa: PLC0415  start-up stays light

    try:
        if _ANCHOR.search(content):
            _refuse_anchors(content)
        return yaml.load(content, Loader=_yaml_loader())  # noqa: S506  it derives from SafeLoader
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0] if str(error) else "malformed"
        raise ValueError(f"not YAML: {reason}") from error


def _refuse_anchors(content: bytes) -> None:
    """Aliases can make a few bytes mean gigabytes; no advisory needs them."""
    import yaml  # noqa: PLC0415  start-up stays light

    loader: Any = getattr(yaml, "CLoader", yaml.Loader)
    for event in yaml.parse(content, Loader=loader):
        if getattr(event, "anchor", None):
            raise ValueError("YAML anchors are not accepted")


@cache
def _yaml_loader() -> Any:
    """A safe loader for which every plain scalar but null is text: 1.10 stays "1.10"."""
    import yaml  # noqa: PLC0415  start-up stays light

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    null = "tag:yaml.org,2002:null"
    resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag == null]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    return type("TextLoader", (base,), {"yaml_implicit_resolvers": resolvers})
