"""The sessions as Nox runs them, with the pipeline's own noxfile on other repositories."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipeline import sessions
from pipeline.checks import CHECKS, question
from tests.advice import DEMO, make_store

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the environments of all these runs: the second one finds them."""
    return tmp_path_factory.mktemp("environments")


def nox(environments: Path, *arguments: str | Path, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py")),
            *("--envdir", str(environments), *map(str, arguments)),
        ],
        cwd=cwd,
        # Under a Nox session itself, where NOX_CURRENT_SESSION and a virtual environment are set.
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_session_is_explained_in_one_line(environments: Path) -> None:
    code, said = nox(environments, "--list", cwd=ROOT)
    assert code == 0
    for name, check in CHECKS.items():
        assert f"* {name} -> {question(check)}" in said
    listed = re.findall(r"^[*-] (.*)$", said, re.MULTILINE)
    assert len(listed) > len(CHECKS)
    assert all(" -> " in line for line in listed)
    assert {line.split()[0] for line in re.findall(r"^\* (.*)$", said, re.MULTILINE)} == {
        "plan",
        "tools",
        *CHECKS,
        "report",
        "gate",
    }


@pytest.mark.slow
def test_the_pipeline_on_another_repository(environments: Path, tmp_path: Path) -> None:
    store = make_store(tmp_path / "advisories.sqlite")
    options = ("--advisories", store, "--as-of", "2026-11-01", "--offline")
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "requirements.txt").write_text("idna==3.10\n")
    # A relative path is seen from where Nox was called; nothing there is imported.
    (tmp_path / "pipeline.py").write_text("raise SystemExit('imported')")
    code, said = nox(environments, "--", "--target", "clean", *options, cwd=tmp_path)
    assert code == 0, said
    report = json.loads((clean / ".supply-chain/report/report.json").read_bytes())
    assert report["verdict"]["decision"] == "compliant"
    assert "uv pip install" in said

    elsewhere = tmp_path / "elsewhere"
    code, said = nox(
        environments,
        *("--", "--target", DEMO / "repository", "--output", elsewhere, *options),
        cwd=tmp_path,
    )
    assert code != 0
    assert "gate: failed" in said
    assert re.search(r"dependencies: success", said)
    assert "uv pip install" not in said, "the second run takes no more set-up"
    report = json.loads((elsewhere / "report/report.json").read_bytes())
    assert report["verdict"]["exit_code"] == 1
    assert not (DEMO / "repository" / ".supply-chain").exists()


@pytest.mark.slow
def test_a_target_needs_a_path(environments: Path, tmp_path: Path) -> None:
    code, said = nox(environments, "-s", "plan", "--", "--target", cwd=tmp_path)
    assert code != 0
    assert "--target needs a path" in said


def test_tools_come_from_groups_of_the_lock() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert set(sessions.TOOL_GROUPS) <= groups.keys()


def test_the_extra_for_plain_installs_names_every_tool() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extra = project["project"]["optional-dependencies"]["tools"]
    grouped = [one for name in sessions.TOOL_GROUPS for one in project["dependency-groups"][name]]
    assert set(grouped) <= set(extra)


class Recorded:
    """As much of a Nox session as the command lines need."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = list(posargs)
        self.invoked_from = "/project"
        self.called: list[tuple[str, ...]] = []

    def calls(self, monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[str, ...]:
        def note(_: object, *words: str, **more: object) -> None:
            self.called.append((*words, str(more.get("groups", ""))))

        monkeypatch.setattr(sessions, "supply_chain", note)
        getattr(sessions, name)(self)
        (found,) = self.called
        return found


def test_artefacts_to_sign_follow_a_second_separator(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--target", "shop", "--offline", "--", "dist/a.whl", "--key", "k.pem")
    output = ("--output", "/project/shop/.supply-chain")
    assert Recorded(*words).calls(monkeypatch, "_sign") == (
        *("sign", *output, "dist/a.whl", "--key", "k.pem", "('sigstore',)"),
    )
    assert Recorded(*words).calls(monkeypatch, "_plan") == (
        *("plan", "/project/shop", *output, "--offline", ""),
    )
    assert Recorded("--offline").calls(monkeypatch, "_sign") == (
        *("sign", "--output", "/project/.supply-chain", "('sigstore',)"),
    )
