"""What a history says in words."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pipeline.discover.git import opened
from pipeline.discover.messages import Message, of_commits, of_tags
from pipeline.discover.past import past
from pipeline.discover.standin import Fault
from tests.kit.git import git

from .histories import commit


def listed(root: Path, *since: str) -> list[Message]:
    with tempfile.TemporaryDirectory() as scratch:
        asked, _, _ = opened(root, root, Path(scratch))
        return [*of_commits(asked, ("--all",), since), *of_tags(asked)]


def say(root: Path, text: str) -> str:
    git(root, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-", given=text.encode())
    return git(root, "rev-parse", "HEAD")


def test_every_commit_or_every_new_one(root: Path) -> None:
    first = say(root, "one\n\nbody\n")
    second = say(root, "two\n")
    found = {message.id: message.text for message in listed(root)}
    assert found == {first: b"one\n\nbody\n", second: b"two\n"}
    assert {message.commit for message in listed(root)} == {first, second}
    assert [message.id for message in listed(root, first)] == [second]


def test_tags_and_tags_of_tags(root: Path) -> None:
    tip = commit(root, a="1")
    git(root, "tag", "light")
    git(root, "tag", "-a", "v1", "-m", "first")
    git(root, "tag", "-a", "v2", "-m", "second", "v1")
    git(root, "tag", "-a", "v3", "-m", "third", "v2")
    git(root, "tag", "-a", "file", "-m", "a file's", "HEAD:a")
    found = [message for message in listed(root, tip) if message.tag]
    assert {(one.tag.removeprefix("refs/tags/"), one.text, one.commit) for one in found} == {
        ("v1", b"first\n", tip),
        ("v2", b"second\n", tip),
        ("v2", b"first\n", tip),
        ("v3", b"third\n", tip),
        ("v3", b"second\n", tip),
        ("v3", b"first\n", tip),
        ("file", b"a file's\n", ""),
    }
    assert {one.id for one in found if one.text == b"first\n"} == {git(root, "rev-parse", "v1")}


def test_another_encoding_comes_as_utf_8(root: Path) -> None:
    git(
        root,
        *("-c", "i18n.commitEncoding=latin1", "commit", "-q", "--allow-empty", "-F", "-"),
        given="Schlüssel".encode("latin1"),
    )
    assert listed(root)[0].text == "Schlüssel\n".encode()


def test_they_come_with_the_past(root: Path) -> None:
    first = commit(root, a="1")
    git(root, "tag", "-a", "v1", "-m", "first")
    tip = commit(root, a="2")
    whole = past(root)
    assert whole is not None
    assert {one.id for one in whole.messages} == {first, tip, git(root, "rev-parse", "v1")}
    new = past(root, since=lambda _: (first,))
    assert new is not None
    assert {one.id for one in new.messages} == {tip, git(root, "rev-parse", "v1")}


def test_a_folder_inside_a_repository_has_none(root: Path) -> None:
    (root / "inside").mkdir()
    (root / "inside" / "file").write_text("1")
    commit(root)
    found = past(root / "inside")
    assert found is not None
    assert (found.below, found.messages, found.unheard) == ("inside/", (), "")


def test_more_than_git_may_say(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.discover.messages._LIMIT", 100)
    say(root, "x" * 200)
    with pytest.raises(Fault, match="more than 100 bytes"):
        listed(root)
    monkeypatch.setattr("pipeline.discover.versions._CHANGES_LIMIT", 100)
    found = past(root)
    assert found is not None
    assert found.messages == ()
    assert "could not be listed" in found.unheard
    assert found.commits == 1
