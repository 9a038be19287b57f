"""Projects and the locks that belong to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline import locks
from pipeline.discover import others
from pipeline.discover.projects import Found, find_projects
from pipeline.errors import IncompleteError
from pipeline.model import Dependency, Gap, Manifest, Project
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Lock

PYPROJECT = "[project]\nname = 'x'\ndependencies = ['a']\n"
UV_LOCK = "version = 1\nrevision = 1\nrequires-python = '>=3.11'\n"


def find(root: Path, files: dict[str, str]) -> Found:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return find_projects(Tree.at(root), sorted(files))


def locked(found: Found) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(project.path, project.ecosystem): project.locks for project in found.projects}


@pytest.mark.parametrize("name", sorted(others.LOCKS))
def test_a_lock_that_nobody_reads_is_listed(name: str, tmp_path: Path) -> None:
    found = find(tmp_path, {f"app/{name}": ""})
    assert locked(found) == {("app", others.LOCKS[name]): (f"app/{name}",)}
    assert found.locks == ()


@pytest.mark.parametrize("name", ["Package-Lock.json", "PyProject.toml", "cargo.lock", "UV.LOCK"])
def test_a_name_that_only_some_systems_find_is_a_gap(name: str, tmp_path: Path) -> None:
    found = find(tmp_path, {f"app/{name}": ""})
    assert found.projects == ()
    (part,) = found.unread
    assert (part.location.path, part.gap) == (f"app/{name}", Gap.UNSUPPORTED_INPUT)
    assert "capital letters" in part.why


def test_a_file_that_is_only_named_like_an_environment_is_none(tmp_path: Path) -> None:
    found = find(tmp_path, {"environment-prod.yaml": "a: [\n", "conda.yml": "dependencies: {}\n"})
    assert found == Found(projects=(), locks=(), unread=())


@pytest.mark.parametrize(
    ("name", "content", "is_told"),
    [
        ("reqs.txt", "a==1.0\n", True),
        ("app/deps-dev.txt", "# what we need\n-i https://pypi.org/simple\na[x]==1.0\nb>=2\n", True),
        ("requirements.pip", "a == 1.0 \\\n    --hash=sha256:00\n", True),
        ("requirements", "a==1.0\n", True),
        ("packages.txt", "libgl1\n", False),
        ("deps.txt", "a>=1\n", False),
        ("dependencies.txt", "We depend on a==1.0 since last year\n", False),
        ("notes.txt", "a==1.0\n", False),
        ("my-depstory.txt", "a==1.0\n", False),
    ],
)
def test_requirements_under_another_name_are_a_gap(
    tmp_path: Path, name: str, content: str, *, is_told: bool
) -> None:
    found = find(tmp_path, {name: content})
    assert [part.location.path for part in found.unread] == ([name] if is_told else [])
    assert found.locks == ()


def test_what_another_file_includes_is_read_under_any_name(tmp_path: Path) -> None:
    found = find(tmp_path, {"requirements.txt": "-r deps.txt\n", "deps.txt": "a==1.0\n"})
    assert found.unread == ()
    assert [package.name for package in found.locks[0].packages] == ["a"]


def test_a_monorepo(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "pyproject.toml": PYPROJECT,
            "setup.py": "",
            "uv.lock": UV_LOCK,
            "requirements.txt": "a==1.0\n",
            "web/package.json": '{"dependencies": {"b": "1"}}',
            "web/yarn.lock": "",
            "tools/pyproject.toml": "[tool.ruff]\n",
            "svc/go.mod": "require x v1\n",
            "svc/package-lock.json": "{}",
            "jobs/environment.yml": "dependencies: [a]\n",
            "jobs/requirements.in": "c\n",
            "README.md": "",
        },
    )
    assert found.projects == (
        Project(
            path=".",
            ecosystem="PyPI",
            manifests=(
                Manifest(
                    path="pyproject.toml",
                    declared=1,
                    name="x",
                    requires=(Dependency(name="a"),),
                ),
                Manifest(path="setup.py"),
            ),
            locks=("requirements.txt", "uv.lock"),
        ),
        Project(
            path="jobs",
            ecosystem="PyPI",
            manifests=(
                Manifest(path="jobs/requirements.in", declared=1, requires=(Dependency(name="c"),)),
            ),
        ),
        Project(
            path="jobs",
            ecosystem="conda",
            manifests=(Manifest(path="jobs/environment.yml", declared=1),),
        ),
        Project(path="svc", ecosystem="Go", manifests=(Manifest(path="svc/go.mod", declared=1),)),
        Project(path="svc", ecosystem="npm", locks=("svc/package-lock.json",)),
        Project(
            path="web",
            ecosystem="npm",
            manifests=(
                Manifest(
                    path="web/package.json",
                    declared=1,
                    requires=(Dependency(name="b", specifier="1"),),
                ),
            ),
            locks=("web/yarn.lock",),
        ),
    )
    assert [lock.path for lock in found.locks] == [
        "requirements.txt",
        "svc/package-lock.json",
        "uv.lock",
        "web/yarn.lock",
    ]
    assert [package.name for package in found.locks[0].packages] == ["a"]
    assert found.unread == ()


@pytest.mark.parametrize(
    ("name", "ecosystem"),
    [
        ("npm-shrinkwrap.json", "npm"), ("pnpm-lock.yaml", "npm"), ("bun.lock", "npm"),
        ("bun.lockb", "npm"), ("go.sum", "Go"), ("Cargo.lock", "crates.io"),
        ("Gemfile.lock", "RubyGems"), ("composer.lock", "Packagist"),
        ("packages.lock.json", "NuGet"), ("gradle.lockfile", "Maven"), ("conda-lock.yml", "conda"),
    ],
)  # fmt: skip
def test_every_lock_makes_a_project(tmp_path: Path, name: str, ecosystem: str) -> None:
    found = find(tmp_path, {f"x/{name}": ""})
    assert locked(found) == {("x", ecosystem): (f"x/{name}",)}
    # A lock that no reader knows is listed all the same, so that nobody thinks there is none.
    assert [lock.path for lock in found.locks] == ([] if ecosystem == "conda" else [f"x/{name}"])


def test_a_workspace_shares_its_lock_with_its_members_only(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "pyproject.toml": PYPROJECT
            + "[tool.uv.workspace]\nmembers = ['packages/*']\nexclude = ['packages/out']\n",
            "uv.lock": UV_LOCK,
            "requirements.txt": "a==1\n",
            "packages/in/pyproject.toml": PYPROJECT,
            "packages/own/pyproject.toml": PYPROJECT,
            "packages/own/uv.lock": UV_LOCK,
            "packages/out/pyproject.toml": PYPROJECT,
            "examples/x/pyproject.toml": PYPROJECT,
            "packages/in/package.json": "{}",
        },
    )
    assert locked(found) == {
        (".", "PyPI"): ("requirements.txt", "uv.lock"),
        ("packages/in", "PyPI"): ("uv.lock",),
        ("packages/in", "npm"): (),
        ("packages/out", "PyPI"): (),
        ("packages/own", "PyPI"): ("packages/own/uv.lock",),
        ("examples/x", "PyPI"): (),
    }


def test_workspaces_of_other_ecosystems(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "a/package.json": json.dumps({"workspaces": ["./p/*"]}),
            "a/package-lock.json": "{}",
            "a/p/x/package.json": "{}",
            "a/q/package.json": "{}",
            "b/package.json": "{}",
            "b/pnpm-lock.yaml": "",
            "b/pnpm-workspace.yaml": "packages:\n- 'p/**'\n- '!p/out'\n- [x]\n",
            "b/p/deep/x/package.json": "{}",
            "b/p/out/package.json": "{}",
            "c/Cargo.toml": "[workspace]\nmembers = ['m']\n",
            "c/Cargo.lock": "",
            "c/m/Cargo.toml": "[package]\nname = 'm'\n",
        },
    )
    assert {key[0]: paths for key, paths in locked(found).items()} == {
        "a": ("a/package-lock.json",),
        "a/p/x": ("a/package-lock.json",),
        "a/q": (),
        "b": ("b/pnpm-lock.yaml",),
        "b/p/deep/x": ("b/pnpm-lock.yaml",),
        "b/p/out": (),
        "c": ("c/Cargo.lock",),
        "c/m": ("c/Cargo.lock",),
    }


@pytest.mark.parametrize("content", ["a: [", "packages: 3", ""])
def test_a_workspace_file_that_says_nothing_has_no_members(tmp_path: Path, content: str) -> None:
    found = find(
        tmp_path,
        {
            "package.json": "{}",
            "pnpm-lock.yaml": "",
            "pnpm-workspace.yaml": content,
            "p/package.json": "{}",
        },
    )
    assert locked(found)["p", "npm"] == ()


def test_included_requirements_are_no_lock_of_their_own(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "requirements.txt": "-r base/requirements.txt\na==1\n",
            "base/requirements.txt": "-r ../deep/requirements.txt\nb==1\n",
            "deep/requirements.txt": "c==1\n",
            "base/setup.py": "",
            "other/requirements.txt": "d==1\n",
        },
    )
    assert [lock.path for lock in found.locks] == ["other/requirements.txt", "requirements.txt"]
    assert {package.name for package in found.locks[1].packages} == {"a", "b", "c"}
    assert locked(found) == {
        (".", "PyPI"): ("requirements.txt",),
        ("base", "PyPI"): ("requirements.txt",),
        ("deep", "PyPI"): ("requirements.txt",),
        ("other", "PyPI"): ("other/requirements.txt",),
    }


def test_of_requirements_that_include_each_other_one_stays(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "requirements.txt": "-r requirements-dev.txt\na==1\n",
            "requirements-dev.txt": "-r requirements.txt\nb==1\n",
        },
    )
    assert [lock.path for lock in found.locks] == ["requirements-dev.txt"]
    assert {package.name for package in found.locks[0].packages} == {"a", "b"}


def test_a_lock_that_leads_outside_is_reported(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    (root / "uv.lock").symlink_to(tmp_path / "uv.lock")
    found = find_projects(Tree.at(root), ["uv.lock"])
    assert locked(found) == {(".", "PyPI"): ("uv.lock",)}
    assert [part.location.path for lock in found.locks for part in lock.unread] == ["uv.lock"]


def test_a_reader_that_gives_up_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(tree: Tree, path: str) -> Lock:
        raise IncompleteError("not today", where=path)

    monkeypatch.setattr(locks, "read", refuse)
    found = find(tmp_path, {"uv.lock": ""})
    assert found.locks == ()
    assert [(part.location.path, part.why, part.gap) for part in found.unread] == [
        ("uv.lock", "not today", Gap.INPUT_MISSING)
    ]


def test_a_broken_manifest_is_reported_with_its_project(tmp_path: Path) -> None:
    found = find(tmp_path, {"pyproject.toml": "["})
    assert found.projects == (
        Project(path=".", ecosystem="PyPI", manifests=(Manifest(path="pyproject.toml"),)),
    )
    assert [part.location.path for part in found.unread] == ["pyproject.toml"]
