"""What git knows of a repository, asked so that the repository cannot make git run anything.

A repository's own configuration can name programs for almost every step: fsmonitor, filters,
hooks, transports, text converters. So git never reads it. Git gets a stand-in for the `.git`
folder, made for this one question, that holds our configuration and links to the repository's
objects, references and index. Only facts that cannot execute are carried over: a few switches
with known values, the list of ignored paths, the address of the remote.
Sources: gitrepository-layout(5), git-config(1), git-status(1) "Porcelain Format Version 2".
"""

from __future__ import annotations

import os
import re
import tempfile
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from pipeline.discover.names import printable
from pipeline.model import Gap, Git, Location, Unread
from pipeline.text import plain, without_credentials
from pipeline.tools.run import OUTPUT_LIMIT, Command, run
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.tools.run import Run

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C",
}
_OUR_CONFIGURATION = {
    "core.repositoryformatversion": "0",
    "core.bare": "false",
    "core.fsmonitor": "false",
    "core.hookspath": os.devnull,
    "core.untrackedcache": "false",  # a cache that came with the repository could hide files
    "core.attributesfile": os.devnull,
    "core.excludesfile": os.devnull,
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_CARRIED_OVER = {
    "core.filemode": "true|false",
    "core.ignorecase": "true|false",
    "core.precomposeunicode": "true|false",
    "core.symlinks": "true|false",
    "core.autocrlf": "true|false|input",
    "core.eol": "lf|crlf|native",
    "extensions.objectformat": "sha1|sha256",
    "extensions.refstorage": "files|reftable",
}
"""Switches that decide whether a file counts as changed, or how data is stored; nothing that
names a program or a path."""

_SECONDS = 120.0
_SMALL = 1024 * 1024
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTree:
    """A folder's files as git sees them.

    Paths are relative to the folder; bytes in them that are no text are surrogate escapes.
    `files` are the tracked ones that are there and the untracked ones that are not ignored;
    `repositories` are repositories of their own below the folder. `untracked` are those of the
    files that git does not track.
    """

    git: Git
    files: frozenset[str]
    repositories: frozenset[str]
    unread: tuple[Unread, ...]
    untracked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is a repository, but git could not tell what belongs to it."""

    unread: Unread


class Fault(Exception):  # noqa: N818  # never leaves this room
    """Git could not answer, and why: without paths of this machine."""

    def __init__(self, why: str, gap: Gap = Gap.TOOL_FAILED) -> None:
        super().__init__(why)
        self.gap = gap


def working_tree(root: Path) -> WorkingTree | Unknown | None:
    """What git says of the folder `root`; `None` when it belongs to no repository.

    `root` may be the top of a working tree (also a linked one, or a submodule) or a folder in
    it. A folder without a tracked file inside somebody's repository does not belong to it.
    Never raises for a broken repository or a missing program: that is `Unknown`.
    """
    top = top_of(root)
    if top is None:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="supply-chain-git-") as scratch:
            return _ask(top, root, Path(scratch))
    except Fault as fault:
        place = ".git" if top == root else "."
        why = f"git could not tell which files belong here: {fault}"
        return Unknown(unread=Unread(location=Location(path=place), why=why, gap=fault.gap))


def top_of(root: Path) -> Path | None:
    """The top of the working tree that `root` lies in, if it lies in one."""
    folders = (root, *root.parents)
    return next((folder for folder in folders if os.path.lexists(folder / ".git")), None)


def is_bare(root: Path) -> bool:
    """Whether `root` is a bare repository: git's data without any working tree."""
    return (root / "HEAD").is_file() and all((root / name).is_dir() for name in ("objects", "refs"))


# ------------------------------------------------------------------------------- the stand-in


class Repository(NamedTuple):
    """`own` holds HEAD and the index, `common` what linked working trees share."""

    own: Path
    common: Path


def _locate(top: Path) -> Repository:
    own = top / ".git"
    if own.is_file():
        own = _referred(own, "gitdir: ", top)
    if not own.is_dir():
        raise Fault(".git is neither a folder nor a reference to one", Gap.INPUT_MISSING)
    common = _referred(own / "commondir", "", own) if (own / "commondir").is_file() else own
    return Repository(own.resolve(), common.resolve())


def _referred(file: Path, prefix: str, folder: Path) -> Path:
    """The path that a one-line file names, relative to `folder`."""
    line = _small(file).decode(errors="surrogateescape").rstrip("\r\n")
    if not line.startswith(prefix) or "\0" in line or "\n" in line:
        raise Fault(f"{file.name} does not name a folder", Gap.PARSE_ERROR)
    return folder / line.removeprefix(prefix)


def _small(file: Path) -> bytes:
    """A small regular file of the repository's data."""
    try:
        return Tree.at(file.parent.resolve()).read(file.name, limit=_SMALL)
    except UnreadableFileError as error:
        raise Fault(f"{file.name}: {error.what}", Gap.PARSE_ERROR) from error


def _stand_in(repository: Repository, switches: Mapping[str, str], folder: Path) -> None:
    """Fill `folder`, a `.git` folder that shows the repository's data but not its settings."""
    head = _small(repository.own / "HEAD").decode(errors="replace").strip()
    if not re.fullmatch(r"ref: refs/[^\0\n]+|[0-9a-f]{40}|[0-9a-f]{64}", head):
        raise Fault("HEAD names no commit and no branch", Gap.PARSE_ERROR)
    (folder / "HEAD").write_text(head + "\n", encoding="utf-8")
    for name in ("objects", "refs", "packed-refs", "shallow", "reftable"):
        if (repository.common / name).exists():
            (folder / name).symlink_to(repository.common / name)
    for name in ("objects", "refs"):
        (folder / name).mkdir(exist_ok=True)
    for file in (repository.own / "index", *repository.own.glob("sharedindex.*")):
        if file.exists():
            (folder / file.name).symlink_to(file)
    (folder / "info").mkdir()
    if (repository.common / "info" / "exclude").exists():
        (folder / "info" / "exclude").write_bytes(_small(repository.common / "info" / "exclude"))
    lines = []
    for key, value in (_OUR_CONFIGURATION | dict(switches)).items():
        section, _, name = key.partition(".")
        lines.append(f"[{section}]\n\t{name} = {value}\n")
    (folder / "config").write_text("".join(lines), encoding="utf-8")


# ---------------------------------------------------------------------------------- questions


class Asker:
    """Asks git about the files of `top` below `root`, with the stand-in as its repository."""

    def __init__(self, top: Path, root: Path, scratch: Path) -> None:
        self.top = top
        self.root = root
        self.home = scratch / "home"
        self.folder = scratch / "stand-in"
        self.home.mkdir()
        self.folder.mkdir()

    def ask(self, *arguments: str, **environment: str) -> list[str]:
        """The entries of git's answer, which end in NUL; raises `Fault`."""
        return os.fsdecode(self.command(*arguments, **environment).stdout).split("\0")[:-1]

    def command(
        self,
        *arguments: str,
        accept: frozenset[int] = frozenset({0}),
        limit: int = OUTPUT_LIMIT,
        **environment: str,
    ) -> Run:
        """How one git command went, with more in its environment; raises `Fault` unless well.

        It may write `limit` bytes at most.
        """
        place = {"GIT_DIR": str(self.folder), "GIT_WORK_TREE": str(self.top)}
        argv = ("git", "--no-pager", *arguments)
        return self._run(argv, self.root, _ENVIRONMENT | place | environment, accept, limit)

    def at(self, folder: Path) -> Self:
        """The same repository, with another folder as its working tree."""
        other = copy(self)
        other.top = other.root = folder
        return other

    def settings(self, file: Path) -> dict[str, str]:
        """The settings in one file, the last of each name; files that it includes are not read."""
        if not file.exists():
            return {}
        copied = self.home / "settings"
        copied.write_bytes(_small(file))
        arguments = ("git", "config", "--file", str(copied), "--no-includes", "--list", "-z")
        answer = self._run(arguments, self.home, _ENVIRONMENT | {"GIT_DIR": str(self.folder)})
        pairs = (
            entry.partition("\n") for entry in answer.stdout.decode(errors="replace").split("\0")
        )
        return {key: value for key, _, value in pairs}

    def _run(
        self,
        argv: tuple[str, ...],
        cwd: Path,
        environment: dict[str, str],
        accept: frozenset[int] = frozenset({0}),
        limit: int = OUTPUT_LIMIT,
    ) -> Run:
        command = Command(argv=argv, accept=accept, timeout=_SECONDS, env=environment, label="git")
        answer = run(command, cwd=cwd, home=self.home, output_limit=limit)
        if answer.fault == "missing":
            raise Fault("git is not installed", Gap.TOOL_MISSING)
        if not answer.ok:
            # The last line names the reason. Paths of this machine have no place in a report.
            last = (answer.stderr.strip().splitlines() or [""])[-1]
            for path, name in ((self.folder, ".git"), (self.home, "."), (self.top, ".")):
                last = last.replace(str(path), name)
            last = plain(last, limit=200)
            raise Fault(f"{answer.detail} ({last})" if last else answer.detail)
        return answer


def opened(top: Path, root: Path, scratch: Path) -> tuple[Asker, Repository, dict[str, str]]:
    """Somebody to ask about `root` in the working tree `top`, its repository, its settings.

    `scratch` is an empty folder that must outlive the questions. Raises `Fault`.
    """
    repository = _locate(top)
    git = Asker(top, root, scratch)
    settings = git.settings(repository.common / "config")
    switches = {
        key: settings[key].lower()
        for key, allowed in _CARRIED_OVER.items()
        if re.fullmatch(allowed, settings.get(key, "").lower())
    }
    if any(key.startswith("extensions.") for key in switches):
        switches["core.repositoryformatversion"] = "1"
    _stand_in(repository, switches, git.folder)
    return git, repository, settings


def _ask(top: Path, root: Path, scratch: Path) -> WorkingTree | None:
    git, repository, settings = opened(top, root, scratch)
    index = _index(git.ask("ls-files", "-z", "--stage", "-v", "--full-name"))
    if top != root and not index.files:
        return None
    status = _status(
        git.ask(
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=all",
            "--no-renames",
            "--",
            ".",
        )
    )
    below = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    unread = []
    if absent := {path for path in index.hidden if not os.path.lexists(top / path)}:
        why = f"tracked files that are not checked out, and were not looked at: {len(absent)}"
        unread.append(Unread(location=Location(path="."), why=why, gap=Gap.INPUT_MISSING))
    dirty = _is_dirty(
        git, status, hides=bool(index.hidden - absent), output=f"{below}.supply-chain/"
    )
    if dirty is None:
        why = "whether files differ from the commit cannot be told without the repository's help"
        unread.append(Unread(location=Location(path="."), why=why, gap=Gap.NOT_ACCOUNTED_FOR))
    files = (index.files - absent - status.deleted) | status.untracked
    repositories = index.submodules | status.repositories
    for path in sorted(path for path in files | repositories if not is_possible(path)):
        why = "git's index names a path that no checkout can contain"
        unread.append(Unread(location=Location(path=printable(path)), why=why))
    return WorkingTree(
        git=Git(
            commit=status.commit,
            branch=status.branch,
            dirty=dirty,
            remote=_remote(settings),
            shallow=is_shallow(repository),
        ),
        files=frozenset(path.removeprefix(below) for path in files if is_possible(path)),
        repositories=frozenset(
            path.removeprefix(below) for path in repositories if is_possible(path)
        ),
        unread=tuple(unread),
        untracked=frozenset(path.removeprefix(below) for path in status.untracked),
    )


def is_possible(path: str) -> bool:
    """Whether a checkout can contain a path: it stays inside, and outside git's own folder."""
    parts = path.split("/")
    return {"", ".", ".."}.isdisjoint(parts) and parts[0].lower() != ".git"


class _Index(NamedTuple):
    """`hidden` are files whose changes, or absence, git was told not to notice."""

    files: frozenset[str]
    submodules: frozenset[str]
    hidden: frozenset[str]


class _Status(NamedTuple):
    """`converted` differ on disk only, where a filter may be the reason; `changed` do for sure."""

    commit: str | None
    branch: str | None
    changed: frozenset[str]
    converted: frozenset[str]
    deleted: frozenset[str]
    untracked: frozenset[str]
    repositories: frozenset[str]


def _index(entries: list[str]) -> _Index:
    """Read `git ls-files -z --stage -v`: "H 100644 <object> 0<tab>path"."""
    files: set[str] = set()
    submodules: set[str] = set()
    hidden: set[str] = set()
    for entry in entries:
        facts, _, path = entry.partition("\t")
        tag, mode = facts.split(" ", 2)[:2]
        (submodules if mode == _SUBMODULE else files).add(path)
        if tag.islower() or tag == "S":  # "assume unchanged", "skip in the working tree"
            hidden.add(path)
    return _Index(frozenset(files), frozenset(submodules), frozenset(hidden))


def _status(entries: list[str]) -> _Status:
    """Read `git status --porcelain=v2 --branch -z --no-renames`."""
    headers: dict[str, str] = {}
    sets: dict[str, set[str]] = {name: set() for name in _Status._fields[2:]}
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        if kind == "#":
            key, _, headers[key] = rest.partition(" ")
        elif kind == "?":
            sets["repositories" if rest.endswith("/") else "untracked"].add(rest.rstrip("/"))
        else:
            # "1" has seven fields between its two letters and the path, "u" (unmerged) nine.
            in_index, on_disk = rest[0], rest[1]
            path = rest.split(" ", 7 if kind == "1" else 9)[-1]
            if on_disk == "D":
                sets["deleted"].add(path)
            certain = kind == "u" or in_index != "." or on_disk == "D"
            sets["changed" if certain else "converted"].add(path)
    commit, branch = headers["branch.oid"], headers["branch.head"]
    return _Status(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch == "(detached)" else branch,
        **{name: frozenset(paths) for name, paths in sets.items()},
    )


def _is_dirty(git: Asker, status: _Status, *, hides: bool, output: str) -> bool | None:
    """Whether anything differs from the commit, untracked files in the `output` folder aside.

    `None` where only the repository's own filters, or what it hides from git, could tell.
    """
    others = status.untracked | status.repositories
    if status.changed or any(not path.startswith(output) for path in others):
        return True
    if status.converted:
        # What a filter stores (as for large files) differs from the file until the filter ran.
        pathspecs = (":(top,attr:!filter)", ":(top,attr:-filter)")
        unfiltered = git.ask("ls-files", "-z", "--full-name", "--", *pathspecs)
        return True if status.converted.intersection(unfiltered) else None
    return None if hides else False


def _remote(settings: Mapping[str, str]) -> str | None:
    """The address of "origin", else of the first remote by name; `None` for a local path."""
    names = sorted(key for key in settings if re.fullmatch(r"remote\..+\.url", key))
    name = "remote.origin.url" if "remote.origin.url" in names else next(iter(names), None)
    return (without_credentials(settings[name]) or None) if name else None


def is_shallow(repository: Repository) -> bool:
    """Whether the history ends where somebody stopped fetching it."""
    file = repository.common / "shallow"
    return file.is_file() and file.stat().st_size > 0
