"""docs/verify.md: its program runs, and what it names is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import make_parser
from pipeline.signing.statements import SCHEMAS
from tests.signing.conftest import Trusted

TEXT = (Path(__file__).parents[2] / "docs" / "verify.md").read_text(encoding="utf-8")


def run(folder: Path, trusted: Trusted, tmp_path: Path) -> tuple[int, str]:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "verify.py").write_text(program)
    words = (folder, trusted.root_file, trusted.stack.identity, trusted.stack.issuer.url)
    done = subprocess.run(
        [sys.executable, tmp_path / "verify.py", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_auditor_s_own_program(original: Path, trusted: Trusted, tmp_path: Path) -> None:
    code, said = run(original, trusted, tmp_path)
    assert code == 0, said
    assert said.startswith("PASSED {")


@pytest.mark.parametrize("name", ["report/report.json", "manifest.json"])
def test_it_refuses_what_was_changed(
    original: Path, trusted: Trusted, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(original, tmp_path / "changed"))
    (folder / name).write_bytes((folder / name).read_bytes().replace(b"a", b"b", 1))
    assert run(folder, trusted, tmp_path)[0] == 1


def test_every_predicate_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `[a-z…-]+` \|.*\| `([^`]+)` \|$", TEXT, re.MULTILINE)) == {*SCHEMAS}


def test_every_option_is_one() -> None:
    parser = make_parser()
    known = {
        option
        for verbs in parser._actions
        if isinstance(verbs.choices, dict)
        for name in ("sign", "verify")
        for action in verbs.choices[name]._actions
        for option in action.option_strings
    }
    named = set()
    for line in TEXT.splitlines():
        if "cosign" not in line and "sha256sum" not in line and "WHO" not in line:
            named |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", line))
    assert named - known == {"--type", "--bundle"} - known
