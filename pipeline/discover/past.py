"""What a repository's history consists of: commits, file versions, and whether all of it is there.

Git is asked through the same stand-in as in `git`, so nothing of the repository's settings is in
force. The walk that lists every object also proves that each of them is there, as a fetch does:
a history with holes raises instead of being short.
Sources: git-rev-list(1), gitrepository-layout(5), gitglossary(7) "reachable".
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.discover.git import Fault, is_shallow, opened, top_of
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.discover.git import Asker, Repository

_NAMES_LIMIT = 512 * 1024 * 1024
"""Bytes of object names that are taken from git: some five million objects."""

_ID = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One version of a file: the id of its content and one of the paths it was committed under."""

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Everything that a repository's references, stashes and HEAD lead to.

    `objects` is the folder of git's objects. `below` is the scanned folder inside the working
    tree, "" or with a slash at its end. `tips` are the commits that all others can be reached
    from, `commits` how many these are, `blobs` every file version of them, once. `loose` are file
    versions that a reference names without any commit. `root` is the first commit of HEAD's
    history, "" where there is none or a shallow clone hides it. `since` is not empty when `blobs`
    holds only what came after those commits. `shallow` are the commits whose parents were not
    fetched. `partial`: some objects were left on the server. `stored` holds the size in bytes of
    every file version that git keeps, those that nothing leads to included; it is empty when
    `since` is not.
    """

    objects: Path
    below: str
    tips: tuple[str, ...]
    commits: int
    blobs: tuple[Blob, ...]
    loose: tuple[str, ...] = ()
    root: str = ""
    shallow: tuple[str, ...] = ()
    partial: bool = False
    since: tuple[str, ...] = ()
    stored: Mapping[str, int] = field(default_factory=dict)


def past(root: Path, *, since: Callable[[str], Sequence[str]] = lambda _: ()) -> Past | None:
    """The history of the repository that the resolved folder `root` belongs to; `None` without one.

    `since`, asked with the id of the first commit, answers the tips of an earlier look: what they
    lead to is left out, unless one of them is no longer part of the history; then everything is
    listed. Raises `IncompleteError` when git
    cannot tell, when an object is missing, and for repositories whose ids are not SHA-1.
    """
    top = top_of(root)
    if top is None:
        return None
    below = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, repository, settings = opened(top, root, Path(scratch))
            if not _belongs(git, below):
                return None
            if settings.get("extensions.objectformat", "sha1").lower() != "sha1":
                raise IncompleteError(
                    "the repository's ids are not SHA-1, which its reader does not know",
                    where=".git",
                )
            return _past(git, repository, below, since, partial=_is_partial(settings))
        except Fault as fault:
            raise IncompleteError(
                f"the history cannot be trusted: {fault}",
                where=".git",
                fix="clone the repository anew",
            ) from fault


def staged(root: Path) -> tuple[Past, tuple[Blob, ...]] | None:
    """The repository around `root` without its history, and the files about to be committed.

    Only those that differ from HEAD; `None` without a repository. Raises as `past` does. Inside a
    hook of git's, the commit's own index counts.
    """
    top = top_of(root)
    if top is None:
        return None
    below = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, repository, _ = opened(top, root, Path(scratch))
            if not _belongs(git, below):
                return None
            head = git.command("rev-parse", "--verify", "--quiet", "HEAD", accept=frozenset({0, 1}))
            tree = "HEAD" if head.exit_code == 0 else _EMPTY_TREE
            entries = git.ask(
                *("diff-index", "--cached", "-z", "--no-renames", "--diff-filter=AMT"),
                *("--no-ext-diff", tree, "--", "."),
                **_index(top, repository),
            )
        except Fault as fault:
            raise IncompleteError(f"git could not tell: {fault}", where=".git") from fault
    # ":100644 100644 <old> <new> M", then the path, each of them ended by NUL.
    pairs = zip(entries[::2], entries[1::2], strict=True)
    changed = ((facts.split(" "), path) for facts, path in pairs)
    blobs = tuple(
        Blob(id=facts[3], path=path) for facts, path in changed if facts[1] not in _NO_FILES
    )
    found = Past(
        objects=repository.common / "objects", below=below, tips=(), commits=0, blobs=blobs
    )
    return found, blobs


def _index(top: Path, repository: Repository) -> dict[str, str]:
    """The index that git names to a hook, where it lies in the repository itself.

    A commit of a path, or with `-a`, is prepared in another file than the usual one, and a
    relative name counts from the top (githooks(5), git(1) "GIT_INDEX_FILE").
    """
    name = os.environ.get("GIT_INDEX_FILE", "")
    file = (top / name).resolve()
    return {"GIT_INDEX_FILE": str(file)} if file.parent == repository.own else {}


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_NO_FILES = {"160000"}


def _belongs(git: Asker, below: str) -> bool:
    """As in `working_tree`: a folder without a tracked file lies there and belongs to nobody."""
    return not below or bool(git.ask("ls-files", "-z", "--cached", "--", "."))


def content(root: Path, blobs: Sequence[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
    """The content of file versions, one by one; what is larger than `limit` bytes is left out."""
    top = top_of(root)
    if top is None or not blobs:
        return
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, _, _ = opened(top, root, Path(scratch))
            for blob in blobs:
                size = int(git.command("cat-file", "-s", blob).stdout)
                if size <= limit:
                    yield blob, git.command("cat-file", "blob", blob).stdout
        except Fault as fault:
            raise IncompleteError(f"git could not read a file: {fault}", where=".git") from fault


def days(root: Path, commits: Sequence[str]) -> dict[str, date]:
    """On which day each commit was written, as its author's clock had it.

    Raises `IncompleteError` when git cannot tell.
    """
    found: dict[str, date] = {}
    top = top_of(root)
    if top is None or not commits:
        return found
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, _, _ = opened(top, root, Path(scratch))
            for start in range(0, len(commits), _AT_ONCE):
                some = commits[start : start + _AT_ONCE]
                for line in _lines(git, "log", "--no-walk=unsorted", "--format=%H %as", *some):
                    id_, _, day = line.partition(" ")
                    found[id_] = date.fromisoformat(day)
        except (Fault, ValueError) as fault:
            raise IncompleteError(f"git could not read a commit: {fault}", where=".git") from fault
    return found


def together(root: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The content of many small file versions, given their sizes in bytes.

    Raises `IncompleteError` when git cannot read them.
    """
    found: dict[str, bytes] = {}
    top = top_of(root)
    if top is None or not sizes:
        return found
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, _, _ = opened(top, root, Path(scratch))
            ids = list(sizes)
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                # It writes one after the other, with nothing between them.
                rest = git.command("show", "--no-textconv", "--no-ext-diff", *some).stdout
                for id_ in some:
                    found[id_], rest = rest[: sizes[id_]], rest[sizes[id_] :]
                assert not rest, "git says how large each of them is"
        except Fault as fault:
            raise IncompleteError(f"git could not read a file: {fault}", where=".git") from fault
    return found


