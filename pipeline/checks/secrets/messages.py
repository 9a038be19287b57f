"""The messages of commits and tags, as files of ours: the engine reads files alone.

Many stand in one file, one below the other, so the line of a hit tells whose message it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pipeline.checks.secrets import overlooked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.checks.secrets.objects import StandIn
    from pipeline.checks.secrets.remember import Memory
    from pipeline.discover.messages import Message
    from pipeline.discover.past import Past

FOLDER = "messages/"
"""Where in a commit of ours they lie."""
MAX_PART = 1024 * 1024
"""Bytes of messages in one file, unless one is larger: files are read side by side."""

_BETWEEN = b"\n\n"


class Origin(NamedTuple):
    """What a message belongs to: a commit, "" for none, and how its place is called."""

    commit: str
    path: str


@dataclass(frozen=True, slots=True)
class Told:
    """Messages as files of a commit of ours.

    `tree` has the id of each file by its name, `starts` the lines at which its messages begin, in
    order, with what each belongs to.
    """

    tree: Mapping[str, str]
    starts: Mapping[str, tuple[tuple[int, Origin], ...]]

    def at(self, name: str, line: int) -> tuple[Origin, int] | None:
        """Whose message stands at a line of a file, and the line in it; `None` for other files."""
        starts = self.starts.get(name)
        if starts is None:
            return None
        first, origin = starts[bisect_right(starts, line, key=lambda start: start[0]) - 1]
        return origin, line - first + 1


NOTHING = Told({}, {})


def new(found: Past, memory: Memory | None) -> list[Message]:
    """Those messages of a history that no earlier look has read."""
    known = frozenset(memory.tags if memory else ())
    return [message for message in found.messages if message.id not in known]


def lay(said: Sequence[Message], stand_in: StandIn) -> Told:
    """Put messages among the files of a commit of ours."""
    tree, starts = {}, {}
    for number, part in enumerate(_parts(said)):
        name = f"{FOLDER}{number:06}.txt"
        texts, begun, line = [], [], 1
        for message in part:
            text = message.text + _BETWEEN
            begun.append((line, Origin(message.commit, _path(message))))
            texts.append(text)
            line += text.count(b"\n")
        starts[name] = tuple(begun)
        tree[name] = stand_in.blob(b"".join(texts) + overlooked.mark())
    return Told(tree, starts)


def _parts(said: Sequence[Message]) -> Iterator[list[Message]]:
    part: list[Message] = []
    size = 0
    for message in said:
        if part and size + len(message.text) > MAX_PART:
            yield part
            part, size = [], 0
        part.append(message)
        size += len(message.text)
    if part:
        yield part


def _path(message: Message) -> str:
    return f".git/message of {message.tag or 'a commit'}"
