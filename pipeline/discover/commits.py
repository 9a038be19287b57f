"""The files of a commit, in a folder of their own: the user's working tree is not touched.

Git is asked through the same stand-in as in `git`, so nothing of the repository's settings is
in force. Attributes are overruled as well: no filter, no conversion of line ends, no exclusion
shapes what comes out, only the bytes that were committed. Submodules stay empty folders.
Sources: gitrevisions(7), git-ls-tree(1), git-checkout-index(1), gitattributes(5).
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.discover.git import Fault, is_possible, is_shallow, opened
from pipeline.discover.names import printable
from pipeline.discover.top import top_of
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Gap, Location, Unread
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.discover.git import Asker

MAX_BYTES = 2 * 1024**3
"""A commit with more is not written out."""

MAX_FILES = 500_000
"""A commit with more files is not written out."""

_NO_ATTRIBUTES = "* -text !eol -ident !filter !working-tree-encoding\n"
"""`info/attributes` goes before every attribute that the repository sets."""

_LINK = "120000"
_NAME = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]+(?:[~^][0-9]*)*")
"""A reference by git-check-ref-format(1), and how far before it ("main~2"). An option is none."""

_MAX_NAME = 250


class History:
    """The commits of the repository that a folder belongs to; made by `history`."""

    def __init__(self, git: Asker, scratch: Path, folder: str, *, shallow: bool) -> None:
        self._git = git
        self._scratch = scratch
        self._folder = folder
        self._shallow = shallow

    def resolve(self, name: str) -> str:
        """The id of the commit that `name` means: a branch, a tag, an id, "HEAD~1".

        Raises `UsageError` for a name that is empty, no name of a commit, ambiguous, or unknown.
        """
        shown = plain(name, limit=80)
        if not name.strip():
            raise UsageError(
                "the name of the commit is empty",
                fix="name a branch, a tag or a commit; in CI, look at what the variable holds"
                " for this event",
            )
        if len(name) > _MAX_NAME or not _NAME.fullmatch(name) or ".." in name or "@{" in name:
            raise UsageError(
                f"{shown!r} cannot name a commit", fix="name a branch, a tag or a commit"
            )
        answer = self._git.command(
            *("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}"),
            accept=frozenset({0, 1, 128}),
        )
        if "is ambiguous" in answer.stderr:
            raise UsageError(
                f"{shown!r} is ambiguous: it names more than one commit",
                fix=f"write refs/heads/{shown} or refs/tags/{shown}, or the whole commit id",
            )
        if answer.exit_code:
            raise UsageError(f"{shown!r} is no commit of this repository", fix=self._advice(shown))
        return answer.stdout.decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor of two commits, the first where there are several.

        Raises `UsageError` when they have none here.
        """
        answer = self._git.command("merge-base", one, other, accept=frozenset({0, 1}))
        if answer.exit_code:
            raise UsageError(
                f"{one[:12]} and {other[:12]} have no common ancestor here",
                fix=self._advice("both branches"),
            )
        return answer.stdout.decode().split()[0]

    def precedes(self, one: str, other: str) -> bool:
        """Whether the commit `one` is `other`, or part of its history."""
        answer = self._git.command(
            *("merge-base", "--is-ancestor", one, other), accept=frozenset({0, 1})
        )
        return answer.exit_code == 0

    def blob(self, commit: str, path: str) -> str | None:
        """The id of what stands at `path`, seen from the top, in a commit; `None` for nothing."""
        answer = self._git.command(
            *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:{path}"),
            accept=frozenset({0, 1, 128}),
        )
        return None if answer.exit_code else answer.stdout.decode().strip()

    def extract(self, commit: str, folder: Path) -> tuple[Unread, ...]:
        """Write the files of a commit into the empty, resolved `folder`, as they were committed.

        Only those below the folder that the history was asked for; where the commit has no such
        folder, there are none. Answers which files were left out: symbolic links that lead
        outside. Raises `IncompleteError` for more than `MAX_BYTES` or `MAX_FILES`, and for
        content that is not there.
        """
        tree = self._tree(commit)
        if tree is None:
            return ()
        links = self._links(tree, commit)
        git = self._git.at(folder)
        index = str(self._scratch / "index")
        Path(index).unlink(missing_ok=True)
        git.command("read-tree", tree, GIT_INDEX_FILE=index)
        git.command(
            *("-c", "core.symlinks=false", "-c", "core.autocrlf=false"),
            *("checkout-index", "--all", "--quiet"),
            GIT_INDEX_FILE=index,
        )
        return tuple(_link(folder, links))

    def _tree(self, commit: str) -> str | None:
        """The id of the folder's tree in a commit; `None` when it is not there, or is a file."""
        place = f"{commit}:{self._folder}" if self._folder else f"{commit}^{{tree}}"
        answer = self._git.command(
            *("rev-parse", "--verify", "--quiet", "--end-of-options", place),
            accept=frozenset({0, 1, 128}),
        )
        if answer.exit_code:
            return None
        tree = answer.stdout.decode().strip()
        kind = self._git.command("cat-file", "-t", tree).stdout.strip()
        return tree if kind == b"tree" else None

    def _links(self, tree: str, commit: str) -> list[str]:
        """The symbolic links in a tree, once all of it is known to be harmless to write out."""
        entries = self._git.ask("ls-tree", "-r", "-l", "-z", tree)
        total = 0
        links = []
        for entry in entries:
            facts, _, path = entry.partition("\t")
            mode, kind, _, size = facts.split()
            if not is_possible(path):
                raise Fault(f"commit {commit[:12]} names a path that no checkout can contain")
            if kind == "blob":
                if not size.isdigit():
                    raise Fault(f"the content of {printable(path)} was never fetched")
                total += int(size)
            if mode == _LINK:
                links.append(path)
        if total > MAX_BYTES or len(entries) > MAX_FILES:
            raise Fault(f"commit {commit[:12]} has {len(entries)} files of {total} bytes: too many")
        return links

    def _advice(self, name: str) -> str:
        if self._shallow:
            return (
                f"the clone is shallow, so fetch {name} with its history: `git fetch --unshallow`,"
                " or `fetch-depth: 0` for actions/checkout"
            )
        return f"fetch it first: `git fetch origin {name}`"


