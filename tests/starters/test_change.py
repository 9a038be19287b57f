from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import IncompleteError, UsageError
from pipeline.starters.change import Change, compare, read, write
from pipeline.starters.propose import Proposal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder.resolve()


def files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_new_same_and_different_files_are_told_apart(root: Path) -> None:
    (root / "same").write_text("a\n")
    (root / "other").write_text("b\n")
    made = compare(
        root, [Proposal("new/x", "a\n"), Proposal("same", "a\n"), Proposal("other", "a\n")]
    )
    assert [(one.is_new, one.is_needed) for one in made] == [
        (True, True),
        (False, False),
        (False, True),
    ]


def test_a_diff_says_what_comes_and_goes() -> None:
    change = Change("a/x.yml", b"one\ntwo\n", b"one\n\tthree\n")
    assert list(change.diff()) == [
        "--- a/a/x.yml",
        "+++ b/a/x.yml",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+    three",
    ]
    assert next(iter(Change("x", None, b"a\n").diff())) == "--- /dev/null"


def test_a_diff_is_safe_for_a_terminal() -> None:
    change = Change("x", b"\x1b[2Jgone\r\xff\n\xe2\x80\xaeevil\n", b"a\n")
    for line in change.diff():
        assert line.isprintable() or "\ufffd" in line
        assert "\x1b" not in line
        assert "\r" not in line
        assert "\u202e" not in line


def test_everything_is_written_and_nothing_is_left_beside_it(root: Path) -> None:
    (root / "old").write_text("before\n")
    (root / "old").chmod(0o755)
    write(root, compare(root, [Proposal("a/b/new", "ä\n"), Proposal("old", "after\n")]))
    assert files(root) == {"a/b/new": "ä\n", "old": "after\n"}
    assert (root / "old").stat().st_mode & 0o777 == 0o755
    assert (root / "a/b/new").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("point", ["mkstemp", "replace", "last replace"])
def test_a_disk_that_refuses_leaves_what_was_there(
    root: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    (root / "old").write_text("before\n")
    changes = compare(
        root, [Proposal("old", "x\n"), Proposal("a/b/new", "x\n"), Proposal("z", "x\n")]
    )
    if point == "mkstemp":
        real = os.open

        def refuse(path: str, *arguments: object, **named: object) -> int:
            if ".z." in str(path):
                raise OSError(28, "No space left on device")
            return real(path, *arguments, **named)  # type: ignore[arg-type]  # as it came

        monkeypatch.setattr(os, "open", refuse)
    else:
        calls = []
        move = Path.replace

        def stop(self: Path, target: Path) -> Path:
            calls.append(target)
            if len(calls) == (3 if point == "last replace" else 1):
                raise OSError(28, "No space left on device")
            return move(self, target)

        monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(IncompleteError, match="No space left"):
        write(root, changes)
    assert files(root) == {"old": "before\n"}
    assert not (root / "a").exists()


def test_a_link_out_of_the_tree_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / ".github").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(UsageError, match=r"\.github: a symbolic link stands where a folder"):
        compare(root, [Proposal(".github/workflows/x.yml", "x\n")])
    (root / "noxfile.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(UsageError, match="a symbolic link stands where a file belongs"):
        compare(root, [Proposal("noxfile.py", "x\n")])
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_is_in_the_way_is_named(root: Path) -> None:
    (root / "noxfile.py").mkdir()
    (root / ".github").write_text("")
    with pytest.raises(UsageError, match=r"noxfile\.py: no file stands where a file belongs"):
        read(root, "noxfile.py")
    with pytest.raises(UsageError, match="no folder stands where a folder belongs"):
        read(root, ".github/dependabot.yml")
    assert read(root, "none/x") is None
