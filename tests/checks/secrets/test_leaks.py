"""No planted value is in any file that a run writes, in what it says, or in an argument."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.checks.secrets.shelf import INCOMING, LOOSE
from tests.kit.images import Built, layout

from .conftest import Repository, make_token

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_a_whole_run_leaves_no_value_anywhere(repository: Repository, tmp_path: Path) -> None:
    current, removed, locked, named, spoken, baked = (make_token() for _ in range(6))
    repository.commit(a=f"key = '{removed}'\n")
    repository.write("package-lock.json", f'{{"x": "{locked}"}}')
    repository.write(".env", f"API_TOKEN={named}\n")
    repository.commit(f"the key is '{spoken}'", a=f"key = '{current}'\n")
    deleted = {"srv/a.ini": f"key = '{baked}'\n".encode(), "srv/.env": f"TOKEN={baked}".encode()}
    app = Built.of(deleted, dict.fromkeys(deleted), {"srv/a.py": f"key = '{current}'\n".encode()})
    layout(tmp_path / "app", {"1.0": app})
    planted = [value.encode() for value in (current, removed, locked, named, spoken)]
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
        "PYTHONPATH": str(ROOT),
    }
    output = tmp_path / "out"
    argv = [
        *(sys.executable, "-m", "pipeline", "run", str(repository.root)),
        *("--only", "secrets", "--offline", "--output", str(output)),
        *("--image", str(tmp_path / "app")),
    ]
    arguments: list[bytes] = []
    seen: list[str] = []
    with subprocess.Popen(
        argv, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while process.poll() is None:
            arguments += _lines()
            seen += _holding(scratch, planted)
            time.sleep(0.02)
        assert process.stdout is not None
        said = process.stdout.read()
    assert process.returncode == 1
    planted.append(baked.encode())
    report = (output / "report" / "report.json").read_bytes()
    assert report.count(b'"secret:') >= 6, "all of them were found"
    assert f"{tmp_path}/app!/srv/a.ini".encode() in report
    assert any(b"kingfisher" in line for line in arguments)
    for value in planted:
        assert value not in said
        assert not any(value in line for line in arguments)
    # What is in an image has to lie in a folder while the engine reads it, and what is packed it
    # unpacks into a folder of its own, if there is none for it in memory.
    places = {Path(path).relative_to(scratch).parts[1:3] for path in seen}
    assert {inside for folder, inside in places if folder != "home"} <= {LOOSE, INCOMING}
    for folder in (output, home, scratch, Path("/dev/shm"), Path(os.environ["XDG_CACHE_HOME"])):
        assert not _holding(folder, planted)


def _lines() -> list[bytes]:
    """The command line of every process there is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def _holding(folder: Path, planted: list[bytes]) -> list[str]:
    """Files below a folder that hold a planted value."""
    found = []
    for place, _, names in os.walk(folder):  # passes over what vanishes meanwhile
        for path in (Path(place, name) for name in names):
            try:
                content = path.read_bytes() if path.is_file() else b""
            except OSError:
                continue
            found += [str(path) for value in planted if value in content]
    return found
