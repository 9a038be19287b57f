"""Commits written out from hostile and unusual repositories: bytes as committed, nothing run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.discover import commits as room
from pipeline.discover.commits import History, history
from pipeline.errors import IncompleteError, UsageError
from tests.kit.git import git


def commit(root: Path, message: str = "more", /, **files: str) -> str:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = (tmp_path / "repository").resolve()
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, "one", a="1\n", sub__lock="old\n")
    return root


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = (tmp_path / "out").resolve()
    folder.mkdir()
    return folder


@pytest.fixture
def asked(repository: Path) -> Iterator[History]:
    with history(repository) as found:
        yield found


def written(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


# ------------------------------------------------------------------------------------- names


def test_every_way_to_name_a_commit(repository: Path, asked: History) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "v1", "-m", "v1")
    second = commit(repository, a="2\n")
    git(repository, "branch", "feature/x#1")
    git(repository, "update-ref", "refs/remotes/origin/main", first)
    names = ("v1", "HEAD~1", "HEAD^", "main~1", first, first[:12], "origin/main", "refs/tags/v1")
    assert [asked.resolve(name) for name in names] == [first] * len(names)
    assert [asked.resolve(name) for name in ("HEAD", "main", "feature/x#1")] == [second] * 3


@pytest.mark.parametrize(
    "name",
    [
        "--upload-pack=x",
        "-",
        "--all",
        "main:a",
        ":/one",
        "main..main",
        "a b",
        "main\n",
        "main\0",
        "@{-1}",
        "main@{1}",
        "^main",
        "main^{/one}",
        "*",
        "x" * 251,
    ],
)
def test_what_is_no_name_of_a_commit_is_refused(asked: History, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a commit"):
        asked.resolve(name)


@pytest.mark.parametrize("name", ["", " ", "\n"])
def test_an_empty_name_is_refused_and_says_what_to_look_at(asked: History, name: str) -> None:
    with pytest.raises(UsageError, match="empty") as caught:
        asked.resolve(name)
    assert "variable" in caught.value.fix


@pytest.mark.parametrize("name", ["nothing", "0" * 40, "deadbee", "refs/heads/nothing"])
def test_an_unknown_name_says_how_to_fetch_it(asked: History, name: str) -> None:
    with pytest.raises(UsageError, match="no commit of this repository") as caught:
        asked.resolve(name)
    assert "git fetch" in caught.value.fix


def test_a_tree_or_a_file_is_no_commit(repository: Path, asked: History) -> None:
    for name in (git(repository, "rev-parse", f"HEAD{what}") for what in ("^{tree}", ":a")):
        with pytest.raises(UsageError, match="no commit"):
            asked.resolve(name)


def test_an_ambiguous_name_is_refused(repository: Path, asked: History) -> None:
    git(repository, "tag", "twice")
    commit(repository, a="2\n")
    git(repository, "branch", "twice")
    with pytest.raises(UsageError, match="ambiguous") as caught:
        asked.resolve("twice")
    assert "refs/heads/twice" in caught.value.fix
    assert asked.resolve("refs/heads/twice") != asked.resolve("refs/tags/twice")


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, a="2\n")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "clone")
    with history(clone.resolve()) as shallow:
        for name in (first, "HEAD~1"):
            with pytest.raises(UsageError, match="no commit") as caught:
                shallow.resolve(name)
            assert "fetch-depth: 0" in caught.value.fix


def test_no_repository_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no git repository"), history(tmp_path.resolve()):
        pass


def test_a_broken_repository_is_incomplete(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(IncompleteError, match="HEAD names no commit"), history(repository):
        pass


# ------------------------------------------------------------------------------------- history


def test_which_commit_comes_before_which(repository: Path, asked: History) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-qb", "side")
    side = commit(repository, b="1\n")
    git(repository, "checkout", "-q", "main")
    main = commit(repository, c="1\n")
    git(repository, "merge", "-q", "--no-edit", "side")
    merged = git(repository, "rev-parse", "HEAD")
    assert asked.merge_base(side, main) == first
    assert asked.merge_base(merged, side) == side
    assert asked.precedes(first, merged)
    assert asked.precedes(merged, merged)
    assert not asked.precedes(merged, main)
    assert not asked.precedes(side, main)


def test_histories_that_never_met(repository: Path, asked: History) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "--orphan", "other")
    other = commit(repository, "other")
    with pytest.raises(UsageError, match="no common ancestor"):
        asked.merge_base(first, other)


# ------------------------------------------------------------------------------------- files


def test_files_as_they_were_committed(repository: Path, asked: History, out: Path) -> None:
    first = asked.resolve("HEAD")
    commit(repository, a="2\n", new="n")
    (repository / "untracked").write_text("u")
    before = sorted((repository / ".git").iterdir())
    assert asked.extract(first, out) == ()
    assert written(out) == {"a": "1\n", "sub/lock": "old\n"}
    assert (repository / "a").read_text() == "2\n"
    assert sorted((repository / ".git").iterdir()) == before
    assert git(repository, "status", "--porcelain") == "?? untracked"


def test_a_folder_below_the_top_is_written_alone(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, new__lock="new\n")
    for folder, wanted in (("sub", {"lock": "old\n"}), ("new", {})):
        out = (tmp_path / f"out-{folder}").resolve()
        out.mkdir()
        with history(repository / folder) as below:
            assert below.extract(first, out) == ()
        assert written(out) == wanted


def test_a_file_that_became_a_folder(repository: Path, out: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    (repository / "a").unlink()
    commit(repository, a__lock="new\n")
    with history(repository / "a") as below:
        assert below.extract(first, out) == ()
    assert written(out) == {}


def test_nothing_of_the_repository_runs_and_its_attributes_do_not_count(
    repository: Path, out: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    attributes = (
        "* text eol=crlf ident filter=evil export-ignore\nlock working-tree-encoding=UTF-16\n"
    )
    commit(repository, _dot_gitattributes="", lock="x $Id$\n", other="x\n")
    blob = git(repository, "hash-object", "-w", "--stdin", given=attributes.encode())
    git(repository, "update-index", "--cacheinfo", f"100644,{blob},.gitattributes")
    git(repository, "commit", "-qm", "attributes")
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.smudge", "core.sshCommand", "core.pager"):
        git(repository, "config", key, f"touch {ran}; cat")
    (repository / ".git" / "info" / "attributes").write_text("* filter=evil\n")
    with history(repository) as hostile:
        assert hostile.extract(hostile.resolve("HEAD"), out) == ()
    assert (out / "lock").read_bytes() == b"x $Id$\n"
    assert (out / "other").read_bytes() == b"x\n"
    assert not ran.exists()


def test_links_inside_are_links_and_those_that_lead_out_are_left_out(
    repository: Path, asked: History, out: Path
) -> None:
    links = {
        "inside": "sub/lock",
        "up": "../repository/a",
        "absolute": "/etc/passwd",
        "root": ".",
        "through": "root/sub/../..",
        "dangling": "nothing",
        "loop": "loop",
        "sub/back": "../a",
    }
    for name, leads_to in links.items():
        (repository / name).symlink_to(leads_to)
    left_out = asked.extract(commit(repository), out)
    assert {part.location.path for part in left_out} == {"up", "absolute", "through", "loop"}
    assert (out / "inside").read_text() == "old\n"
    assert (out / "sub" / "back").read_text() == "1\n"
    assert not any(os.path.lexists(out / name) for name in ("up", "absolute", "through", "loop"))


def test_a_link_that_names_nothing_a_disk_knows(
    repository: Path, asked: History, out: Path
) -> None:
    for name, leads_to in (("empty", b""), ("long", b"x" * 5000), ("zero", b"a\0b")):
        blob = git(repository, "hash-object", "-w", "--stdin", given=leads_to)
        git(repository, "update-index", "--add", "--cacheinfo", f"120000,{blob},{name}")
    git(repository, "commit", "-qm", "links")
    left_out = asked.extract(asked.resolve("HEAD"), out)
    assert {part.location.path for part in left_out} == {"empty", "long", "zero"}


def test_a_submodule_is_an_empty_folder(repository: Path, asked: History, out: Path) -> None:
    one = asked.resolve("HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{one},module")
    git(repository, "commit", "-qm", "module")
    assert asked.extract(asked.resolve("HEAD"), out) == ()
    assert list((out / "module").iterdir()) == []


@pytest.mark.parametrize("path", [".git", ".."])
def test_a_tree_that_no_checkout_can_contain_is_refused(
    repository: Path, out: Path, path: str
) -> None:
    inner = git(repository, "rev-parse", "HEAD^{tree}")
    tree = git(
        repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin",
        given=b"40000 " + path.encode() + b"\0" + bytes.fromhex(inner),
    )  # fmt: skip
    evil = git(repository, "commit-tree", tree, "-m", "evil")
    with pytest.raises(IncompleteError, match="no checkout can contain"), history(repository) as h:
        h.extract(evil, out)
    assert list(out.iterdir()) == []


def test_a_commit_that_is_too_large_is_refused(
    asked: History, out: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MAX_BYTES", "MAX_FILES"):
        with monkeypatch.context() as patch:
            patch.setattr(room, limit, 1)
            with pytest.raises(IncompleteError, match="too many"), history(repository) as h:
                h.extract(asked.resolve("HEAD"), out)
    assert list(out.iterdir()) == []


def test_content_that_was_never_fetched_is_refused(repository: Path, out: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:a")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(IncompleteError, match="git could not answer"), history(repository) as h:
        h.extract(h.resolve("HEAD"), out)
