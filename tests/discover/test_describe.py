"""The text for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.discover.describe import describe
from pipeline.model import (
    AuditStep,
    CiFile,
    Excluded,
    Git,
    Location,
    Lock,
    Manifest,
    Package,
    Project,
    Target,
    Unread,
)

if TYPE_CHECKING:
    from tests.conftest import Golden

TARGET = Target(
    name="shop",
    git=Git(
        commit="0123456789abcdef0123456789abcdef01234567",
        branch="main",
        dirty=True,
        remote="https://example.org/shop.git",
        shallow=True,
    ),
    files=42,
    projects=(
        Project(
            path=".",
            ecosystem="PyPI",
            manifests=(Manifest(path="pyproject.toml", declared=3), Manifest(path="setup.py")),
            locks=("requirements.txt",),
        ),
        Project(path="lib", ecosystem="Go", manifests=(Manifest(path="lib/go.mod", declared=0),)),
        Project(path="web", ecosystem="npm", locks=("web/yarn.lock",)),
    ),
    locks=(
        Lock(
            path="requirements.txt",
            format="requirements.txt",
            ecosystem="PyPI",
            digest="",
            packages=(
                Package(
                    ecosystem="PyPI",
                    name="a",
                    version="1",
                    location=Location(path="requirements.txt", line=1),
                ),
            ),
            unread=(Unread(location=Location(path="requirements.txt", line=2), why="no idea"),),
        ),
        Lock(path="uv.lock", format="uv.lock", ecosystem="PyPI", digest=""),
    ),
    dockerfiles=("Dockerfile",),
    compose=("compose.yml",),
    kubernetes=("pod.yml",),
    terraform=tuple(f"{number:02}.tf" for number in range(25)),
    ci=(
        CiFile(
            path=".github/workflows/ci.yml",
            system="GitHub Actions",
            triggers=("push", "schedule"),
            audits=(
                AuditStep(
                    location=Location(path=".github/workflows/ci.yml", line=7),
                    command="pip-audit",
                    fatal=True,
                ),
                AuditStep(
                    location=Location(path=".github/workflows/ci.yml", line=8),
                    command="npm audit",
                    fatal=False,
                ),
            ),
        ),
        CiFile(path="Jenkinsfile", system="Jenkins", unread="this CI system is not read yet"),
    ),
    excluded=(Excluded(path="node_modules", why="packages that npm installed"),),
    unread=(Unread(location=Location(path="caf\\xe9"), why="the name is not UTF-8"),),
)


def test_everything_is_shown(golden: Golden) -> None:
    golden("describe.txt", describe(TARGET))


def test_what_is_not_known_is_said() -> None:
    assert "no git repository\n" in describe(replace(TARGET, git=None))
    unknown = Git(commit=None, branch=None, dirty=None, remote=None, shallow=False)
    assert "no known commit, no branch, changes unknown\n" in describe(replace(TARGET, git=unknown))
    clean = Git(commit="0" * 40, branch="x", dirty=False, remote=None, shallow=False)
    assert "commit 000000000000, branch x, clean\n" in describe(replace(TARGET, git=clean))


def test_an_empty_target_is_short() -> None:
    assert describe(Target(name="x", git=None, files=1)) == "x\n  no git repository\n  1 file\n"


def test_hostile_text_is_made_harmless() -> None:
    evil = "x\x1b[2J\n\u202e::error::"
    text = describe(
        Target(
            name=evil,
            git=Git(commit=evil, branch=evil, dirty=None, remote=evil, shallow=False),
            files=0,
            projects=(Project(path=evil, ecosystem=evil, locks=(evil,)),),
            excluded=(Excluded(path=evil, why=evil),),
            unread=(Unread(location=Location(path=evil), why=evil),),
        )
    )
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("::") for line in text.splitlines())
