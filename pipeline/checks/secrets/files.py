"""Which files the engine is going to meet, and which of them belong to the repository.

The engine walks the folder as it is: no list, no configuration, no ignore file tells it what to
leave out. So everything it will meet is counted here first, and its own count must come out the
same. Its findings count only in files that belong to the repository: tracked, or untracked and
not ignored. Folders with none of these are not walked at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.checks.secrets import archives
from pipeline.checks.secrets.engine import MAX_BYTES
from pipeline.discover.git import WorkingTree, working_tree
from pipeline.discover.names import is_text, printable
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.model import Target

MAX_SKIPS = 400
"""Folders that the engine is told not to enter; more are walked, and what is found in them is
dropped. Keeps the command line short."""

_OUTPUT = ".supply-chain"
_BY_POLICY = "excluded by the policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What there is on disk.

    `own` are the repository's regular files by the engine's spelling of their names, `large`
    those of them that the engine leaves out for their size, and `deep` archives of which it leaves
    something out, with the reason. `met` counts every file that it will meet and read, `skips` are
    the folders that it must not enter. `closed` are folders that could not be listed.
    `repositories` are repositories of their own, `stores` folders that look like the data of one.
    """

    own: Mapping[str, str]
    large: tuple[str, ...]
    met: int
    skips: tuple[str, ...]
    closed: tuple[str, ...]
    repositories: tuple[str, ...]
    stores: tuple[str, ...] = ()
    deep: Mapping[str, str] = field(default_factory=dict)

    def path(self, spelt: str) -> str | None:
        """The repository's own file that the engine means; in an archive, the archive."""
        while spelt not in self.own:
            spelt, found, _ = spelt.rpartition("!")
            if not found:
                return None
        return self.own[spelt]


def look(root: Path, target: Target) -> Files:
    """What is in the folder `root`, which `target` describes."""
    tree = working_tree(root)
    excluded = {part.path for part in target.excluded if part.why == _BY_POLICY}
    listed: frozenset[str] | None = None
    repositories: frozenset[str] = frozenset()
    if isinstance(tree, WorkingTree):
        listed = frozenset(path for path in tree.files if not _is_below(path, excluded))
        repositories = tree.repositories
    return _Walk(root, listed, {*excluded, *repositories, _OUTPUT}, repositories).go()


def spelt(path: str) -> str:
    """A path as the engine spells it: what is no UTF-8 becomes U+FFFD."""
    return path if is_text(path) else os.fsencode(path).decode(errors="replace")


def _is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether `path` is one of `folders`, or lies in one."""
    return bool(folders) and any(
        printable(path) == folder or printable(path).startswith(f"{folder}/") for folder in folders
    )


class _Walk:
    def __init__(
        self,
        root: Path,
        listed: frozenset[str] | None,
        out: set[str],
        repositories: frozenset[str],
    ) -> None:
        self.root = root
        self.listed = listed
        self.out = out
        self.repositories = set(repositories)
        self.folders = _folders(listed) if listed is not None else None
        self.own: dict[str, str] = {}
        self.large: list[str] = []
        self.skips: list[str] = []
        self.closed: list[str] = []
        self.stores: list[str] = []
        self.deep: dict[str, str] = {}
        self.met = 0

    def go(self) -> Files:
        waiting = [("", True)]
        while waiting:
            folder, counts = waiting.pop()
            inside = self._list(folder, counts=counts)
            if folder and self.listed is None and any(one.name == ".git" for one in inside):
                self.repositories.add(folder)
                self.out.add(folder)
                counts = False
                if self._is_skipped(folder):
                    continue
            for entry in inside:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    matters = counts and self._matters(path)
                    if matters or not self._is_skipped(path):
                        waiting.append((path, matters))
                elif entry.is_file(follow_symlinks=False):
                    self._add(path, entry, counts=counts)
        return Files(
            own=self.own,
            large=tuple(sorted(self.large)),
            met=self.met,
            skips=tuple(self.skips),
            closed=tuple(sorted(self.closed)),
            repositories=tuple(sorted(self.repositories)),
            stores=tuple(sorted(self.stores)),
            deep=self.deep,
        )

    def _list(self, folder: str, *, counts: bool) -> list[os.DirEntry[str]]:
        """What is in a folder; nothing of one that cannot be listed."""
        try:
            with os.scandir(self.root / folder) as entries:
                inside = list(entries)
        except OSError:
            if counts:
                self.closed.append(folder or ".")
            return []
        if {"HEAD", "objects"} <= {one.name for one in inside}:
            self.stores.append(folder or ".")
        return inside

    def _matters(self, folder: str) -> bool:
        """Whether a folder may hold files of the repository."""
        if folder == ".git" or printable(folder) in self.out:
            return False
        return self.folders is None or folder in self.folders

    def _is_skipped(self, folder: str) -> bool:
        """Whether the engine can be told not to enter a folder."""
        if len(self.skips) >= MAX_SKIPS or not _PLAIN.fullmatch(folder):
            return False
        self.skips.append(f"{folder}/")
        return True

    def _add(self, path: str, entry: os.DirEntry[str], *, counts: bool) -> None:
        size = entry.stat(follow_symlinks=False).st_size
        is_own = counts and (
            printable(path) not in self.out if self.listed is None else path in self.listed
        )
        if is_own:
            self.own[spelt(path)] = path
        if size <= MAX_BYTES:
            self.met += 1
            if is_own and archives.NAMES.fullmatch(path):
                self._look_into(path)
        elif is_own:
            self.large.append(path)

    def _look_into(self, path: str) -> None:
        """Note what the engine will leave out of an archive; one that is closed is told later."""
        try:
            with Tree(self.root).open(path) as file:
                why = archives.left_out(path, file)
        except UnreadableFileError:
            return
        if why:
            self.deep[path] = why


_PLAIN = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
"""What may stand on a command line and is compared as it is."""


def _folders(files: Iterable[str]) -> frozenset[str]:
    """Every folder above one of `files`."""
    found: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)
