"""Where answers go: any locale, a full disk, nowhere at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ExitCode

ROOT = Path(__file__).parents[2]
ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


def call(shell: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which "$S" is the command line."""
    words = ["sh", "-c", shell.replace("$S", f"{sys.executable} -m pipeline")]
    variables = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(words, cwd=cwd, env=variables, capture_output=True, check=False)


def test_signs_and_names_need_no_locale(tmp_path: Path) -> None:
    (tmp_path / "ünï").mkdir()
    (tmp_path / "ünï" / "requirements.txt").write_text("six==1.16.0\n")
    ended = call("$S discover .", tmp_path, **ASCII)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "ünï" in ended.stdout.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_told() -> None:
    ended = call("$S explain > /dev/full")
    assert ended.returncode == ExitCode.INCOMPLETE
    assert ended.stderr == b"error: the answer cannot be written: No space left on device\n"


def test_somebody_who_wants_no_answer_gets_the_exit_code() -> None:
    for closed in (">&-", "2>&-"):
        ended = call(f"$S explain DEP-01 {closed}")
        assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_reader_that_has_enough_leaves_no_trace() -> None:
    ended = call("$S explain | head -n 1")
    assert (ended.stdout.count(b"\n"), ended.stderr) == (1, b"")


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    ended = call("cd gone && rmdir ../gone && $S discover", tmp_path)
    assert ended.returncode == ExitCode.USAGE
    assert ended.stderr.startswith(b"error: the folder that you stand in is gone\n")
