"""What git says of each commit's changes comes to every file version, under all of its paths."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.discover.changes import OPTIONS, Changes, read
from tests.kit.git import ENVIRONMENT, git

from .histories import commit

ONE, TWO, NEW = "1" * 40, "2" * 40, "a" * 40


def listed(root: Path) -> Changes:
    done = subprocess.run(
        ["git", "log", *OPTIONS, "--all"],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return read(done.stdout)


def everywhere(root: Path) -> set[tuple[str, str]]:
    """Every file version and path, by looking into every commit."""
    found = set()
    for one in git(root, "rev-list", "--all").splitlines():
        for entry in git(root, "ls-tree", "-r", "-z", one).split("\0")[:-1]:
            facts, _, path = entry.partition("\t")
            found.add((facts.split(" ")[2], path))
    return found


def told(found: Changes) -> set[tuple[str, str]]:
    others = ((id_, path) for id_, paths in found.others.items() for path in paths)
    return {*found.paths.items(), *others}


def test_nothing_is_nothing() -> None:
    assert read(b"") == Changes()


def test_messages_parents_and_paths_may_look_like_anything(root: Path) -> None:
    texts = [f":100644 100644 {ONE} {TWO} M\n\n{ONE} {TWO}\n", "", "\n\n:x\n", "last"]
    for text in texts:
        git(
            root,
            *("commit", "-q", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim"),
            *("-F", "-"),
            given=text.encode(),
        )
    for name in (f":100644 {ONE}", ONE, "a\nb", "\n", " ", "é", ":"):
        (root / name).write_text(name)
    (root / "link").symlink_to("elsewhere")
    commit(root)
    found = listed(root)
    said = [message.text.decode() for message in reversed(found.messages)]
    assert said == [*(text for text in texts), "x\n"]
    assert (found.commits, len(found.roots)) == (5, 1)
    assert told(found) == everywhere(root)


def test_a_name_that_is_no_text(root: Path) -> None:
    blob = git(root, "hash-object", "-w", "--stdin", given=b"1")
    tree = git(root, "mktree", "-z", given=b"100644 blob %s\ta\xff\0" % blob.encode())
    made = git(root, "commit-tree", "-m", "x", tree)
    git(root, "update-ref", "refs/heads/main", made)
    assert listed(root).paths == {blob: "a\udcff"}


def test_what_only_a_merge_has(root: Path) -> None:
    commit(root, a="1", b="2")
    git(root, "checkout", "-q", "-b", "side")
    commit(root, a="3")
    git(root, "checkout", "-q", "main")
    commit(root, b="4", c="3")
    git(root, "merge", "-q", "--no-commit", "side")
    (root / "b").write_text("only here")
    (root / "new").write_text("and here")
    commit(root)
    found = listed(root)
    assert told(found) == everywhere(root)
    assert {"b", "new"} <= set(found.paths.values())
    assert list(found.others.values()) in ([{"a": None}], [{"c": None}])


def test_a_commit_of_another_repository_is_no_file(root: Path) -> None:
    tip = commit(root, a="1")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{tip},part")
    git(root, "commit", "-q", "-m", "x")
    assert set(listed(root).paths.values()) == {"a"}


PATHS = ["a", "b", "d/a", "d/e/a", "d.x", "d-/b"]
CONTENTS = st.sampled_from(["1", "2", "3", ""])
TREES = st.dictionaries(st.sampled_from(PATHS), CONTENTS, max_size=5)
COMMITS = st.lists(st.tuples(TREES, st.sets(st.integers(0, 6), max_size=3)), max_size=7)


@settings(max_examples=40, deadline=None)
@given(COMMITS)
def test_any_history_comes_to_every_version_and_path(
    commits: list[tuple[dict[str, str], set[int]]],
) -> None:
    stream = []
    for number, (tree, parents) in enumerate(commits):
        above = sorted(parent for parent in parents if parent < number)
        stream.append(
            f"commit refs/heads/{number}\nmark :{number + 1}\n"
            f"committer A <a@example.org> {number} +0000\ndata 0\n"
        )
        words = ["from", *["merge"] * len(above)]
        stream += [f"{word} :{one + 1}\n" for word, one in zip(words, above, strict=False)]
        stream.append("deleteall\n")
        for path, content in tree.items():
            stream.append(f"M 100644 inline {path}\ndata {len(content)}\n{content}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        git(root, "init", "-q")
        git(root, "fast-import", "--quiet", given="".join(stream).encode())
        found = listed(root)
        assert told(found) == everywhere(root)
        assert found.commits == len(commits) == len(found.messages)
        roots = git(root, "rev-list", "--max-parents=0", "--all").split()
        assert sorted(found.roots) == sorted(roots)


def change(*ids: str, path: str = "p") -> bytes:
    modes = " ".join(["100644"] * len(ids))
    return f"{':' * (len(ids) - 1)}{modes} {' '.join(ids)} M\0{path}\0".encode()


def test_one_parent_or_several() -> None:
    commits = f"{ONE} {TWO}\0text\0\0".encode()
    assert read(commits + b"\n" + change(ONE, NEW)).paths == {NEW: "p"}
    assert read(commits + b"\0" + change(ONE, TWO, NEW)).paths == {NEW: "p"}
    assert read(commits + b"\0" + change(ONE, TWO, ONE, NEW)).paths == {NEW: "p"}
    gone = change(ONE, "0" * 40).replace(b" 100644", b" 000000")
    assert read(commits + b"\n" + gone).paths == {}


@pytest.mark.parametrize(
    "output",
    [
        f"{ONE} ".encode(),
        b"\n:100644 100644",
        change(ONE, NEW[:39]),
        change(ONE, "g" * 40),
        b"fatal: bad object\0x\0",
        b"\xff\0x\0",
    ],
)
def test_what_git_does_not_write_is_refused(output: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(output)


@given(st.lists(st.binary(max_size=100)).map(b"\0".join))
def test_no_other_error_for_any_bytes(output: bytes) -> None:
    try:
        read(output)
    except ValueError:
        return
