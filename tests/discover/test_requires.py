"""What manifests ask for, in each ecosystem's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from pipeline.discover import requires
from pipeline.discover.manifests import read
from pipeline.model import Dependency
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def wanted(root: Path, name: str, content: str) -> list[tuple[str, str, str, bool]]:
    (root / name).write_text(content)
    manifest = read(Tree.at(root), name).manifest
    assert manifest
    return [(one.name, one.specifier, one.group, one.conditional) for one in manifest.requires]


def one(
    name: str, specifier: str = "", group: str = "default", *, conditional: bool = False
) -> tuple[str, str, str, bool]:
    return (name, specifier, group, conditional)


PYPROJECT = """
[project]
name = "My.Shop"
dependencies = [
  "A_b>=1,<2", "c[x] (>=1)", "d @ https://example.com/d.whl", "e==1 ; os_name == 'nt'",
]
[project.optional-dependencies]
docs = ["f~=1.0"]
[dependency-groups]
dev = ["g", {include-group = "docs"}]
[tool.uv]
dev-dependencies = ["h"]
override-dependencies = ["f==9"]
sources = { g = { git = "https://example.com/g" } }
[tool.pdm.dev-dependencies]
test = ["i>1", "-e file:///x#egg=y"]
"""


def test_pyproject(tmp_path: Path) -> None:
    assert wanted(tmp_path, "pyproject.toml", PYPROJECT) == [
        one("a-b", ">=1,<2"),
        one("c", ">=1"),
        one("d"),
        one("e", "==1", conditional=True),
        one("f", "", "docs"),
        one("g", "", "dev"),
        one("h", "", "dev"),
        one("i", ">1", "test"),
    ]
    manifest = read(Tree.at(tmp_path), "pyproject.toml").manifest
    assert manifest
    assert manifest.name == "my-shop"


def test_poetry(tmp_path: Path) -> None:
    text = """
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.11"
a = "^1.2"
b = { version = "~1.2.3", optional = true }
c = { git = "https://example.com/c" }
d = [{ version = "1.*", python = "<3" }, { version = ">=2" }]
[tool.poetry.dev-dependencies]
e = "*"
[tool.poetry.group.docs.dependencies]
f = "1.2 || 2"
"""
    assert wanted(tmp_path, "pyproject.toml", text) == [
        one("a", ">=1.2,<2"),
        one("b", ">=1.2.3,<1.3", conditional=True),
        one("c"),
        one("d", "==1.*", conditional=True),
        one("d", ">=2", conditional=True),
        one("e", "", "dev"),
        one("f", "", "docs"),
    ]


# https://python-poetry.org/docs/dependency-specification/: (range, first inside, first outside)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        ("1.2.3", "==1.2.3"),
        ("==1.2.3", "==1.2.3"),
        (">=1.2, !=1.3", ">=1.2,!=1.3"),
        ("*", ""),
        ("what", ""),
    ],
)
def test_poetrys_ranges(text: str, expected: str) -> None:
    (found,) = requires.poetry({"a": text})
    assert found.specifier == expected
    SpecifierSet(found.specifier)


def test_setup_cfg_tells_what_is_needed_at_run_time(tmp_path: Path) -> None:
    text = (
        "[metadata]\nname = x\n[options]\ninstall_requires =\n  a>1\n  b\n"
        "[options.extras_require]\nx = c\n"
    )
    assert wanted(tmp_path, "setup.cfg", text) == [one("a", ">1"), one("b")]


def test_requirements_in(tmp_path: Path) -> None:
    text = "a>1  # why\nb --hash=sha256:00\n-e ./local\n-r other.in\nc \\\n ==1\n"
    assert wanted(tmp_path, "requirements.in", text) == [
        one("a", ">1"),
        one("b"),
        one("c", "==1"),
    ]


def test_pipfile(tmp_path: Path) -> None:
    text = (
        '[packages]\na = "*"\nb = ">=1"\nc = { version = "==1", markers = "x" }\n'
        'd = { git = "x" }\n[dev-packages]\ne = "*"\n[docs]\nf = "*"\n'
    )
    assert wanted(tmp_path, "Pipfile", text) == [
        one("a"),
        one("b", ">=1"),
        one("c", "==1", conditional=True),
        one("d"),
        one("e", "", "develop"),
        one("f", "", "docs"),
    ]


def test_package_json(tmp_path: Path) -> None:
    text = json.dumps(
        {
            "name": "@x/shop",
            "dependencies": {
                "a": "^1.2.3",
                "b": "npm:real@~2.0.0",
                "c": "github:x/c",
                "d": "latest",
                "e": "workspace:*",
                "o": "1.0.0",
                "p": "1.0.0",
                "q": "1.0.0",
                "r": 3,
                "": "1",
            },
            "devDependencies": {"f": ">=1 <2 || 3.x"},
            "optionalDependencies": {"o": "1.0.0"},
            "overrides": {"p@1": "2.0.0"},
            "resolutions": {"**/q": "2.0.0"},
            "pnpm": {"overrides": {"@x/y": "1"}},
        }
    )
    assert wanted(tmp_path, "package.json", text) == [
        one("a", "^1.2.3"),
        one("c"),
        one("d"),
        one("e"),
        one("f", ">=1 <2 || 3.x", "dev"),
        one("o", "1.0.0", "optional", conditional=True),
        one("p"),
        one("q"),
        one("r"),
        one("real", "~2.0.0"),
    ]
    manifest = read(Tree.at(tmp_path), "package.json").manifest
    assert manifest
    assert manifest.name == "@x/shop"


def test_cargo_toml(tmp_path: Path) -> None:
    text = """
[package]
name = "shop"
[workspace.dependencies]
unused = "1"
[dependencies]
a = "1.2"
b = { version = "1", path = "../b" }
c = { workspace = true }
d = { package = "real", version = "2", optional = true }
[dev-dependencies]
e = "1"
[target.'cfg(unix)'.build-dependencies]
f = "=1.0.0"
"""
    assert wanted(tmp_path, "Cargo.toml", text) == [
        one("a", "1.2"),
        one("b"),
        one("c"),
        one("e", "1", "dev"),
        one("f", "=1.0.0", "build"),
        one("real", "2", conditional=True),
    ]


def test_composer_json(tmp_path: Path) -> None:
    text = '{"require": {"php": ">=8", "ext-json": "*", "A/b": "^1"}, "require-dev": {"c/d": "1"}}'
    assert wanted(tmp_path, "composer.json", text) == [one("a/b"), one("c/d", "", "dev")]


@given(
    st.lists(st.text(max_size=40), max_size=5),
    st.dictionaries(st.text(max_size=20), st.text(max_size=20)),
)
@settings(deadline=None)
def test_no_text_breaks_it(texts: list[str], table: dict[str, str]) -> None:
    found = [
        *requires.python(texts),
        *requires.poetry(table),
        *requires.pipfile(table, "x"),
        *requires.npm(table, "x"),
        *requires.cargo(table, "x"),
        *requires.php(table, "x"),
    ]
    assert all(isinstance(item, Dependency) and item.name for item in requires.settled(found))


def test_a_virtual_package_is_asked_for_and_never_locked() -> None:
    found = requires.php({"psr/log": "^1", "psr/log-implementation": "1.0"}, "default")
    assert [one.name for one in found] == ["psr/log"]
