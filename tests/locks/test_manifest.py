from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.locks.manifest import Manifest, beside
from pipeline.tree import Tree


def manifest(tmp_path: Path, text: str) -> Manifest:
    (tmp_path / "pyproject.toml").write_text(text)
    found = beside(Tree.at(tmp_path), "")
    assert found
    return found


def test_everything_that_a_project_asks_for(tmp_path: Path) -> None:
    found = manifest(
        tmp_path,
        """
[project]
name = "My_App"
dependencies = ["a>1", "not valid/", 3]
[project.optional-dependencies]
cli = ["b[x]"]
[dependency-groups]
dev = ["c", { include-group = "docs" }]
docs = ["d"]
[tool.poetry]
name = "ignored"
[tool.poetry.dependencies]
python = "^3.11"
e = "*"
[tool.poetry.dev-dependencies]
f = "*"
[tool.poetry.group.x.dependencies]
g = { git = "x" }
[tool.pdm.dev-dependencies]
y = ["h", "-e file:///x#egg=i", "-e file:///z"]
[tool.uv]
dev-dependencies = ["j"]
""",
    )
    assert found.name == "my-app"
    assert found.runtime == {"a", "e"}
    assert found.extras == {"cli": {"b"}}
    assert found.others == {"c", "d", "f", "g", "h", "i", "j"}
    assert found.whole
    assert [found.direct(name) for name in ("a", "b", "j", "python", "z")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('[project]\nname = "a"\n', True),
        ('[project]\nname = "a"\ndynamic = ["version"]\n', True),
        ('[project]\nname = "a"\ndynamic = ["dependencies"]\n', False),
        ('[project]\nname = "a"\ndynamic = ["optional-dependencies"]\n', False),
        ('[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\n', True),
        ('[build-system]\nrequires = ["setuptools"]\n', False),
        ("project = 1\ntool = 1\n", False),
        ("", False),
    ],
)
def test_what_a_build_back_end_decides_is_unknown(
    tmp_path: Path, text: str, *, whole: bool
) -> None:
    found = manifest(tmp_path, text)
    assert found.whole is whole
    assert found.direct("x") is (False if whole else None)


@pytest.mark.parametrize("content", [b"[", b"\xff", b"a = " + b"9" * 5000])
def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    assert beside(Tree.at(tmp_path), "") is None


def test_no_manifest_is_none(tmp_path: Path) -> None:
    assert beside(Tree.at(tmp_path), "a/b") is None
