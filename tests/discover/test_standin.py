"""Git's answers about hostile, broken and unusual repositories: facts, and never a program run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.discover import standin as room
from pipeline.model import Gap
from tests.kit.git import ENVIRONMENT, git

from .conftest import ask, unknown, write


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


def test_a_linked_working_tree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    write(tmp_path / "linked", side="")
    found = ask(tmp_path / "linked")
    assert (found.git.branch, found.git.dirty) == ("side", True)
    assert found.files == {".gitignore", "a", "b/c", "side"}


def test_line_endings_that_git_converts_are_no_change(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "TRUE")
    (repository / "a").unlink()
    git(repository, "checkout", "a")
    assert (repository / "a").read_bytes() == b"a\r\n"
    os.utime(repository / "a", (1, 1))  # git has to compare the content
    assert ask(repository).git.dirty is False
    git(repository, "config", "core.autocrlf", "false")
    assert ask(repository).git.dirty is True


# -------------------------------------------------------------------------------------- faults


def test_git_is_not_installed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert unknown(repository) == (
        "git could not tell which files belong here: git is not installed",
        Gap.TOOL_MISSING,
    )
    assert unknown(repository / "b")[1] == Gap.TOOL_MISSING


def test_git_takes_too_long(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
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


def test_a_repository_without_settings(repository: Path) -> None:
    (repository / ".git" / "config").unlink()
    assert ask(repository).git.dirty is False


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
