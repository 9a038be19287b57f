from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tree import Opener, Tree, UnreadableFileError, join


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "secret").write_text("outside")
    return folder


def test_reads_a_file_inside(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "b.txt").write_bytes(b"\xef\xbb\xbfhello")
    tree = Tree.at(root)
    assert tree.read("a/b.txt") == b"\xef\xbb\xbfhello"
    assert tree.text("a/b.txt") == "hello"
    assert tree.has("a/b.txt")
    assert not tree.has("a")
    assert not tree.has("missing")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", "a\0b"])
def test_a_path_that_leaves_is_refused(root: Path, path: str) -> None:
    with pytest.raises(UnreadableFileError, match="leaves the repository"):
        Tree.at(root).read(path)
    assert not Tree.at(root).has(path)


def test_a_link_that_leaves_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableFileError, match="leaves the repository"):
        Tree.at(root).read("link")


def test_a_link_that_stays_is_followed(root: Path) -> None:
    (root / "real").write_text("inside")
    (root / "link").symlink_to("real")
    assert Tree.at(root).read("link") == b"inside"


def test_a_loop_of_links_is_refused(root: Path) -> None:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    with pytest.raises(UnreadableFileError):
        Tree.at(root).read("one")
    assert not Tree.at(root).has("one")


def test_special_and_missing_files_are_refused_without_waiting(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    for name in ("pipe", "folder", "missing"):
        with pytest.raises(UnreadableFileError):
            Tree.at(root).read(name)


def test_a_large_file_is_refused(root: Path) -> None:
    (root / "large").write_bytes(b"x" * 11)
    with pytest.raises(UnreadableFileError, match="more than the limit of 10"):
        Tree.at(root).read("large", limit=10)
    assert len(Tree.at(root).read("large", limit=11)) == 11


def test_a_file_that_grows_while_it_is_read_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "growing").write_bytes(b"x" * 20)
    real = os.fstat

    def small(handle: int) -> os.stat_result:
        found = list(real(handle))
        found[6] = 5
        return os.stat_result(found)

    monkeypatch.setattr(os, "fstat", small)
    with pytest.raises(UnreadableFileError, match="grew"):
        Tree.at(root).read("growing", limit=10)


def test_the_beginning_of_a_file_of_any_size(root: Path) -> None:
    (root / "large").write_bytes(b"0123456789")
    assert Tree.at(root).head("large", size=4) == b"0123"
    assert Tree.at(root).head("large", size=40) == b"0123456789"
    with pytest.raises(UnreadableFileError, match="leaves the repository"):
        Tree.at(root).head("../large", size=4)


def test_text_that_is_not_utf8_is_refused(root: Path) -> None:
    (root / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(UnreadableFileError, match="not UTF-8 at byte 3"):
        Tree.at(root).text("latin")


def test_a_file_is_no_tree(root: Path) -> None:
    (root / "file").touch()
    with pytest.raises(UnreadableFileError, match="not a folder"):
        Tree.at(root / "file")


def test_join_normalises_without_climbing_silently() -> None:
    assert join("a/b", "../c") == "a/c"
    assert join(".", "x.txt") == "x.txt"
    assert join("a", "../../x") == "../x"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_nothing_outside_is_ever_read(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    folder = tmp_path_factory.mktemp("tree")
    inside = folder / "inside"
    inside.mkdir()
    (folder / "secret").write_text("outside")
    try:
        content = Tree.at(inside).read(path)
    except UnreadableFileError:
        return
    assert content != b"outside"


# --------------------------------------------------------------------------------- many files


def test_many_files_are_opened_folder_by_folder(root: Path) -> None:
    for name in ("a", "b/c", "b/d", "b/e/f", "g"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name)
    with Opener(root) as opener:
        for name in ("a", "b/c", "b/d", "b/e/f", "b/c", "g"):
            with opener.open(name) as file:
                assert file.read() == name.encode()


def test_no_link_is_followed_on_any_part_of_a_path(root: Path, tmp_path: Path) -> None:
    (root / "real").mkdir()
    (root / "real" / "file").write_text("x")
    (root / "folder").symlink_to("real")
    (root / "file").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "pipe")
    with Opener(root) as opener:
        for name in ("folder/file", "file", "pipe", "real", "missing", "real/file/x"):
            with pytest.raises(OSError, match=r".+"):
                opener.open(name)
        with opener.open("real/file") as file:
            assert file.read() == b"x"
