"""Git's answers about hostile, broken and unusual repositories: facts, and never a program run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.discover import git as room
from pipeline.discover.git import Unknown, WorkingTree, is_bare, working_tree
from pipeline.model import Gap, Git

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, check=True
    )
    return os.fsdecode(done.stdout).strip()


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, a="a\n", b__c="c\n", _dot_gitignore="ignored\n*.log\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


def ask(root: Path) -> WorkingTree:
    found = working_tree(root.resolve())
    assert isinstance(found, WorkingTree), found
    return found


def unknown(root: Path) -> tuple[str, Gap]:
    found = working_tree(root.resolve())
    assert isinstance(found, Unknown), found
    return found.unread.why, found.unread.gap


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


def test_packed_references_and_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256")
    write(tmp_path, a="")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "pack-refs", "--all")
    git(tmp_path, "repack", "-qad")
    found = ask(tmp_path).git
    assert found.commit == git(tmp_path, "rev-parse", "HEAD")
    assert len(found.commit) == 64
    assert found.dirty is False


def test_a_split_index(repository: Path) -> None:
    git(repository, "update-index", "--split-index")
    write(repository, d="")
    git(repository, "add", "d")
    assert list((repository / ".git").glob("sharedindex.*"))
    assert ask(repository).files == {".gitignore", "a", "b/c", "d"}


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    write(repository, a="second\n")
    git(repository, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "clone")
    found = ask(tmp_path / "clone").git
    assert found.shallow is True
    assert found.dirty is False
    assert ask(repository).git.shallow is False


def test_a_linked_working_tree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    write(tmp_path / "linked", side="")
    found = ask(tmp_path / "linked")
    assert (found.git.branch, found.git.dirty) == ("side", True)
    assert found.files == {".gitignore", "a", "b/c", "side"}


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


def test_line_endings_that_git_converts_are_no_change(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "TRUE")
    (repository / "a").unlink()
    git(repository, "checkout", "a")
    assert (repository / "a").read_bytes() == b"a\r\n"
    os.utime(repository / "a", (1, 1))  # git has to compare the content
    assert ask(repository).git.dirty is False
    git(repository, "config", "core.autocrlf", "false")
    assert ask(repository).git.dirty is True


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


def test_git_is_not_installed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert unknown(repository) == (
        "git could not tell which files belong here: git is not installed",
        Gap.TOOL_MISSING,
    )
    assert unknown(repository / "b")[1] == Gap.TOOL_MISSING


def test_git_takes_too_long(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_SECONDS", 0.0)
    assert unknown(repository)[1] == Gap.TOOL_FAILED


def _replace(path: Path, content: bytes | str | None) -> None:
    """Put a file in place of whatever is there: `None` stands for a pipe that nobody writes to."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if content is None:
        os.mkfifo(path)
    elif isinstance(content, str):
        path.symlink_to(content)
    else:
        path.write_bytes(content)


