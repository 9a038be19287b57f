"""Files of image layers on disk, where the engine reads them: under names of ours.

No path of an image is ever used, so nothing in it can lead out of the folder, hide a file from the
engine, or pass for a repository. Of a name only its last part stays, where it is plain: rules go
by endings, and by names such as `.env`. The same content is kept once for each name.

What the engine unpacks lies apart, as it counts what is inside then: of all else, its count has
to be ours.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.checks.secrets import archives
from pipeline.checks.secrets.overlooked import is_passed_over
from pipeline.images.documents import UnreadableImageError
from pipeline.images.layers import MAX_UNPACKED
from pipeline.model import Gap

if TYPE_CHECKING:
    from typing import IO

LOOSE, PACKED = "layers", "packed"
"""The folders of files as they are, and of those that the engine unpacks."""
AGAIN = "again"
"""The folder, in each of both, of files that its rules pass over by name: under another one."""
INCOMING = "incoming"
"""Where a file lies before it is known whether there is one like it."""

MAX_DISK = 32 * 1024**3
"""Bytes that all files of a run may take."""
MAX_FILES = 1_000_000
RESERVE = 256 * 1024**2
"""Bytes of the disk that are left to others."""

_SMALL = 1024 * 1024
_BLOCK = 4096
_MAX_ENDING = 12
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+@-]{0,99}")
_TELLING = re.compile(
    rf"\.+|HEAD|objects|refs|packed-refs|\.git.*|.*ignore|lang|{AGAIN}", re.IGNORECASE
)
"""Names by which a program would take a folder for more than one of files."""
_TRANSLATED = re.compile(r"(?:^|/)(?:locales?|i18n|l10n|translations?|lang)/", re.IGNORECASE)
"""Folders of texts, in which our rules do not look for passwords."""
_ENDINGS = re.compile(
    r".*\.(?:zip|jar|war|ear|par|aar|apk|ipa|whl|egg|nupkg|vsix|crx|xpi|epub|od[tsp]|docx|xlsx|pptx"
    r"|7z|rar|ar|a|deb|rpm|cpio|db3?|s3db|sl3|sqlite\d?|py[co]|asar|ipynb|pdf)",
    re.IGNORECASE,
)
_SQUEEZED = re.compile(
    r".*\.(?:tar|tgz|tbz2?|txz|tzst|taz|gz|bz2|xz|lzma|zst|lz4|br|zz?)", re.IGNORECASE
)
"""They may hold a tar without any file, of which the engine counts nothing."""
_ZIP, _NO_ZIP, _DATABASE = b"PK", b"PK\5\6", b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One content under one name: its files, the bytes they take, and which of them count.

    `why` says why something of it is not looked at.
    """

    names: tuple[str, ...]
    takes: int
    root: str
    counted: bool
    why: str


