"""What makes the documentation's tables: nothing that a caller must know is left untold."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]

WORKFLOW = """\
on:
  workflow_call:
    inputs:
      projects:
        description: Folders | to judge.
        type: string
        default: "."
      image:
        description: An image.
        type: string
        required: true
      config:
        description: The policy.
        type: string
        default: ""
    secrets:
      token:
        description: To log in.
    outputs:
      verdict:
        description: The answer.
        value: ${{ jobs.a.outputs.verdict }}
permissions: {}
jobs:
  a:
    permissions:
      contents: read # to fetch it
      id-token: write # to prove who signs
    runs-on: ubuntu-24.04
"""

TOLD = """\
### `sign.yml`

Permission / For the job / Why
`contents: read` / `a` / to fetch it
`id-token: write` / `a` / to prove who signs

Input / Default / Effect
`projects` / `.` / Folders | to judge.
`image` / must be given / An image.
`config` / empty / The policy.

Secret / Needed / Effect
`token` / no / To log in.

Output / Meaning
`verdict` / The answer."""


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module that makes the tables, looking at a folder of ours."""
    module = load("workflow_tables")
    monkeypatch.setattr(module, "WORKFLOWS", tmp_path)
    return module


def drawn(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(" / ".join(row) for row in (head, *rows))


def test_everything_is_told(made: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "sign.yml").write_text(WORKFLOW, encoding="utf-8")
    assert made.tables(drawn) == TOLD


def test_the_one_that_everybody_calls_comes_first(made: ModuleType, tmp_path: Path) -> None:
    for name in ("another", "sign", "scan"):
        (tmp_path / f"{name}.yml").write_text(WORKFLOW, encoding="utf-8")
    (tmp_path / "ci.yml").write_text(WORKFLOW.replace("workflow_call", "x"), encoding="utf-8")
    assert re.findall(r"### `(\w+)", made.tables(drawn)) == ["scan", "sign", "another"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("        description: The policy.\n", "", "config has no description"),
        ("        description: The answer.\n", "", "verdict has no description"),
        ("        description: To log in.\n", "", "token has no description"),
        (" # to fetch it", "", "nothing says why a has contents"),
    ],
)
def test_what_is_not_said_in_the_workflow_is_an_error(
    made: ModuleType, tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = WORKFLOW.replace(before, after)
    assert text != WORKFLOW
    (tmp_path / "scan.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        made.tables(drawn)


@pytest.mark.parametrize("text", ["[]\n", WORKFLOW.replace("    permissions:", "    x:")])
def test_what_is_no_workflow_or_hides_its_rights_is_an_error(
    made: ModuleType, tmp_path: Path, text: str
) -> None:
    (tmp_path / "scan.yml").write_text(text, encoding="utf-8")
    with pytest.raises(TypeError):
        made.tables(drawn)


def test_the_tables_stand_between_their_marks(made: ModuleType) -> None:
    page = f"a\n{made.BEGIN}\nold\n{made.END}\nb\n"
    assert made.insert(page, "new") == f"a\n{made.BEGIN}\n\nnew\n\n{made.END}\nb\n"
    with pytest.raises(ValueError, match="needs the lines"):
        made.insert("a", "new")


def test_every_reusable_workflow_of_ours_is_told_completely() -> None:
    tables = load("workflow_tables").tables(drawn)
    assert "### `scan.yml`" in tables
    assert "`projects`" in tables
    assert "`contents: read`" in tables
