"""What a history consists of: its commits, every version of every file, and what commits say.

One walk from commit to commit tells all of it, with every path that a file version had. Where that
would be too much, where only what is new is wanted, and where something is amiss, objects are
listed instead, each with one path: git proves that all of them are there, or says what is not.
Sources: git-rev-list(1) "--objects", git-cat-file(1) "--batch-all-objects".
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pipeline.discover import changes
from pipeline.discover.messages import Message, of_commits
from pipeline.discover.standin import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from pipeline.discover.standin import Asker

_NAMES_LIMIT = 512 * 1024 * 1024
"""Bytes of object names that are taken from git: some five million objects."""
_CHANGES_LIMIT = 128 * 1024 * 1024
"""Bytes of changes and messages that are taken from git: some million changes."""

_ID = re.compile(r"[0-9a-f]{40}")


class Blob(NamedTuple):
    """One version of a file: the id of its content and one of the paths it was committed under."""

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """How many commits there are, and the file versions that they have, each of them once.

    `messages` are those of the commits, and `unheard` says why there are none. By changes alone it
    is known which other paths file versions had, by their ids, and which commits have no parents.
    """

    commits: int = 0
    blobs: tuple[Blob, ...] = ()
    messages: tuple[Message, ...] = ()
    unheard: str = ""
    others: Mapping[str, Collection[str]] = field(default_factory=dict)
    roots: tuple[str, ...] = ()


def by_changes(
    git: Asker, everything: Sequence[str], stored: Future[dict[str, int]]
) -> Versions | None:
    """What `everything` leads to; `None` where the walk does not come to its end.

    Nor does it where a file version is not among what is `stored`.
    """
    try:
        walked = git.command("log", *changes.OPTIONS, *everything, limit=_CHANGES_LIMIT)
        found = changes.read(walked.stdout)
    except (Fault, ValueError):
        return None
    if not stored.result().keys() >= found.paths.keys():
        return None
    return Versions(
        commits=found.commits,
        blobs=tuple(Blob(*pair) for pair in found.paths.items()),
        others=found.others,
        messages=tuple(found.messages),
        roots=tuple(found.roots),
    )


def by_objects(
    git: Asker, everything: Sequence[str], since: Sequence[str], *, partial: bool
) -> Versions:
    """The same; of the file versions and messages only those that `since` does not lead to.

    Raises `Fault` when git cannot tell, or an object is missing, unless the clone is `partial`.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        count = pool.submit(lines, git, "rev-list", "--count", *everything)
        said = pool.submit(_said, git, everything, since)
        without = ("--not", *since) if since else ()
        found = objects(git, *everything, *without, partial=partial)
    messages, unheard = said.result()
    return Versions(
        commits=int(count.result()[0]),
        blobs=found,
        messages=messages,
        unheard=unheard,
    )


def objects(git: Asker, *what: str, partial: bool = False) -> tuple[Blob, ...]:
    """The file versions that commits and folders lead to; raises as `by_objects` does."""
    listed = lines(
        git,
        *("rev-list", "--objects", "--filter=object:type=blob", "--filter-provided-objects"),
        *(("--missing=allow-any",) if partial else ()),
        *what,
    )
    pairs = (line.partition(" ") for line in listed)
    return tuple(Blob(id=id_, path=path) for id_, _, path in pairs if _ID.fullmatch(id_))


def _said(
    git: Asker, everything: Sequence[str], since: Sequence[str]
) -> tuple[tuple[Message, ...], str]:
    """The messages, and why there are none."""
    try:
        return tuple(of_commits(git, everything, since)), ""
    except Fault as fault:
        return (), unlisted(fault)


def unlisted(fault: Fault) -> str:
    """Why there are no messages."""
    return f"they could not be listed: {fault}"


def stored(git: Asker) -> dict[str, int]:
    """The size of every file version that git keeps, whether anything leads to it or not."""
    form = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    listed = lines(git, "cat-file", "--batch-all-objects", "--unordered", form)
    parts = (line.split(" ") for line in listed if line.startswith("blob "))
    return {id_: int(size) for _, id_, size in parts}


def lines(git: Asker, *arguments: str) -> list[str]:
    """The lines of git's answer; raises `Fault`."""
    output = git.command(*arguments, limit=_NAMES_LIMIT).stdout
    return os.fsdecode(output).splitlines()
