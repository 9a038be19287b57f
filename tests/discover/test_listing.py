"""Which files count, and that nothing is left out without being listed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.discover import listing as room
from pipeline.discover.listing import list_files
from pipeline.model import Gap
from tests.kit.git import git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.discover.listing import Listing

LEFT_OUT = {
    "node_modules": "packages that npm installed",
    "web/node_modules": "packages that npm installed",
    "lib/python3/site-packages": "packages that Python installed",
    "vendor": "vendored Go modules",
    "php/vendor": "vendored PHP packages",
}
FILES = {
    "main.py": "",
    "package.json": "{}",
    "node_modules/a/package.json": "{}",
    "node_modules/a/node_modules/b/package.json": "{}",
    "web/node_modules/c/package.json": "{}",
    "web/index.js": "",
    "env/pyvenv.cfg": "",
    "env/lib/x.py": "",
    "lib/python3/site-packages/x.py": "",
    "third_party/x/go.mod": "",
    "src/pip/_vendor/x.py": "",
    "vendor/modules.txt": "",
    "vendor/x/x.go": "",
    "php/vendor/autoload.php": "",
    "other/vendor/own.py": "",
}
COUNTED = (
    # Anybody can call a folder so, or put such a file into it.
    "env/lib/x.py",
    "env/pyvenv.cfg",
    "main.py",
    "other/vendor/own.py",
    "package.json",
    "src/pip/_vendor/x.py",
    "third_party/x/go.mod",
    "web/index.js",
)


def fill(root: Path, files: dict[str, str] | Sequence[str]) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name] if isinstance(files, dict) else "")


def track(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "-Af")


def excluded(found: Listing) -> dict[str, str]:
    return {part.path: part.why for part in found.excluded}


@pytest.mark.parametrize("tracked", [False, True])
def test_copied_trees_are_left_out_and_listed(tmp_path: Path, *, tracked: bool) -> None:
    fill(tmp_path, FILES)
    if tracked:
        track(tmp_path)
    found = list_files(tmp_path, ())
    assert found.files == COUNTED
    assert found.total == len(COUNTED)
    assert excluded(found) == LEFT_OUT
    assert (found.git is not None) is tracked
    assert found.unread == ()


@pytest.mark.parametrize("tracked", [False, True])
def test_the_policy_excludes_the_topmost_match(tmp_path: Path, *, tracked: bool) -> None:
    fill(tmp_path, ["a/x/1", "a/x/y/2", "a/z", "b/t.txt", "t.txt", "node_modules/x"])
    if tracked:
        track(tmp_path)
    found = list_files(tmp_path, ["a/x", "**/*.txt", "nothing"])
    assert found.files == ("a/z",)
    assert excluded(found) == {
        "a/x": "excluded by the policy",
        "b/t.txt": "excluded by the policy",
        "t.txt": "excluded by the policy",
        "node_modules": "packages that npm installed",
    }


@pytest.mark.parametrize("tracked", [False, True])
def test_our_own_output_is_left_out_at_the_root_only(tmp_path: Path, *, tracked: bool) -> None:
    fill(tmp_path, [".supply-chain/plan.json", "a/.supply-chain/x"])
    if tracked:
        track(tmp_path)
    found = list_files(tmp_path, ())
    assert found.files == ("a/.supply-chain/x",)
    assert excluded(found) == ({".supply-chain": "our own output"} if tracked else {})


def left_out(found: Listing) -> dict[str, str]:
    """The gaps by path; all of them are of this one kind."""
    assert {part.gap for part in found.unread} <= {Gap.LEFT_OUT}
    return {part.location.path: part.why for part in found.unread}


HIDDEN = {
    "node_modules/requirements.txt": "packages that npm installed",
    "a/site-packages/x/uv.lock": "packages that Python installed",
    "vendor/requirements.txt": "vendored Go modules",
    ".supply-chain/web/yarn.lock": "our own output",
}


def test_a_lock_that_was_committed_into_what_is_left_out_is_a_gap(tmp_path: Path) -> None:
    fill(tmp_path, [*HIDDEN, "package.json", "vendor/modules.txt", "vendor/a/go.sum"])
    track(tmp_path)
    assert left_out(list_files(tmp_path, ())) == {
        ".supply-chain": "taken for our own output, and yet there is 1 committed lockfile in it",
        "a/site-packages": "taken for packages that Python installed, and yet there is"
        " 1 committed lockfile in it",
        "node_modules": "taken for packages that npm installed, and yet there is"
        " 1 committed lockfile in it",
        "vendor": "taken for vendored Go modules, and yet there are 2 committed lockfiles in it",
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["node_modules/a/package.json"], ["node_modules"]),
        (["web/node_modules/a/x.js", "other/package.json"], ["web/node_modules"]),
        (["web/node_modules/a/node_modules/b/package.json"], ["web/node_modules"]),
        (["web/static/node_modules/a/x.js", "web/package.json"], []),
        (["node_modules/a/x.js", "package.json"], []),
        (["web/node_modules/a/x.js", "package.json"], []),
        (["my_node_modules/a/x.js", "node_modules.js"], []),
    ],
)
def test_committed_packages_that_no_project_declares_are_a_gap(
    tmp_path: Path, files: list[str], expected: list[str]
) -> None:
    fill(tmp_path, files)
    assert left_out(list_files(tmp_path, ())) == {}
    track(tmp_path)
    why = "taken for packages that npm installed, and no package.json above says which"
    assert left_out(list_files(tmp_path, ())) == dict.fromkeys(expected, why)
    assert left_out(list_files(tmp_path, ["**/node_modules"])) == {}


def test_what_the_policy_excludes_is_no_gap(tmp_path: Path) -> None:
    fill(tmp_path, [*HIDDEN, "vendor/modules.txt"])
    track(tmp_path)
    patterns = ["**/node_modules", "a", "vendor/**", ".supply-chain"]
    assert left_out(list_files(tmp_path, patterns)) == {}


def test_a_lock_that_git_does_not_track_there_is_none(tmp_path: Path) -> None:
    fill(tmp_path, ["main.py"])
    track(tmp_path)
    fill(tmp_path, [*HIDDEN, "vendor/modules.txt"])
    assert left_out(list_files(tmp_path, ())) == {}


def test_a_submodule_is_a_gap_unless_the_policy_excludes_it(tmp_path: Path) -> None:
    fill(tmp_path, ["a"])
    track(tmp_path)
    commit = f"160000,{'01' * 20},libs/theirs"
    git(tmp_path, "update-index", "--add", "--cacheinfo", commit)
    assert left_out(list_files(tmp_path, ())) == {
        "libs/theirs": "a submodule: nothing in it was looked at"
    }
    assert left_out(list_files(tmp_path, ["libs"])) == {}


def test_outside_of_git_whatever_has_a_dot_git_is_a_gap(tmp_path: Path) -> None:
    fill(tmp_path, ["a", "inner/.git", "inner/requirements.txt"])
    assert left_out(list_files(tmp_path, ())) == {
        "inner": "there is a .git in it, as in a repository of its own: it was not looked at"
    }
    assert left_out(list_files(tmp_path, ["inner"])) == {}


@pytest.mark.parametrize("tracked", [False, True])
def test_repositories_inside_are_left_out(tmp_path: Path, *, tracked: bool) -> None:
    fill(tmp_path, ["a"])
    if tracked:
        track(tmp_path)
    (tmp_path / "inner").mkdir()
    fill(tmp_path, ["inner/x", "deep/er/y"])
    track(tmp_path / "inner")
    track(tmp_path / "deep" / "er")
    found = list_files(tmp_path, ())
    assert found.files == ("a",)
    assert excluded(found) == dict.fromkeys(
        ["inner", "deep/er"], "a repository of its own: scan it by itself"
    )


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    fill(tmp_path, ["outside/x"])
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(root)
    assert list_files(root, ()).files == ("folder", "loop")


@pytest.mark.parametrize("tracked", [False, True])
def test_names_that_are_no_text_are_reported(tmp_path: Path, *, tracked: bool) -> None:
    fill(tmp_path, ["a", "new\nline", "ü"])
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9") / "uv.lock").touch()
    if tracked:
        track(tmp_path)
    found = list_files(tmp_path, ())
    assert found.files == ("a", "new\nline", "ü")
    assert found.total == 4
    assert [(part.location.path, part.gap) for part in found.unread] == [
        ("caf\\xe9/uv.lock", Gap.UNSUPPORTED_INPUT)
    ]


def test_a_folder_that_cannot_be_listed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, ["a", "closed/b"])
    real = os.scandir

    def scandir(path: Path) -> object:
        # Others scan too, by file descriptor: a coverage tool, for one.
        if isinstance(path, Path) and path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list_files(tmp_path, ())
    assert found.files == ("a",)
    assert [(part.location.path, part.why) for part in found.unread] == [
        ("closed", "the folder cannot be listed: Permission denied")
    ]


def test_too_many_files_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, ["a/1", "a/2", "a/3", "b/4"])
    monkeypatch.setattr(room, "MAX_FILES", 0)
    found = list_files(tmp_path, ())
    assert found.total < 4
    assert [part.gap for part in found.unread] == [Gap.TOO_LARGE]


def test_a_very_deep_tree(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("x", os.O_CREAT, dir_fd=folder))
    os.close(folder)
    found = list_files(tmp_path, ["**/nothing"])
    (tmp_path / found.files[0]).unlink()
    for depth in range(1200, 0, -1):  # too deep for what tidies up after the tests
        (tmp_path / ("d/" * depth)).rmdir()
    assert found.files == ("d/" * 1200 + "x",)


def test_when_git_cannot_tell_the_folder_is_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, ["a"])
    track(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    found = list_files(tmp_path, ())
    assert found.files == ("a",)
    assert found.git
    assert (found.git.commit, found.git.branch, found.git.dirty) == (None, None, None)
    assert [(part.location.path, part.gap) for part in found.unread] == [(".git", Gap.TOOL_MISSING)]


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare")
    found = list_files(tmp_path, ())
    assert (found.files, found.total, found.git) == ((), 0, None)
    assert [part.gap for part in found.unread] == [Gap.UNSUPPORTED_INPUT]
