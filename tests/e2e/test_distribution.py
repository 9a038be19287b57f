"""The wheel and the editable install, as a user has them, and another project's noxfile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.advice import DEMO, make_store

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("COVERAGE", "COV_", "PYTHON", "NOX", "VIRTUAL_ENV", "PYTEST"))
}

pytestmark = pytest.mark.slow


def call(*argv: str | Path, cwd: Path, code: int = 0, **env: str) -> str:
    done = subprocess.run(
        [str(part) for part in argv],
        cwd=cwd,
        env={**ENVIRONMENT, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def uv() -> str:
    found = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert found, "uv comes with the tests' dependency group"
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(uv(), "build", "--no-config", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


def environment(folder: Path, *what: str) -> Path:
    """A fresh environment with something installed; the folder of its programs."""
    call(uv(), "venv", "--no-config", "--python", sys.executable, folder / "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    call(uv(), "pip", "install", "--no-config", "--python", python, *what, cwd=folder)
    return python.parent


def test_the_wheel_carries_what_it_needs_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shared = {name for name in names if name.startswith("pipeline/_shared/")}
    wanted = {
        f"pipeline/_shared/templates/{path.relative_to(ROOT / 'templates').as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    assert shared == wanted | {"pipeline/_shared/pyproject.toml", "pipeline/_shared/uv.lock"}
    assert {"pipeline/py.typed", "pipeline/supply-chain.schema.json"} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "pipeline",
        "supply_chain_pipeline",
    }


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_an_installation_does_the_whole_job(kind: str, wheel: Path, tmp_path: Path) -> None:
    what = (f"{wheel}[tools]",) if kind == "wheel" else ("--editable", f"{ROOT}[tools]")
    programs = environment(tmp_path, *what)
    said = call(programs / "supply-chain", "demo", cwd=tmp_path)
    assert "VIOLATED" in said
    folder = tmp_path / ".supply-chain" / "demo" / "report"
    report = json.loads((folder / "report.json").read_bytes())
    assert report["verdict"]["exit_code"] == 1
    assert "<html" in (folder / "report.html").read_text()


def test_another_projects_noxfile_has_the_sessions(wheel: Path, tmp_path: Path) -> None:
    programs = environment(tmp_path, f"{wheel}[nox]")
    project = tmp_path / "project"
    shutil.copytree(DEMO / "repository", project)
    shutil.copyfile(ROOT / "examples" / "noxfile.py", project / "noxfile.py")
    store = make_store(tmp_path / "advisories.sqlite")
    listed = call(programs / "nox", "--list", cwd=project)
    for session in ("plan", "dependencies", "report", "gate", "tests"):
        assert f"{session} -> " in listed
    said = call(
        *(programs / "nox", "--", "--advisories", store, "--as-of", "2026-11-01", "--offline"),
        cwd=project,
        code=1,
    )
    assert "gate: failed" in said
    assert "dependencies: success" in said
    report = json.loads((project / ".supply-chain" / "report" / "report.json").read_bytes())
    assert report["verdict"]["decision"] == "violated"
    assert {finding["rule"] for finding in report["findings"]} >= {"CVE-2019-10906", "MAL-0000-1"}
