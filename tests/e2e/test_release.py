"""What the release workflow does with the sessions `build` and `installed`, on a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline import __version__

ROOT = Path(__file__).parents[2]
PARTS = ("pipeline", "templates", "docs", "examples")
FILES = ("pyproject.toml", "uv.lock", "README.md", "LICENSE", "CHANGELOG.md", "noxfile.py")
COMMIT = "a" * 40

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a release's checkout has it, without its tests."""
    goal = tmp_path_factory.mktemp("release")
    for name in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, goal / name, ignore=ignored)
    for name in FILES:
        shutil.copyfile(ROOT / name, goal / name)
    return goal


def nox(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_release_says_which_commit_it_is_and_works_as_it_was_built(copy: Path) -> None:
    tag = f"v{__version__}"
    code, said = nox(copy, "-s", "build", "--", tag, "acme/supply-chain-pipeline", COMMIT)
    assert code == 0, said
    assert not (copy / "pipeline" / "release.json").exists()
    (wheel,) = (copy / "dist").glob("*.whl")
    (source,) = (copy / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        told = json.loads(archive.read("pipeline/release.json"))
    assert told == {
        "version": tag,
        "repository": "acme/supply-chain-pipeline",
        "commit": COMMIT,
    }
    with tarfile.open(source) as archive_:
        assert any(name.endswith("/pipeline/release.json") for name in archive_.getnames())
    code, said = nox(copy, "-s", "installed")
    assert code == 0, said
    assert f"supply-chain {__version__}" in said


@pytest.mark.parametrize("arguments", [("v0.0.0", "a/b", COMMIT), ("v1",), ()])
def test_a_tag_that_is_not_the_versions_is_not_built(
    copy: Path, arguments: tuple[str, ...]
) -> None:
    code, said = nox(copy, "-s", "build", "--", *arguments)
    assert code == 1
    assert "is not that of version" in said or "name the tag" in said
