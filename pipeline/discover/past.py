"""What a repository's history consists of: commits, file versions, and whether all of it is there.

Git is asked through the same stand-in as in `git`, so nothing of the repository's settings is in
force. A history with holes raises instead of being short.
Sources: git-rev-list(1), gitrepository-layout(5), gitglossary(7) "reachable".
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.discover.git import Asker, Fault, Repository, is_shallow, opened
from pipeline.discover.messages import Message, of_tags
from pipeline.discover.top import top_of
from pipeline.discover.versions import (
    Blob,
    by_changes,
    by_objects,
    lines,
    objects,
    stored,
    unlisted,
)
from pipeline.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_ID = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Everything that a repository's references, stashes and HEAD lead to.

    `objects` is the folder of git's objects. `below` is the scanned folder inside the working
    tree, "" or with a slash at its end. `tips` are the commits that all others can be reached
    from, `commits` how many these are, `blobs` every file version of them, once; `others` are
    further paths of those that are known to have had some, by their ids. `loose` are file versions
    that a reference names without any commit. `root` is the first commit of HEAD's
    history, "" where there is none or a shallow clone hides it. `since` is not empty when `blobs`
    holds only what came after those commits. `shallow` are the commits whose parents were not
    fetched. `partial`: some objects were left on the server. `messages` are those of the commits
    after `since` and of every tag; a folder inside a repository has none, and `unheard` says why
    else there are none. `stored` holds the size in bytes of every file version that git keeps,
    those that nothing leads to included; it is empty when `since` is not.
    """

    objects: Path
    below: str
    tips: tuple[str, ...]
    commits: int
    blobs: tuple[Blob, ...]
    others: Mapping[str, Collection[str]] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    root: str = ""
    shallow: tuple[str, ...] = ()
    partial: bool = False
    since: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    unheard: str = ""
    stored: Mapping[str, int] = field(default_factory=dict)

    def paths(self, blob: Blob) -> tuple[str, ...]:
        """Every path that is known of a file version."""
        others = self.others.get(blob.id)
        return (blob.path, *others) if others else (blob.path,)


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder inside a working tree whose repository can be asked."""

    top: Path
    below: str
    git: Asker
    repository: Repository
    settings: Mapping[str, str]


@contextmanager
def _opened(root: Path) -> Iterator[_Place | None]:
    """The repository that the resolved folder `root` belongs to; raises `Fault`."""
    top = top_of(root)
    if top is None:
        yield None
        return
    below = "" if top == root else f"{root.relative_to(top).as_posix()}/"
    with tempfile.TemporaryDirectory(prefix="supply-chain-past-") as scratch:
        git, repository, settings = opened(top, root, Path(scratch))
        yield _Place(top, below, git, repository, settings) if _belongs(git, below) else None


def past(root: Path, *, since: Callable[[str], Sequence[str]] | None = None) -> Past | None:
    """The history of the repository that the resolved folder `root` belongs to; `None` without one.

    `since`, asked with the id of the first commit ("" where it is not known), answers the tips of
    an earlier look: what they lead to is left out, unless one of them is no longer part of the
    history; then everything is listed. Raises `IncompleteError` when git cannot tell, when an
    object is missing, and for repositories whose ids are not SHA-1.
    """
    try:
        with _opened(root) as place:
            if place is None:
                return None
            if place.settings.get("extensions.objectformat", "sha1").lower() != "sha1":
                raise IncompleteError(
                    "the repository's ids are not SHA-1, which its reader does not know",
                    where=".git",
                )
            return _past(place, since)
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
    try:
        with _opened(root) as place:
            if place is None:
                return None
            git = place.git
            head = git.command("rev-parse", "--verify", "--quiet", "HEAD", accept=frozenset({0, 1}))
            tree = "HEAD" if head.exit_code == 0 else _EMPTY_TREE
            entries = git.ask(
                *("diff-index", "--cached", "-z", "--no-renames", "--diff-filter=AMT"),
                *("--no-ext-diff", tree, "--", "."),
                **_index(place.top, place.repository),
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
        objects=place.repository.common / "objects",
        below=place.below,
        tips=(),
        commits=0,
        blobs=blobs,
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


def _past(place: _Place, ask: Callable[[str], Sequence[str]] | None) -> Past:
    git, repository = place.git, place.repository
    partial = _is_partial(place.settings)
    everything = ("--all", *stashes(git, repository))
    tips = lines(git, "rev-list", "--no-walk=unsorted", *everything)
    shallow = _boundary(repository)
    root = _root(git, everything) if tips and ask and not shallow else ""
    since = tuple(ask(root)) if tips and ask else ()
    if since and not _are_reached(git, since, everything):
        since = ()
    with ThreadPoolExecutor(max_workers=2) as pool:
        referred = pool.submit(_refer, place)
        sizes = pool.submit(stored, git) if tips and not since else None
        walked = by_changes(git, everything, sizes) if sizes and not partial else None
        found = walked or by_objects(git, everything, since, partial=partial)
    if tips and not (root or shallow):
        root = found.roots[0] if len(found.roots) == 1 else _root(git, everything)
    named = referred.result()
    # No walk from commit to commit comes upon a folder that a reference names.
    inside = objects(git, *named.trees) if walked and named.trees else ()
    held = {blob.id for blob in found.blobs} if inside else set()
    return Past(
        objects=repository.common / "objects",
        below=place.below,
        tips=tuple(sorted(set(tips))),
        commits=found.commits,
        blobs=(*found.blobs, *(blob for blob in inside if blob.id not in held)),
        others=found.others,
        loose=named.blobs,
        root=root,
        shallow=shallow,
        partial=partial,
        since=since,
        messages=() if place.below else (*found.messages, *named.tags),
        unheard="" if place.below else found.unheard or named.unheard,
        stored=sizes.result() if sizes else {},
    )


class _Referred(NamedTuple):
    """What references name directly, commits aside; `unheard` says why no tag has a message."""

    blobs: tuple[str, ...]
    trees: tuple[str, ...]
    tags: tuple[Message, ...]
    unheard: str


def _refer(place: _Place) -> _Referred:
    """Ask for what references name."""
    kinds: dict[str, set[str]] = {"blob": set(), "tree": set()}
    fields = ("objecttype", "objectname", "*objecttype", "*objectname")
    form = " ".join(f"%({field})" for field in fields)
    for line in lines(place.git, "for-each-ref", f"--format={form}"):
        parts = line.split()
        for kind, id_ in zip(parts[::2], parts[1::2], strict=False):
            kinds.get(kind, set()).add(id_)
    blobs, trees = (tuple(sorted(kinds[kind])) for kind in ("blob", "tree"))
    if place.below:
        return _Referred(blobs, trees, (), "")
    try:
        return _Referred(blobs, trees, tuple(of_tags(place.git)), "")
    except Fault as fault:
        return _Referred(blobs, trees, (), unlisted(fault))


def _boundary(repository: Repository) -> tuple[str, ...]:
    """The commits at which fetching stopped (gitrepository-layout(5) "shallow")."""
    if not is_shallow(repository):
        return ()
    listed = (repository.common / "shallow").read_text(errors="replace").splitlines()
    return tuple(line for line in listed if _ID.fullmatch(line))


def _root(git: Asker, everything: tuple[str, ...]) -> str:
    """The first commit of HEAD's history; of everything while HEAD names no commit yet."""
    try:
        roots = lines(git, "rev-list", "--max-parents=0", "HEAD")
    except Fault:
        roots = lines(git, "rev-list", "--max-parents=0", *everything)
    return min(roots, default="")