def unreached(root: Path, commits: Sequence[str]) -> frozenset[str]:
    """Those of the commits that no reference, stash or HEAD leads to.

    Raises `IncompleteError` when git cannot tell.
    """
    found: set[str] = set()
    top = top_of(root)
    if top is None or not commits:
        return frozenset()
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, repository, _ = opened(top, root, Path(scratch))
            all_else = ("--not", "--all", *_stashes(git, repository))
            for start in range(0, len(commits), _AT_ONCE):
                some = commits[start : start + _AT_ONCE]
                found.update(_lines(git, "rev-list", *some, *all_else))
        except Fault as fault:
            raise IncompleteError(f"git could not read a commit: {fault}", where=".git") from fault
    return frozenset(found.intersection(commits))


def identify(root: Path, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The id of each file's content, by commit and path from the top; unknown ones are left out.

    Raises `IncompleteError` when git cannot tell.
    """
    found: dict[tuple[str, str], str] = {}
    top = top_of(root)
    if top is None or not (wanted := tuple(places)):
        return found
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, _, _ = opened(top, root, Path(scratch))
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                # One unknown name makes git refuse all of them.
                ids = _names(git, some) or [name for one in some for name in _names(git, (one,), 1)]
                found.update(pair for pair in zip(some, ids, strict=True) if pair[1])
        except Fault as fault:
            raise IncompleteError(f"git could not read a commit: {fault}", where=".git") from fault
    return found


def _names(git: Asker, places: Sequence[tuple[str, str]], unknown: int = 0) -> list[str]:
    """The ids of the content at these places; `unknown` empty ones where one is not known."""
    asked = [f"{commit}:{path}" for commit, path in places]
    answer = git.command("rev-parse", *asked, accept=frozenset({0, 128}))
    if answer.exit_code:
        return [""] * unknown
    return os.fsdecode(answer.stdout).splitlines()


def earliest(root: Path, commits: Sequence[str]) -> frozenset[str]:
    """Those of the commits that none of the others leads to.

    Raises `IncompleteError` when git cannot tell.
    """
    top = top_of(root)
    if top is None or len(commits) < 2:  # noqa: PLR2004 - nothing to compare
        return frozenset(commits)
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        try:
            git, _, _ = opened(top, root, Path(scratch))
            return frozenset(
                one
                for one in commits
                if not any(_leads(git, other, one) for other in commits if other != one)
            )
        except Fault as fault:
            raise IncompleteError(f"git could not read a commit: {fault}", where=".git") from fault


def _leads(git: Asker, ancestor: str, commit: str) -> bool:
    answer = git.command("merge-base", "--is-ancestor", ancestor, commit, accept=frozenset({0, 1}))
    return answer.exit_code == 0


_AT_ONCE = 500


def _past(
    git: Asker,
    repository: Repository,
    below: str,
    ask: Callable[[str], Sequence[str]],
    *,
    partial: bool,
) -> Past:
    stashes = _stashes(git, repository)
    everything = ("--all", *stashes)
    tips = _lines(git, "rev-list", "--no-walk=unsorted", *everything)
    shallow = _boundary(repository)
    with ThreadPoolExecutor(max_workers=2) as pool:
        count = pool.submit(_lines, git, "rev-list", "--count", *everything)
        root = "" if shallow or not tips else min(_roots(git, everything), default="")
        since = tuple(ask(root)) if root else ()
        if since and not _are_reached(git, since, everything):
            since = ()
        stored = None if since or not tips else pool.submit(_stored, git)
        found = _lines(
            git,
            *("rev-list", "--objects", "--filter=object:type=blob", "--filter-provided-objects"),
            *(("--missing=allow-any",) if partial else ()),
            *everything,
            *(("--not", *since) if since else ()),
        )
    return Past(
        objects=repository.common / "objects",
        below=below,
        tips=tuple(sorted(set(tips))),
        commits=int(count.result()[0]) if tips else 0,
        blobs=tuple(
            Blob(id=id_, path=path)
            for id_, _, path in (line.partition(" ") for line in found)
            if _ID.fullmatch(id_)
        ),
        loose=tuple(sorted(_loose(git))),
        root=root,
        shallow=shallow,
        partial=partial,
        since=since,
        stored=stored.result() if stored else {},
    )


def _stored(git: Asker) -> dict[str, int]:
    """The size of every file version that git keeps, whether anything leads to it or not."""
    form = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    lines = _lines(git, "cat-file", "--batch-all-objects", "--unordered", form)
    parts = (line.split(" ") for line in lines if line.startswith("blob "))
    return {id_: int(size) for _, id_, size in parts}


def _lines(git: Asker, *arguments: str) -> list[str]:
    output = git.command(*arguments, limit=_NAMES_LIMIT).stdout
    return os.fsdecode(output).splitlines()


def _boundary(repository: Repository) -> tuple[str, ...]:
    """The commits at which fetching stopped (gitrepository-layout(5) "shallow")."""
    if not is_shallow(repository):
        return ()
    lines = (repository.common / "shallow").read_text(errors="replace").splitlines()
    return tuple(line for line in lines if _ID.fullmatch(line))


def _roots(git: Asker, everything: tuple[str, ...]) -> list[str]:
    """The first commits of HEAD's history; of everything while HEAD names no commit yet."""
    try:
        return _lines(git, "rev-list", "--max-parents=0", "HEAD")
    except Fault:
        return _lines(git, "rev-list", "--max-parents=0", *everything)


def _are_reached(git: Asker, since: tuple[str, ...], everything: tuple[str, ...]) -> bool:
    """Whether all of `since` still belong to the history."""
    try:
        count = _lines(git, "rev-list", "--count", *since, "--not", *everything)
    except Fault:  # one of them is gone
        return False
    return count == ["0"]


def _stashes(git: Asker, repository: Repository) -> tuple[str, ...]:
    """Stashes below the topmost: only the log of their reference knows them."""
    log = repository.common / "logs" / "refs" / "stash"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    if len(lines) > _MAX_STASHES:
        raise IncompleteError(
            f"more than {_MAX_STASHES} stashes: not all of them would be looked at",
            where=".git/logs/refs/stash",
            fix="drop old ones with `git stash drop`",
        )
    ids = dict.fromkeys(line.split(" ")[1] for line in lines if line.count(" ") > 1)
    known = (id_ for id_ in ids if _ID.fullmatch(id_))
    there = frozenset({0, 1, 128})
    return tuple(
        id_ for id_ in known
        if git.command("cat-file", "-e", f"{id_}^{{commit}}", accept=there).exit_code == 0
    )  # fmt: skip


_MAX_STASHES = 1000


def _loose(git: Asker) -> Iterator[str]:
    """File versions that a tag names directly."""
    fields = ("objecttype", "objectname", "*objecttype", "*objectname")
    form = " ".join(f"%({field})" for field in fields)
    for line in _lines(git, "for-each-ref", f"--format={form}"):
        parts = line.split()
        kinds = dict(zip(parts[::2], parts[1::2], strict=False))
        if "blob" in kinds:
            yield kinds["blob"]


def _is_partial(settings: dict[str, str]) -> bool:
    """Whether the clone left objects on the server (git-clone(1) "--filter")."""
    return any(
        key == "extensions.partialclone" or re.fullmatch(r"remote\..+\.promisor", key)
        for key in settings
    )
