"""Which files belong to the repository, and what is left out on purpose.

In a git working tree: the tracked files and the untracked ones that are not ignored. In a plain
folder: all of them. Left out, and listed, are repositories of their own, trees that were copied
from elsewhere, our output folder, and what the policy excludes. Only the policy can be trusted
with that: what a repository hides so and yet carries is a gap.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.discover.git import Unknown, WorkingTree, is_bare, working_tree
from pipeline.discover.names import is_text, matcher, printable
from pipeline.locks import reader_of
from pipeline.model import Excluded, Gap, Git, Location, Unread
from pipeline.tree import join

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Sequence
    from pathlib import Path

MAX_FILES = 1_000_000
"""More are not listed; the rest is reported as not looked at."""

_OUTPUT = ".supply-chain"
_OWN_REPOSITORY = "a repository of its own: scan it by itself"
_NOT_LOOKED_AT = "there is a .git in it, as in a repository of its own: it was not looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files that count, sorted. Every path is UTF-8; `total` includes those that are not.

    `untracked` are those that git does not track; none where git cannot tell.
    """

    git: Git | None
    files: tuple[str, ...]
    total: int
    excluded: tuple[Excluded, ...]
    unread: tuple[Unread, ...]
    untracked: frozenset[str] = frozenset()


def list_files(root: Path, exclude: Sequence[str]) -> Listing:
    """The files of the folder `root` without what `exclude` (see `names.matcher`) covers."""
    answer = working_tree(root)
    if answer is None and is_bare(root):
        why = "a bare repository has no files: check it out and scan the working tree"
        return Listing(
            git=None, files=(), total=0, excluded=(),
            unread=(Unread(location=Location(path="."), why=why, gap=Gap.UNSUPPORTED_INPUT),),
        )  # fmt: skip
    out = _LeftOut(exclude)
    if isinstance(answer, WorkingTree):
        git: Git | None = answer.git
        unread = list(answer.unread)
        out.reasons.update(dict.fromkeys(answer.repositories, _OWN_REPOSITORY))
        _find_copied(answer.files, out)
        found: Collection[str] = answer.files
        unread += _submodules(answer.submodules, out)
        tracked = answer.files - answer.untracked
        unread += [*_hidden_locks(tracked, out), *_undeclared(tracked, out)]
    else:
        git = None
        unread = []
        if isinstance(answer, Unknown):
            git = Git(commit=None, branch=None, dirty=None, remote=None, shallow=False)
            unread.append(answer.unread)
        found = _walk(root, out, unread)
    files = sorted(path for path in found if not out.covers(path))
    for path in files:
        if not is_text(path):
            why = "the name is not UTF-8; the file was not looked at"
            place = Location(path=printable(path))
            unread.append(Unread(location=place, why=why, gap=Gap.UNSUPPORTED_INPUT))
    return Listing(
        git=git,
        files=tuple(path for path in files if is_text(path)),
        total=len(files),
        excluded=tuple(
            Excluded(path=printable(path), why=why) for path, why in sorted(out.used().items())
        ),
        unread=tuple(unread),
        untracked=answer.untracked if isinstance(answer, WorkingTree) else frozenset(),
    )


class _LeftOut:
    """Folders and files that are left out, each with its reason, and what lies below them."""

    def __init__(self, exclude: Sequence[str]) -> None:
        self.reasons: dict[str, str] = {_OUTPUT: "our own output"}
        self.excludes = matcher(exclude)
        self._seen: set[str] = set()
        self._folders: dict[str, bool] = {"": False}

    def covers(self, path: str) -> bool:
        """Whether `path` or a folder above it is left out."""
        folder = path.rpartition("/")[0]
        unknown = []
        while (known := self._folders.get(folder)) is None:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        for below in reversed(unknown):
            known = self._folders[below] = known or self._is_itself(below)
        return known or self._is_itself(path)

    def is_excluded(self, path: str) -> bool:
        """Whether the policy covers `path` or a folder above it."""
        parts = path.split("/")
        return any(self.excludes("/".join(parts[:end])) for end in range(1, len(parts) + 1))

    def reason(self, path: str) -> tuple[str, str]:
        """The topmost path that leaves `path` out, and why; both "" where nothing does."""
        parts = path.split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        return next(((one, self.reasons[one]) for one in above if one in self.reasons), ("", ""))

    def used(self) -> dict[str, str]:
        """The topmost paths that are left out: those that cover a file, and every repository."""
        for path, why in [*self.reasons.items()]:
            if why == _OWN_REPOSITORY:
                self.covers(path)
        return {path: self.reasons[path] for path in self._seen}

    def _is_itself(self, path: str) -> bool:
        if path not in self.reasons:
            if not self.excludes(path):
                return False
            self.reasons[path] = "excluded by the policy"
        self._seen.add(path)
        return True