def _are_reached(git: Asker, since: tuple[str, ...], everything: tuple[str, ...]) -> bool:
    """Whether all of `since` still belong to the history."""
    try:
        count = lines(git, "rev-list", "--count", *since, "--not", *everything)
    except Fault:  # one of them is gone
        return False
    return count == ["0"]


def stashes(git: Asker, repository: Repository) -> tuple[str, ...]:
    """Stashes below the topmost: only the log of their reference knows them."""
    log = repository.common / "logs" / "refs" / "stash"
    try:
        logged = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    if len(logged) > _MAX_STASHES:
        raise IncompleteError(
            f"more than {_MAX_STASHES} stashes: not all of them would be looked at",
            where=".git/logs/refs/stash",
            fix="drop old ones with `git stash drop`",
        )
    ids = dict.fromkeys(line.split(" ")[1] for line in logged if line.count(" ") > 1)
    known = (id_ for id_ in ids if _ID.fullmatch(id_))
    there = frozenset({0, 1, 128})
    return tuple(
        id_ for id_ in known
        if git.command("cat-file", "-e", f"{id_}^{{commit}}", accept=there).exit_code == 0
    )  # fmt: skip


_MAX_STASHES = 1000


def _is_partial(settings: Mapping[str, str]) -> bool:
    """Whether the clone left objects on the server (git-clone(1) "--filter")."""
    return any(
        key == "extensions.partialclone" or re.fullmatch(r"remote\..+\.promisor", key)
        for key in settings
    )