@dataclass(slots=True)
class Shelf:
    """Where files lie, and what each of them stands for.

    What a layer brings is kept as a whole (`keep`) or taken back (`take_back`). `places` are, by
    the name of ours, the layers and the paths at which a content lies in them; `counts` is how
    many files there are at least for the engine to read in each folder.
    """

    folder: Path
    places: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    _items: dict[tuple[bytes, str], _Item] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)
    _folders: set[Path] = field(default_factory=set)
    _news: list[tuple[bytes, str]] = field(default_factory=list)
    _waiting: list[tuple[_Item, str]] = field(default_factory=list)
    _room: int = 0
    _left: int = MAX_FILES
    _unread: int = MAX_UNPACKED
    """Bytes that may still come: a sparse file is large without being so in its layer."""

    def __post_init__(self) -> None:
        self._room = min(MAX_DISK, shutil.disk_usage(self.folder).free - RESERVE)

    def put(self, path: str, file: IO[bytes]) -> tuple[bytes, str]:
        """Keep a file that lies at `path` in a layer.

        Answers how it begins, and why something of it is not going to be looked at, if so. Raises
        `UnreadableImageError` when there is no room for it.
        """
        name = spell(path)
        head = file.read(_SMALL)
        self._unread -= len(head)
        self._check(0)
        try:
            digest, incoming = self._receive(head, file) if len(head) == _SMALL else _small(head)
            item = self._items.get((digest, name))
            if item is None:
                item = self._settle(name, head, incoming)
                self._items[digest, name] = item
                self._news.append((digest, name))
            elif incoming:
                incoming.unlink()
        except OSError as error:
            why = f"its layers cannot be unpacked: {error.strerror or error}"
            raise UnreadableImageError(why, gap=Gap.TOO_LARGE, fix=_FIX) from error
        self._waiting.append((item, path))
        return head, item.why

    def keep(self, layer: str) -> None:
        """What was put since the last time is of this layer, which is whole."""
        for item, path in self._waiting:
            for name in item.names:
                self.places[name].append((layer, path))
        self._news.clear()
        self._waiting.clear()

    def take_back(self) -> None:
        """Forget what was put since the last time."""
        for key in self._news:
            item = self._items.pop(key)
            for name in item.names:
                (self.folder / name).unlink()
            self._room += item.takes
            self.counts[item.root] -= len(item.names) * item.counted
        (self.folder / INCOMING).unlink(missing_ok=True)
        self._news.clear()
        self._waiting.clear()

    def _receive(self, head: bytes, file: IO[bytes]) -> tuple[bytes, Path]:
        """Write a large file as it comes; its digest, and where it is for now."""
        incoming, digest = self.folder / INCOMING, hashlib.sha256()
        size, chunk = 0, head
        with incoming.open("wb") as written:
            while chunk:
                size += len(chunk)
                self._unread -= len(chunk)
                self._check(size)
                digest.update(chunk)
                written.write(chunk)
                chunk = file.read(_SMALL)
        return digest.digest(), incoming

    def _settle(self, name: str, head: bytes, incoming: Path | None) -> _Item:
        """Put new content where it stays, and a second time where its name hides it."""
        is_packed = _is_packed(name, head)
        root = PACKED if is_packed else LOOSE
        place = self._next(root, name)
        target = self._path(place)
        size = incoming.stat().st_size if incoming else len(head)
        takes = (size // _BLOCK + 2) * _BLOCK
        self._check(takes)
        if incoming is None:
            incoming = self.folder / INCOMING
            incoming.write_bytes(head)
        incoming.replace(target)
        names = [place]
        if is_passed_over(name):
            second = self._next(root, f"{AGAIN}/file.txt")
            os.link(target, self._path(second))
            names.append(second)
        self._room -= takes
        self._left -= len(names)
        counted = not (is_packed and _may_be_empty(name, head))
        self.counts[root] += len(names) * counted
        why = ""
        if is_packed:
            with target.open("rb") as written:
                why = archives.left_out(name, written)
        return _Item(names=tuple(names), takes=takes, root=root, counted=counted, why=why)

    def _next(self, root: str, name: str) -> str:
        """A name that is free: as many folders as there are files of one name."""
        self._times[f"{root}/{name.casefold()}"] += 1
        return f"{root}/{self._times[f'{root}/{name.casefold()}']}/{name}"

    def _path(self, name: str) -> Path:
        """Where a file of that name lies, in a folder that is there."""
        path = self.folder / name
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        return path

    def _check(self, size: int) -> None:
        if size > self._room or self._left <= 0 or self._unread < 0:
            raise UnreadableImageError(
                f"its layers hold too much to be unpacked into {self.folder.parent.parent.parent}",
                gap=Gap.TOO_LARGE,
                fix=_FIX,
            )


_FIX = "let TMPDIR name a folder with more room"


def spell(path: str) -> str:
    """The name under which the engine reads a file: nothing of it is the image's but harmless."""
    name = path.rpartition("/")[2]
    if not _PLAIN.fullmatch(name) or _TELLING.fullmatch(name):
        ending = PurePosixPath(name).suffix.lower()
        is_plain = ending[1:].isalnum() and ending.isascii() and len(ending) <= _MAX_ENDING
        name = f"file{ending}" if is_plain else "file"
    return f"lang/{name}" if _TRANSLATED.search(path) else name


def _small(content: bytes) -> tuple[bytes, None]:
    return hashlib.sha256(content).digest(), None


def _is_packed(name: str, head: bytes) -> bool:
    """Whether the engine may unpack a file, and count what is in it instead."""
    return (
        head.startswith((_ZIP, _DATABASE))
        or _ENDINGS.fullmatch(name) is not None
        or _SQUEEZED.fullmatch(name) is not None
    )


def _may_be_empty(name: str, head: bytes) -> bool:
    return head.startswith(_NO_ZIP) or _SQUEEZED.fullmatch(name) is not None
