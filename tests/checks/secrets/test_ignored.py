"""Ignore files that should keep environment files out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.secrets.files import look
from pipeline.checks.secrets.ignored import RULE, missing
from pipeline.checks.secrets.rules import RULES
from pipeline.model import Target


def lacking(root: Path, files: dict[str, str] | None = None, *, has_git: bool = True) -> list[str]:
    for name, content in (files or {}).items():
        (root / name).write_text(content)
    found = look(root, Target(name="t", git=None, files=0))
    return [finding.subject for finding in missing(root, found, has_git=has_git)]


def test_nothing_calls_for_a_rule(tmp_path: Path) -> None:
    assert lacking(tmp_path, {"Dockerfile": "FROM x\n"}) == []


def test_an_example_calls_for_one(tmp_path: Path) -> None:
    assert lacking(tmp_path, {".env.example": "A=\n"}) == [".gitignore"]
    assert lacking(tmp_path, has_git=False) == []
    assert lacking(tmp_path, {"Dockerfile": "FROM x\n"}) == [".gitignore", ".dockerignore"]
    assert RULE in RULES


def test_an_example_of_a_test_does_not(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / ".env").write_text("A=1\n")
    assert lacking(tmp_path) == []


@pytest.mark.parametrize("line", [".env", "/.env", "**/.env", ".env*", "*.env", ".*", ".env/"])
def test_lines_that_cover_it(tmp_path: Path, line: str) -> None:
    assert lacking(tmp_path, {".env.example": "A=\n", ".gitignore": f"# x\n{line}\n"}) == []


@pytest.mark.parametrize("text", ["", "env", ".envrc", ".env\n!.env", "#.env"])
def test_lines_that_do_not(tmp_path: Path, text: str) -> None:
    assert lacking(tmp_path, {".env.example": "A=\n", ".gitignore": text}) == [".gitignore"]


@pytest.mark.parametrize(
    ("ignoring", "text", "expected"),
    [
        ("web", ".env\n", []),
        (".", ".env\n", []),
        ("other", ".env\n", [".gitignore", ".dockerignore"]),
        ("web", "dist\n", [".gitignore", ".dockerignore"]),
    ],
)
def test_a_file_in_the_folder_itself_counts(
    tmp_path: Path, ignoring: str, text: str, expected: list[str]
) -> None:
    for folder in ("web", "other"):
        (tmp_path / folder).mkdir()
    files = {"web/.env.sample": "A=\n", "Dockerfile": "FROM x\n"}
    files |= {f"{ignoring}/{name}": text for name in (".gitignore", ".dockerignore")}
    assert lacking(tmp_path, files) == expected


def test_the_nearest_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    files = {"web/.env.sample": "A=\n", ".gitignore": ".env\n", "web/.gitignore": "!.env\n"}
    assert lacking(tmp_path, files) == [".gitignore"]


def test_each_of_several_has_to_be_covered(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    files = {"web/.env.sample": "A=\n", ".env.sample": "A=\n", "web/.gitignore": ".env\n"}
    assert lacking(tmp_path, files) == [".gitignore"]