def _submodules(paths: Iterable[str], out: _LeftOut) -> Iterator[Unread]:
    """What is built from them is not in the commit, and nobody looked at it."""
    for path in sorted(paths):
        if not out.is_excluded(path):
            why = "a submodule: nothing in it was looked at"
            yield Unread(location=Location(path=printable(path)), why=why, gap=Gap.LEFT_OUT)


def _hidden_locks(tracked: Iterable[str], out: _LeftOut) -> Iterator[Unread]:
    """Locks that were committed into folders with names of what is not the repository's own.

    What a package manager puts there is described by the project's own lock, and mostly ignored
    by git. A lock that somebody committed is more than that.
    """
    counted: dict[tuple[str, str], int] = {}
    for path in tracked:
        if reader_of(path) and not out.is_excluded(path):
            place = out.reason(path)
            if place[0]:
                counted[place] = counted.get(place, 0) + 1
    for (folder, reason), count in sorted(counted.items()):
        several = "1 committed lockfile" if count == 1 else f"{count} committed lockfiles"
        why = f"taken for {reason}, and yet there {'is' if count == 1 else 'are'} {several} in it"
        yield Unread(location=Location(path=printable(folder)), why=why, gap=Gap.LEFT_OUT)


def _undeclared(tracked: Collection[str], out: _LeftOut) -> Iterator[Unread]:
    """Committed packages of npm where no project of npm's says which they should be."""
    inside = f"/{_INSTALLED}/"
    projects = {
        path.rpartition("/")[0]
        for path in tracked
        if path.rpartition("/")[2] == "package.json" and inside not in f"/{path}"
    }
    folders = {
        f"/{path}".partition(inside)[0].removeprefix("/")
        for path in tracked
        if _INSTALLED in path and inside in f"/{path}" and not out.is_excluded(path)
    }
    for folder in sorted(folders):
        above = [folder, *map(str, PurePosixPath(folder).parents)] if folder else [""]
        if projects.isdisjoint("" if one == "." else one for one in above):
            why = f"taken for {_COPIED[_INSTALLED]}, and no package.json above says which"
            place = Location(path=printable(join(folder, _INSTALLED)))
            yield Unread(location=place, why=why, gap=Gap.LEFT_OUT)


def _copied(folder: str, names: Container[str]) -> str:
    """Why a folder's content was written elsewhere, "" if it was not; `names` is what is in it."""
    name = folder.rpartition("/")[2]
    if name == "vendor":
        return next((why for mark, why in _VENDORED.items() if mark in names), "")
    return _COPIED.get(name, "")


_INSTALLED = "node_modules"
_COPIED = {
    _INSTALLED: "packages that npm installed",
    "site-packages": "packages that Python installed",
}
_VENDORED = {
    "modules.txt": "vendored Go modules",
    "autoload.php": "vendored PHP packages",
}


def _find_copied(files: Iterable[str], out: _LeftOut) -> None:
    """Note every folder above `files` whose content was copied from elsewhere."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for path in files:
        folder, _, name = path.rpartition("/")
        is_new = folder not in names
        names[folder].add(name)
        while is_new and folder:
            folder, _, name = folder.rpartition("/")
            is_new = folder not in names
            names[folder].add(name)
    for folder, inside in names.items():
        if folder and (why := _copied(folder, inside)):
            out.reasons.setdefault(folder, why)


def _walk(root: Path, out: _LeftOut, unread: list[Unread]) -> list[str]:
    """Every file below `root` in a plain folder; what is left out is not even entered.

    Symbolic links count as files and are never followed.
    """
    files: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            why = f"the folder cannot be listed: {error.strerror}"
            place = Location(path=printable(folder or "."))
            unread.append(Unread(location=place, why=why, gap=Gap.INPUT_MISSING))
            continue
        names = {entry.name for entry in inside}
        if folder and (why := _OWN_REPOSITORY if ".git" in names else _copied(folder, names)):
            out.reasons[folder] = why
            if why == _OWN_REPOSITORY and not out.is_excluded(folder):
                # Anybody can put a file of this name into an archive.
                place = Location(path=printable(folder))
                unread.append(Unread(location=place, why=_NOT_LOOKED_AT, gap=Gap.LEFT_OUT))
        if out.covers(folder):
            files.append(folder)  # stands for everything in it
            continue
        prefix = f"{folder}/" if folder else ""
        for entry in inside:
            is_folder = entry.is_dir(follow_symlinks=False)
            # What an earlier run left must not make this one say something else.
            if prefix + entry.name not in {".git", _OUTPUT}:
                (waiting if is_folder else files).append(prefix + entry.name)
        if len(files) > MAX_FILES:
            why = f"more than {MAX_FILES} files: the others were not looked at"
            unread.append(Unread(location=Location(path="."), why=why, gap=Gap.TOO_LARGE))
            break
    return files
