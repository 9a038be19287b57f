"""What each format declares: how much, for whom, and in which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.discover.manifests import Reading, read
from pipeline.tree import Tree


def reading(root: Path, name: str, content: str) -> Reading:
    (root / name).write_text(content)
    return read(Tree.at(root), name)


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\n", 0),
        ("pyproject.toml", "[project]\ndependencies = ['a', 'b>1']\n", 2),
        (
            "pyproject.toml",
            (
                "[build-system]\nrequires = ['hatchling']\n[project]\ndependencies = ['a']\n"
                "[project.optional-dependencies]\nx = ['b', 'c']\n"
                "[dependency-groups]\ndev = ['d', {include-group = 'e'}]\ne = ['f']\n"
            ),
            6,
        ),
        ("pyproject.toml", "[dependency-groups]\ndev = ['d']\n", 1),
        ("pyproject.toml", "[project]\ndynamic = ['version']\ndependencies = ['a']", 1),
        ("pyproject.toml", "[project]\ndynamic = ['dependencies']\n", None),
        ("pyproject.toml", "[project]\ndynamic = ['optional-dependencies']\n", None),
        (
            "pyproject.toml",
            (
                "[tool.poetry.dependencies]\npython = '^3.11'\na = '1'\n"
                "[tool.poetry.dev-dependencies]\nb = '1'\n"
                "[tool.poetry.group.docs.dependencies]\nc = '1'\nd = {git = 'x'}\n"
            ),
            4,
        ),
        (
            "pyproject.toml",
            (
                "[tool.hatch.envs.a]\ndependencies = ['a']\nextra-dependencies = ['b']\n"
                "[tool.hatch.envs.b]\nscripts = {x = 'y'}\n"
            ),
            2,
        ),
        (
            "pyproject.toml",
            (
                "[tool.pixi.dependencies]\na = '*'\n[tool.pixi.pypi-dependencies]\nb = '*'\n"
                "[tool.pixi.feature.x.dependencies]\nc = '*'\n"
            ),
            3,
        ),
        ("pyproject.toml", "[tool.flit.metadata]\nrequires = ['a']\n", 1),
        ("pyproject.toml", "[tool.rye]\ndev-dependencies = ['a']\n", 1),
        ("environment-dev.yml", "name: x\ndependencies:\n- a\n- pip:\n  - b\n", 2),
        ("Package.swift", "let package = Package(name: 'x')\n", 0),
        ("Package.swift", ".package(url: 'https://example.com/a', from: '1.0.0')\n", None),
        ("deno.json", '{"fmt": {}}', 0),
        ("deno.json", '{"imports": {"a": "jsr:@x/a@1"}}', None),
        ("pubspec.yaml", "name: x\n", 0),
        ("pubspec.yaml", "name: x\ndependencies:\n  a: ^1.0.0\n", None),
        ("vcpkg.json", '{"name": "x", "dependencies": []}', 0),
        ("vcpkg.json", '{"name": "x", "dependencies": ["a"]}', None),
        ("pixi.toml", "[project]\nname = 'x'\n", 0),
        ("pixi.toml", "[pypi-dependencies]\na = '*'\n", None),
        ("DESCRIPTION", "Package: x\n", 0),
        ("DESCRIPTION", "Package: x\nImports:\n  a\n", None),
        ("Project.toml", "name = 'x'\n[deps]\n", None),
        ("mix.exs", "defmodule X do\nend\n", None),
        ("pyproject.toml", "[tool.pdm.dev-dependencies]\ntest = ['a', 'b']\n", 2),
        ("pyproject.toml", "[tool.uv]\ndev-dependencies = ['a']\n", 1),
        ("setup.cfg", "[metadata]\nname = x\n", 0),
        (
            "setup.cfg",
            (
                "[options]\ninstall_requires =\n  a>1 ; python_version < '3'\n  # no\n  b\n"
                "[options.extras_require]\ntest =\n  c\ndocs = d; e\n"
            ),
            5,
        ),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements.txt\n", None),
        ("setup.py", "raise SystemExit('ran')", None),
        ("requirements.in", "a\n\n# no\n-r other.in\n--index-url x\n-e .\nb \\\n  >1\n", 3),
        ("dev-requirements.in", "a", 1),
        ("Pipfile", "[[source]]\n[packages]\na='*'\n[dev-packages]\nb='*'\n[docs]\nc='*'", 3),
        ("package.json", '{"name": "x"}', 0),
        (
            "package.json",
            (
                '{"dependencies": {"a": "1", "o": "1"}, "devDependencies": {"b": "1"},'
                ' "optionalDependencies": {"o": "1"}, "peerDependencies": {"p": "1"}}'
            ),
            3,
        ),
        (
            "go.mod",
            (
                "module x\ngo 1.22\nrequire a v1\nrequire (\n  b v1\n\n  // no\n  c v2 // more\n)\n"
                "require(\n d v1\n)\nexclude e v1\nreplace (\n f => g v1\n)\n"
            ),
            4,
        ),
        (
            "Cargo.toml",
            (
                "[dependencies]\na='1'\n[dev-dependencies]\nb='1'\n[build-dependencies]\nc='1'\n"
                "[target.'cfg(unix)'.dependencies]\nd='1'\n[workspace.dependencies]\ne='1'\n"
            ),
            4,
        ),
        (
            "composer.json",
            '{"require": {"php": ">=8", "ext-json": "*", "a/b": "1"}, "require-dev": {"c/d": "1"}}',
            2,
        ),
        ("environment.yml", "dependencies:\n- python=3\n- numpy\n- pip:\n  - a\n  - b\n- [x]", 4),
        ("environment.yaml", "name: x\n", 0),
        ("environment.yaml", "dependencies:\n- pip: none\n", 0),
        ("Gemfile", "gem 'x'", None),
        ("pom.xml", "<project/>", None),
        ("build.gradle.kts", "", None),
        ("App.csproj", "<Project/>", None),
        ("packages.config", "<packages/>", None),
    ],
)  # fmt: skip
def test_how_many_dependencies_a_manifest_asks_for(
    tmp_path: Path, name: str, content: str, declared: int | None
) -> None:
    found = reading(tmp_path, name, content)
    assert found.manifest
    assert (found.manifest.path, found.manifest.declared) == (name, declared)
    assert found.unread is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n[build-system]\nrequires = ['x']\n"),
        ("pyproject.toml", ""),
        ("pyproject.toml", "[tool.uv]\nindex-url = 'x'\n"),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n"),
    ],
)
def test_settings_of_tools_are_no_manifest(tmp_path: Path, name: str, content: str) -> None:
    found = reading(tmp_path, name, content)
    assert (found.manifest, found.unread) == (None, None)


@pytest.mark.parametrize(
    ("name", "content", "members"),
    [
        (
            "pyproject.toml",
            "[project]\nname='x'\n[tool.uv.workspace]\nmembers=['p/*', 3]\nexclude=['p/x']",
            ("p/*", "!p/x"),
        ),
        ("Cargo.toml", "[workspace]\nmembers = ['a']\nexclude = ['b']", ("a", "!b")),
        ("package.json", '{"workspaces": ["p/*"]}', ("p/*",)),
        ("package.json", '{"workspaces": {"packages": ["p/*"]}}', ("p/*",)),
        ("package.json", '{"workspaces": 3}', ()),
    ],
)
def test_who_shares_the_lock(
    tmp_path: Path, name: str, content: str, members: tuple[str, ...]
) -> None:
    assert reading(tmp_path, name, content).members == members
