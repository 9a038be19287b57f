from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pipeline.locks.draft import (
    MAX_UNREAD,
    Draft,
    RefusedError,
    last_line,
)
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.tree import Tree


@pytest.mark.parametrize(("text", "line"), [("", 1), ("a", 1), ("a\n", 1), ("a\nb", 2)])
def test_last_line(text: str, line: int) -> None:
    assert last_line(text) == line


def package(name: str, version: str | None = "1", source: Source = Source()) -> Package:  # noqa: B008
    return Package(
        ecosystem="PyPI",
        name=name,
        version=version,
        location=Location(path="x", line=1),
        source=source,
        direct=False,
    )


def test_edges_name_a_version_where_a_lock_holds_several(tmp_path: Any) -> None:
    draft = Draft(Tree.at(tmp_path), "x")
    own = Source(origin=Origin.WORKSPACE, url=".")
    draft.add(package("app", None, own), [("a", None), ("b", "2"), ("gone", None)])
    draft.add(package("a"), [("b", None), ("a", None), ("c", "7")])
    draft.add(package("b", "1"))
    draft.add(package("b", "2"), [("b", "1")])
    draft.add(package("c"))
    lock = draft.lock("f", "PyPI")
    assert {p.key: p.requires for p in lock.packages} == {
        "app": ("a", "b==2"),
        "a==1": ("b==1", "b==2", "c"),
        "b==1": (),
        "b==2": ("b==1",),
        "c==1": (),
    }
    assert {p.key: p.direct for p in lock.packages} == {
        "app": None,
        "a==1": True,
        "b==1": False,
        "b==2": True,
        "c==1": False,
    }


def test_too_many_misses_give_up(tmp_path: Any) -> None:
    draft = Draft(Tree.at(tmp_path), "x")
    for number in range(MAX_UNREAD - 1):
        draft.miss("no", line=number + 1)
    with pytest.raises(RefusedError) as caught:
        draft.miss("no", line=MAX_UNREAD)
    assert caught.value.unread.gap is Gap.TOO_LARGE
    assert caught.value.unread.location.line == MAX_UNREAD


def test_too_many_packages_give_up(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.locks.draft.MAX_PACKAGES", 2)
    draft = Draft(Tree.at(tmp_path), "x")
    draft.add(package("a"))
    draft.add(package("b"))
    with pytest.raises(RefusedError) as caught:
        draft.add(package("c"))
    assert caught.value.unread.gap is Gap.TOO_LARGE
    assert [found.name for found in draft.lock("f", "PyPI").packages] == ["a", "b"]


def test_the_digest_covers_every_file(tmp_path: Any) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    draft = Draft(Tree.at(tmp_path), "a")
    draft.open("a")
    one = draft.lock("f", "PyPI")
    digest = hashlib.sha256(b"a").hexdigest()
    assert one.digest == f"sha256:{digest}"
    draft.open("b")
    two = draft.lock("f", "PyPI")
    assert two.files == ("a", "b")
    listing = f"{digest}  a\n{hashlib.sha256(b'b').hexdigest()}  b\n"
    assert two.digest == f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}"