@contextmanager
def history(root: Path) -> Iterator[History]:
    """The history of the repository that the resolved folder `root` lies in.

    Raises `UsageError` when it lies in none, and `IncompleteError`, also inside the block, when
    git cannot answer.
    """
    top = top_of(root)
    if top is None:
        raise UsageError(
            "there is no git repository, so nothing tells what it was before",
            where=str(root),
            fix="name a folder of a git working tree",
        )
    folder = "" if top == root else root.relative_to(top).as_posix()
    with tempfile.TemporaryDirectory(prefix="supply-chain-history-") as name:
        scratch = Path(name)
        try:
            git, repository, _ = opened(top, root, scratch)
            (git.folder / "info" / "attributes").write_text(_NO_ATTRIBUTES)
            yield History(git, scratch, folder, shallow=is_shallow(repository))
        except Fault as fault:
            raise IncompleteError(f"git could not answer: {fault}", where=".git") from fault


def _link(folder: Path, links: list[str]) -> Iterator[Unread]:
    """Turn files that hold where a link leads into links, if that is inside `folder`."""
    made = []
    for path in links:
        file = folder / path
        leads_to = os.fsdecode(file.read_bytes())
        file.unlink()
        if leads_to and "\0" not in leads_to and not PurePosixPath(leads_to).is_absolute():
            try:
                file.symlink_to(leads_to)
            except OSError:
                yield _refused(path)
            else:
                made.append(path)
        else:
            yield _refused(path)
    # Links can lead through links, so where one ends is only known once all of them are there.
    outside = [path for path in made if not _stays(folder / path, folder)]
    for path in outside:
        (folder / path).unlink()
        yield _refused(path)


def _stays(file: Path, folder: Path) -> bool:
    try:
        place = file.resolve()
    except (OSError, RuntimeError):
        return False
    # From Python 3.13 on a loop is no error: it is left as the link that it is.
    return place.is_relative_to(folder) and not place.is_symlink()


def _refused(path: str) -> Unread:
    return Unread(
        location=Location(path=printable(path)),
        why="a symbolic link that leaves the repository",
        gap=Gap.UNSUPPORTED_INPUT,
    )
