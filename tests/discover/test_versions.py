"""Both lists come to the same, and one stands in for the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from pipeline.discover import versions
from pipeline.discover.git import Asker, opened
from pipeline.discover.past import past
from tests.kit.git import git

from .histories import commit


@pytest.fixture
def asker(root: Path) -> Iterator[Asker]:
    commit(root, a="1", b="2")
    git(root, "checkout", "-q", "-b", "side")
    commit(root, a="3", c="1")
    git(root, "checkout", "-q", "main")
    commit(root, b="4")
    git(root, "merge", "-q", "--no-edit", "side")
    with tempfile.TemporaryDirectory() as scratch:
        yield opened(root, root, Path(scratch))[0]


def by_changes(asker: Asker, **sizes: int) -> versions.Versions | None:
    stored: Future[dict[str, int]] = Future()
    stored.set_result(sizes or versions.stored(asker))
    return versions.by_changes(asker, ("--all",), stored)


def test_both_lists_have_the_same(asker: Asker) -> None:
    walked = by_changes(asker)
    listed = versions.by_objects(asker, ("--all",), (), partial=False)
    assert walked is not None
    assert walked.commits == listed.commits == 4
    assert {blob.id for blob in walked.blobs} == {blob.id for blob in listed.blobs}
    assert set(walked.messages) == set(listed.messages)
    assert [set(paths) for paths in walked.others.values()] in ([{"a"}], [{"c"}])
    assert not listed.others


def test_the_walk_comes_to_its_end_or_counts_for_nothing(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_changes(asker, other=1) is None, "a file version is not there"
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.discover.changes.OPTIONS", ("--format=%s",))
        assert by_changes(asker) is None, "git says something else"
    monkeypatch.setattr(versions, "_CHANGES_LIMIT", 100)
    assert by_changes(asker) is None, "it says too much"


def test_a_history_is_the_same_by_either_list(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = past(asker.root)
    monkeypatch.setattr(versions, "_CHANGES_LIMIT", 100)
    listed = past(asker.root)
    assert walked is not None
    assert listed is not None
    assert walked.root == listed.root
    assert walked.commits == listed.commits
    assert walked.stored == listed.stored
    assert {blob.id for blob in walked.blobs} == {blob.id for blob in listed.blobs}
    assert set(walked.messages) == set(listed.messages)


def test_only_what_is_new_is_listed(asker: Asker) -> None:
    base = git(asker.root, "rev-parse", "side")
    found = versions.by_objects(asker, ("--all",), (base,), partial=False)
    assert found.commits == 4, "all of them are counted"
    assert [blob.path for blob in found.blobs] == ["b"]
    assert len(found.messages) == 2
