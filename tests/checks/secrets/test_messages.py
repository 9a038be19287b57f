"""Messages of commits and tags as files of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.secrets import messages
from pipeline.checks.secrets.messages import NOTHING, Origin, lay, new
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.remember import Memory
from pipeline.discover.messages import Message
from pipeline.discover.past import Past


class Kept(StandIn):
    """A stand-in that can say what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, bytes] = {}

    def blob(self, content: bytes) -> str:
        id_ = super().blob(content)
        self.blobs[id_] = content
        return id_


def of(*texts: bytes) -> list[Message]:
    return [Message(id=str(n), commit=str(n), text=text) for n, text in enumerate(texts)]


@given(st.lists(st.lists(st.sampled_from([b"", b"a", b"\r", b"b\x0c"])).map(b"\n".join)))
@settings(deadline=None)
def test_every_line_is_known_for_whose_it_is(texts: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "MAX_PART", 20)
        stand_in = Kept()
        told = lay(of(*texts), stand_in)
    seen: dict[int, list[bytes]] = {}
    for name, id_ in told.tree.items():
        for number, line in enumerate(stand_in.blobs[id_].split(b"\n"), start=1):
            at = told.at(name, number)
            assert at is not None
            origin, here = at
            lines = seen.setdefault(int(origin.commit), [])
            lines.append(line)
            assert here == len(lines)
    assert len(seen) == len(texts)
    for number, text in enumerate(texts):
        assert b"\n".join(seen[number]).startswith(text)


def test_a_file_holds_so_much_or_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_PART", 10)
    told = lay(of(b"x" * 30, b"a" * 5, b"b" * 5, b"c"), StandIn())
    assert [len(starts) for starts in told.starts.values()] == [1, 2, 1]
    assert list(told.starts) == list(told.tree)


def test_no_message_is_no_file() -> None:
    assert lay([], StandIn()) == NOTHING
    assert NOTHING.at("messages/000000.txt", 1) is None


def test_how_places_are_called() -> None:
    said = [
        Message(id="1", commit="1", text=b"x"),
        Message(id="2", commit="1", text=b"y", tag="refs/tags/v1"),
    ]
    told = lay(said, StandIn())
    (name,) = told.tree
    assert told.at(name, 1) == (Origin("1", ".git/message of a commit"), 1)
    assert told.at(name, 3) == (Origin("1", ".git/message of refs/tags/v1"), 1)
    assert told.at("other.txt", 1) is None


def test_the_same_messages_are_another_object_in_each_run() -> None:
    assert lay(of(b"x"), StandIn()).tree != lay(of(b"x"), StandIn()).tree


def test_what_was_read_before_is_not_new() -> None:
    past = Past(
        objects=Path("o"),
        below="",
        tips=("t",),
        commits=1,
        blobs=(),
        messages=(
            Message(id="1", commit="1", text=b""),
            Message(id="2", commit="1", text=b"", tag="refs/tags/v1"),
            Message(id="3", commit="1", text=b"", tag="refs/tags/v2"),
        ),
    )
    memory = Memory(key="", tips=("t",), seen=(), tags=("2",))
    assert [one.id for one in new(past, memory)] == ["1", "3"]
    assert [one.id for one in new(past, None)] == ["1", "2", "3"]
