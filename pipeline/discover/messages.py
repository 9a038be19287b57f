"""What a history says in words: the messages of its commits and of its annotated tags.

Sources: git-log(1) "%B", git-for-each-ref(1) "FIELD NAMES", git-mktag(1) for the form of a tag.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.discover.standin import Asker

_LIMIT = 256 * 1024 * 1024
"""Bytes that are taken from git in one answer."""

_TAGS = "%(objecttype) %(objectname) %(object) %(type) %(refname)"
_TEXT = "%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)"
_FIELDS = 5


class Message(NamedTuple):
    """One message: the id of what has it, and its text as UTF-8 where its author says how.

    `commit` is that commit, or the one that the tag is of, "" for a tag of anything else. `tag` is
    the reference of a tag, "" for a commit's message.
    """

    id: str
    commit: str
    text: bytes
    tag: str = ""


def of_commits(git: Asker, everything: Sequence[str], since: Sequence[str]) -> Iterator[Message]:
    """The messages of all commits that `everything` leads to and `since` does not.

    Raises `Fault` when git cannot tell.
    """
    without = ("--not", *since) if since else ()
    logged = git.command("log", "-z", "--format=%H%n%B", *everything, *without, limit=_LIMIT)
    for entry in logged.stdout.split(b"\0"):
        id_, _, text = entry.partition(b"\n")
        if id_:
            yield Message(id=id_.decode(), commit=id_.decode(), text=text)


def of_tags(git: Asker) -> Iterator[Message]:
    """The messages of all annotated tags; raises `Fault` when git cannot tell."""
    listed = git.command("for-each-ref", f"--format={_TAGS}%0a{_TEXT}%00", limit=_LIMIT).stdout
    for entry in listed.split(b"\0\n"):
        head, _, text = entry.partition(b"\n")
        fields = os.fsdecode(head).split(" ")
        if len(fields) == _FIELDS and fields[0] == "tag":
            _, id_, of, kind, name = fields
            said, commit = _behind(git, of, kind)
            for message, words in ((id_, text), *said):
                yield Message(id=message, commit=commit, text=words, tag=name)


def _behind(git: Asker, id_: str, kind: str) -> tuple[list[tuple[str, bytes]], str]:
    """The tags that a tag is of, each with its message, and the commit behind all of them.

    One names the other in the head of its object.
    """
    said = []
    while kind == "tag":
        head, _, text = git.command("cat-file", "tag", id_).stdout.partition(b"\n\n")
        said.append((id_, text))
        lines = (line.partition(" ") for line in os.fsdecode(head).splitlines())
        fields = {field: value for field, _, value in lines}
        id_, kind = fields["object"], fields["type"]
    return said, id_ if kind == "commit" else ""