BROKEN: dict[str, tuple[str, bytes | str | None]] = {
    "index": ("index", b"DIRC" + b"\xff" * 100),
    "head leads outside": ("HEAD", b"ref: ../../elsewhere\n"),
    "no head": ("HEAD", "nowhere"),
    "head is a pipe": ("HEAD", None),
    "no objects": ("objects", "nowhere"),
    "config": ("config", b"[broken"),
    "config is large": ("config", b"#" * (1024 * 1024 + 1)),
    "config is a pipe": ("config", None),
    "unknown format": ("config", b"[extensions]\n\trefstorage = reftable\n\tobjectformat=sha1"),
    "file": ("", b"nonsense"),
    "file with two lines": ("", b"gitdir: .\nx"),
    "file to nowhere": ("", b"gitdir: /nowhere/at/all\n"),
    "file to itself": ("", b"gitdir: .git\n"),
    "pipe": ("", None),
    "link to nowhere": ("", "nowhere"),
    "link to itself": ("", ".git"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_repository_is_an_answer(repository: Path, how: str) -> None:
    name, content = BROKEN[how]
    _replace(repository / ".git" / name, content)
    why, gap = unknown(repository)
    assert "/supply-chain-git-" not in why
    assert str(repository) not in why
    assert why.startswith("git could not tell which files belong here: ")
    assert gap in {Gap.TOOL_FAILED, Gap.PARSE_ERROR, Gap.INPUT_MISSING}


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


def test_a_repository_without_settings(repository: Path) -> None:
    (repository / ".git" / "config").unlink()
    assert ask(repository).git.dirty is False


def test_a_bare_repository_is_recognised(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    assert is_bare(tmp_path / "bare")
    assert working_tree((tmp_path / "bare").resolve()) is None
    assert not is_bare(repository)


# --------------------------------------------------------------------------------- canaries


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def sing(canary: Path, tmp_path: Path) -> str:
    """A program that leaves a file behind and then behaves like `cat`."""
    program = tmp_path / "sing"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
    program.chmod(0o755)
    return str(program)


def _plant(root: Path, program: str) -> None:
    """Everything by which a repository's own files can make git start a program."""
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass",
        "core.gitProxy", "core.alternateRefsCommand", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "merge.evil.driver", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "filter.e=v.clean", "filter.e.v=x.clean", "credential.helper",
        "gpg.program", "sequence.editor", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
        "remote.origin.vcs", "pager.status", "pager.ls-files", "pager.config",
        "interactive.diffFilter", "trace2.eventTarget", "sendemail.sendmailCmd", "http.proxy",
    ):  # fmt: skip
        git(root, "config", key, program)
    for command in ("status", "ls-files", "config"):
        git(root, "config", f"alias.{command}", f"!{program}")
    git(root, "config", "filter.evil.required", "true")
    git(root, "config", "core.hooksPath", ".hooks")
    git(root, "config", "core.worktree", "/")
    git(root, "config", "core.attributesFile", "attributes")
    git(root, "config", "include.path", "../included")
    git(root, "config", "protocol.allow", "always")
    git(root, "config", "protocol.ext.allow", "always")
    git(root, "config", "remote.origin.url", f"ext::{program}")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.partialclonefilter", "blob:none")
    git(root, "config", "core.repositoryformatversion", "1")
    git(root, "config", "extensions.partialClone", "origin")
    hooks = [root / ".hooks", root / ".git" / "hooks"]
    for folder in hooks:
        folder.mkdir(exist_ok=True)
        for hook in ("fsmonitor-watchman", "post-index-change", "post-checkout", "pre-auto-gc",
                     "reference-transaction", "query-watchman"):  # fmt: skip
            shutil.copy(program, folder / hook)
    write(root, included=f"[core]\n\tfsmonitor = {program}\n[alias]\n\tx = !{program}\n")
    (root / ".gitattributes").write_text(
        "a filter=evil diff=evil merge=evil\nb/c filter=e=v\n* filter=e.v=x\n* diff=evil\n"
    )
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    (root / "attributes").write_text("* filter=evil\n")


def test_nothing_of_a_hostile_repository_runs(
    repository: Path, canary: Path, tmp_path: Path
) -> None:
    _plant(repository, sing(canary, tmp_path))
    assert not canary.exists()
    write(repository, a="changed, so that git has to compare\n", b__c="changed too\n")
    found = ask(repository)
    assert found.git.commit
    assert found.git.dirty is True
    assert "a" in found.files
    assert not canary.exists(), canary.read_text()


def test_a_missing_object_is_not_fetched(repository: Path, canary: Path, tmp_path: Path) -> None:
    """A promised object that is not there makes git start the transport of its remote."""
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    _plant(repository, sing(canary, tmp_path))
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    assert unknown(repository)[1] == Gap.TOOL_FAILED
    assert not canary.exists(), canary.read_text()


def test_a_submodule_does_not_run_its_own_settings(
    repository: Path, canary: Path, tmp_path: Path
) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository), "sub")
    program = sing(canary, tmp_path)
    git(outer / "sub", "config", "core.fsmonitor", program)
    git(outer / "sub", "config", "filter.evil.clean", program)
    write(outer / "sub", _dot_gitattributes="* filter=evil\n", a="changed\n")
    assert ask(outer).repositories == {"sub"}
    assert ask(outer / "sub").git.dirty is True
    assert not canary.exists(), canary.read_text()


def test_the_canary_would_sing(repository: Path, canary: Path, tmp_path: Path) -> None:
    """Plain git does run what was planted: the tests above can fail."""
    _plant(repository, sing(canary, tmp_path))
    git(repository, "config", "--unset", "core.worktree")
    write(repository, a="changed\n")
    subprocess.run(
        ["git", "status"], cwd=repository, env=ENVIRONMENT, capture_output=True, check=False
    )
    assert canary.exists()


def test_variables_of_ours_do_not_reach_git(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    assert ask(repository).files == {".gitignore", "a", "b/c"}


def test_the_repository_is_not_written_to(repository: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in sorted(repository.rglob("*"))
        }

    os.utime(repository / "a", (1, 1))
    before = state()
    ask(repository)
    assert state() == before
