"""A stand-in for `.git`, so that git can be asked and the repository makes it run nothing.

A repository's own configuration can name programs for almost every step: fsmonitor, filters,
hooks, transports, text converters. So git never reads it. Git gets a stand-in for the `.git`
folder, made for this one question, that holds our configuration and links to the repository's
objects, references and index. Only facts that cannot execute are carried over: a few switches
with known values, the list of ignored paths, the address of the remote.
Sources: gitrepository-layout(5), git-config(1).
"""

from __future__ import annotations

import os
import re
from copy import copy
from typing import TYPE_CHECKING, NamedTuple, Self

from pipeline.model import Gap
from pipeline.text import plain
from pipeline.tools.run import OUTPUT_LIMIT, Command, run
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    # What only says again what stands elsewhere, and came with the repository, could hide things:
    # files, what is in a commit and where it leads, and where objects are.
    "core.untrackedcache": "false",
    "core.commitgraph": "false",
    "core.multipackindex": "false",
    "core.attributesfile": os.devnull,
    "core.excludesfile": os.devnull,
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # What it was before git 2.0. It takes five times less memory than today's, and a tenth of the
    # time: memory that nobody used yet has to be made.
    "core.deltabasecachelimit": "16m",
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
_WELL = frozenset({0})


class Fault(Exception):  # noqa: N818  # never leaves this room
    """Git could not answer, and why: without paths of this machine."""

    def __init__(self, why: str, gap: Gap = Gap.TOOL_FAILED) -> None:
        super().__init__(why)
        self.gap = gap


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
        answer = self.command(*arguments, accept=_WELL, limit=OUTPUT_LIMIT, **environment)
        return os.fsdecode(answer.stdout).split("\0")[:-1]

    def command(
        self,
        *arguments: str,
        accept: frozenset[int] = _WELL,
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
        accept: frozenset[int] = _WELL,
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
