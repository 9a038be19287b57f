"""The whole of discovery: one Target from any tree, without running any of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.discover import discover
from pipeline.discover.describe import describe
from pipeline.model import Gap, Location, Unread
from pipeline.store import encode
from pipeline.tree import Tree
from tests.kit.git import git


def fill(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


FILES = {
    "pyproject.toml": "[project]\nname='x'\ndependencies=['a']\n",
    "requirements.txt": "a==1.0\n???\n",
    "setup.py": "open('canary', 'w')",
    "web/package.json": "{}",
    "web/yarn.lock": "",
    "lib/go.mod": "module x\n",
    "Dockerfile": "FROM scratch\n",
    "compose.yaml": "services: {}\n",
    "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\n",
    "infra/main.tf": "",
    ".github/workflows/ci.yml": "on: push\njobs: {a: {steps: [{run: pip-audit}]}}\n",
    ".gitlab-ci.yml": "",
    "node_modules/x/package.json": "{}",
    "broken/pyproject.toml": "[",
}  # fmt: skip


def test_everything_in_one_target(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    fill(root, FILES)
    target = discover(Tree.at(root))
    assert (target.name, target.git, target.files) == ("shop", None, 13)
    assert [(project.path, project.ecosystem) for project in target.projects] == [
        (".", "PyPI"), ("broken", "PyPI"), ("lib", "Go"), ("web", "npm"),
    ]  # fmt: skip
    assert [lock.path for lock in target.locks] == ["requirements.txt", "web/yarn.lock"]
    assert target.dockerfiles == ("Dockerfile",)
    assert target.compose == ("compose.yaml",)
    assert target.kubernetes == ("deploy/pod.yaml",)
    assert target.terraform == ("infra/main.tf",)
    assert [file.path for file in target.ci] == [".github/workflows/ci.yml", ".gitlab-ci.yml"]
    assert [part.path for part in target.excluded] == ["node_modules"]
    assert target.unread == (
        Unread(
            location=Location(path="broken/pyproject.toml"),
            why="not what its format promises",
            gap=Gap.PARSE_ERROR,
        ),
    )
    assert not (root / "canary").exists()


def test_exclusions_and_a_name_from_trusted_settings(tmp_path: Path) -> None:
    fill(tmp_path, FILES)
    target = discover(Tree.at(tmp_path), exclude=["broken", "web/**", "*.txt"], name="the shop")
    assert target.name == "the shop"
    assert [project.path for project in target.projects] == [".", "lib"]
    assert target.locks == ()
    assert [part.path for part in target.excluded] == [
        "broken", "node_modules", "requirements.txt", "web",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://example.org/team/shop.git", "shop"),
        ("git@example.org:shop.git", "shop"),
        ("https://example.org/team/shop/", "shop"),
        ("/local/path", "folder"),
        ("https://example.org", "example.org"),
    ],
)
def test_the_name_comes_from_the_remote(tmp_path: Path, remote: str, name: str) -> None:
    root = tmp_path / "folder"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "remote", "add", "origin", remote)
    assert discover(Tree.at(root)).name == name


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    fill(tmp_path, FILES)
    assert encode(discover(Tree.at(tmp_path))) == encode(discover(Tree.at(tmp_path)))


def test_an_empty_folder(tmp_path: Path) -> None:
    target = discover(Tree.at(tmp_path))
    assert (target.files, target.projects, target.locks, target.unread) == (0, (), (), ())


_SOME = [b"a", b"sub", b"uv.lock", b"pyproject.toml", b"requirements.txt", b"node_modules",
         b".git",
         b"package.json", b"x.yml", b"Dockerfile", b"pyvenv.cfg", b"vendor", b".github",
         b"workflows",
         b"caf\xe9", b"new\nline", b"\x1b[31m", b"\xe2\x80\xae", b"-r", b" ",
         b"[x]", b"\xff.txt"]  # fmt: skip
_NAME = st.sampled_from(_SOME) | st.binary(min_size=1, max_size=6).filter(
    lambda name: not {0, 47} & set(name) and name not in {b".", b".."}
)
_CONTENT = st.sampled_from(
    [b"", b"\xff", b"[project]\n", b"a==1\n", b"version = 1\n", b"{}", b"jobs: {}\n", b"kind: x\n",
     b"apiVersion: v1\nkind: x\n", b"gitdir: ..\n"]
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.lists(_NAME, min_size=1, max_size=3), _CONTENT | st.none()), max_size=8),
    st.booleans(),
)
def test_any_tree_becomes_a_target_that_can_be_stored(
    entries: list[tuple[list[bytes], bytes | None]], tracked: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = os.fsencode(folder)
        if tracked:
            subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        for parts, content in entries:
            path = os.path.join(root, *parts)  # noqa: PTH118  # bytes
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120  # bytes
                if content is None:
                    os.symlink(b"../../outside", path)  # noqa: PTH211  # bytes
                else:
                    with open(path, "xb") as file:  # noqa: PTH123  # bytes
                        file.write(content)
            except OSError:
                continue  # a file stands where a folder should
        target = discover(Tree.at(Path(folder)))
        text = encode(target).decode()
        lines = describe(target)
    assert "\\ud" not in text
    assert lines.isprintable() or set(lines) - {"\n"} == {
        char for char in lines if char.isprintable()
    }
