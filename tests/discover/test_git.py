"""Git's answers about clean, changed and unusual working trees, and what it cannot vouch for."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from pipeline.discover.git import is_bare, working_tree
from pipeline.model import Gap, Git
from tests.kit.git import git

from .conftest import ask, write

# ------------------------------------------------------------------------------------- facts


def test_a_clean_checkout(repository: Path) -> None:
    found = ask(repository)
    assert found.git == Git(
        commit=git(repository, "rev-parse", "HEAD"),
        branch="main",
        dirty=False,
        remote=None,
        shallow=False,
    )
    assert found.files == {".gitignore", "a", "b/c"}
    assert found.repositories == frozenset()
    assert found.unread == ()


def test_untracked_files_count_and_ignored_ones_do_not(repository: Path) -> None:
    write(repository, new="", ignored="", b__x_dot_log="", own="")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text("own\n")
    found = ask(repository)
    assert found.files == {".gitignore", "a", "b/c", "new"}
    assert found.git.dirty is True


def test_our_own_output_does_not_make_it_dirty(repository: Path) -> None:
    (repository / ".supply-chain").mkdir()
    (repository / ".supply-chain" / "plan.json").write_text("{}")
    assert ask(repository).git.dirty is False
    (repository / "b" / ".supply-chain").mkdir()
    (repository / "b" / ".supply-chain" / "plan.json").write_text("{}")
    assert ask(repository).git.dirty is True


@pytest.mark.parametrize("change", ["edit", "stage", "delete", "mode", "conflict"])
def test_changed_files_make_it_dirty(repository: Path, change: str) -> None:
    match change:
        case "edit":
            write(repository, a="changed\n")
        case "stage":
            write(repository, a="changed\n")
            git(repository, "add", "a")
        case "delete":
            (repository / "a").unlink()
        case "mode":
            (repository / "a").chmod(0o755)
        case _:
            git(repository, "checkout", "-qb", "other")
            write(repository, a="other\n")
            git(repository, "commit", "-qam", "other")
            git(repository, "checkout", "-q", "main")
            write(repository, a="main\n")
            git(repository, "commit", "-qam", "main")
            with pytest.raises(subprocess.CalledProcessError):
                git(repository, "merge", "other")
    found = ask(repository)
    assert found.git.dirty is True
    assert ("a" in found.files) is (change != "delete")
    assert found.unread == ()


def test_a_file_that_was_only_touched_is_not_changed(repository: Path) -> None:
    os.utime(repository / "a", (1, 1))
    assert ask(repository).git.dirty is False


def test_a_folder_of_a_repository(repository: Path) -> None:
    write(repository, outside="")
    found = ask(repository / "b")
    assert found.files == {"c"}
    assert found.git.dirty is False
    assert found.git.commit == git(repository, "rev-parse", "HEAD")
    (repository / "b" / ".supply-chain").mkdir()
    (repository / "b" / ".supply-chain" / "x").touch()
    assert ask(repository / "b").git.dirty is False


def test_a_folder_that_only_lies_in_a_repository_is_a_plain_one(repository: Path) -> None:
    (repository / "ignored").mkdir()
    write(repository, ignored__x="")
    assert working_tree((repository / "ignored").resolve()) is None


def test_a_plain_folder(tmp_path: Path) -> None:
    assert working_tree(tmp_path.resolve()) is None


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    write(tmp_path, a="")
    found = ask(tmp_path)
    assert found.git == Git(commit=None, branch="trunk", dirty=True, remote=None, shallow=False)
    assert found.files == {"a"}


def test_a_detached_head(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert ask(repository).git.branch is None
    assert ask(repository).git.commit == git(repository, "rev-parse", "HEAD")


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    write(repository, a="second\n")
    git(repository, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "clone")
    found = ask(tmp_path / "clone").git
    assert found.shallow is True
    assert found.dirty is False
    assert ask(repository).git.shallow is False


def test_a_submodule_and_the_repository_around_it(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository), "sub")
    git(outer, "commit", "-qm", "one")
    found = ask(outer)
    assert found.files == {".gitmodules"}
    assert found.repositories == {"sub"}
    assert found.git.dirty is False
    inner = ask(outer / "sub")
    assert inner.files == {".gitignore", "a", "b/c"}
    assert inner.git.dirty is False


def test_a_repository_inside_that_is_no_submodule(repository: Path) -> None:
    (repository / "inner").mkdir()
    git(repository / "inner", "init", "-q")
    write(repository, inner__x="")
    found = ask(repository)
    assert found.repositories == {"inner"}
    assert "inner/x" not in found.files
    assert found.git.dirty is True


def test_names_of_any_bytes(repository: Path) -> None:
    names = ["new\nline", " space ", "tab\t", "\udce9", 'q"uote', "[x]", "*", "ü"]
    for name in names:
        (repository / name).touch()
    assert ask(repository).files >= set(names)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "names")
    assert ask(repository).files >= set(names)
    assert ask(repository).git.dirty is False


@pytest.mark.parametrize(
    ("urls", "remote"),
    [
        ({"origin": "https://user:secret@example.org/a/b.git?x=1"}, "https://example.org/a/b.git"),
        ({"origin": "git@example.org:a/b.git", "fork": "https://f"}, "git@example.org:a/b.git"),
        ({"z": "https://z.example", "fork": "https://f.example"}, "https://f.example"),
        ({"origin": "/somebody/private/path"}, None),
        ({}, None),
    ],
)
def test_the_remote_carries_no_credentials(
    repository: Path, urls: dict[str, str], remote: str | None
) -> None:
    for name, url in urls.items():
        git(repository, "remote", "add", name, url)
    assert ask(repository).git.remote == remote


# ------------------------------------------------------------------- what git cannot vouch for


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_hidden_changes_are_not_taken_for_none(repository: Path, flag: str) -> None:
    git(repository, "update-index", flag, "a")
    write(repository, a="changed\n")
    found = ask(repository)
    assert found.git.dirty is None
    assert [(part.location.path, part.gap) for part in found.unread] == [
        (".", Gap.NOT_ACCOUNTED_FOR)
    ]
    assert "a" in found.files
    (repository / "a").unlink()
    found = ask(repository)
    assert "a" not in found.files
    assert [part.why for part in found.unread] == [
        "tracked files that are not checked out, and were not looked at: 1"
    ]


def test_a_file_that_only_a_filter_could_compare_is_not_known(repository: Path) -> None:
    write(repository, _dot_gitattributes="large filter=store\n", large="stored\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "large")
    write(repository, large="the large file itself\n")
    assert ask(repository).git.dirty is None
    write(repository, a="changed\n")
    assert ask(repository).git.dirty is True


def test_a_sparse_checkout_says_that_files_are_missing(repository: Path) -> None:
    git(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "nothing")
    found = ask(repository)
    assert found.files == {".gitignore", "a"}
    assert found.git.dirty is False
    assert [part.why for part in found.unread] == [
        "tracked files that are not checked out, and were not looked at: 1"
    ]


def test_paths_in_the_index_that_lead_outside_are_reported(repository: Path) -> None:
    """Git refuses to write such an index; a hostile repository comes with one."""
    write(repository.parent, ab__evil="")
    write(repository, zz__zz__evil="")
    git(repository, "add", "-A")
    git(repository, "update-index", "--index-version", "2")
    index = repository / ".git" / "index"
    content = index.read_bytes()[:-20].replace(b"zz/zz/evil", b"../ab/evil")
    index.write_bytes(content + hashlib.sha1(content).digest())
    found = ask(repository)
    assert found.files == {".gitignore", "a", "b/c", "zz/zz/evil"}
    assert [part.location.path for part in found.unread] == ["../ab/evil"]


def test_a_bare_repository_is_recognised(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    assert is_bare(tmp_path / "bare")
    assert working_tree((tmp_path / "bare").resolve()) is None
    assert not is_bare(repository)
