"""What tests of the workflows' steps share: a checkout, and jobs that hand parts to each other."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.actions.runner import Runner
from tests.advice import make_store

CLEAN = {
    "requirements.txt": "idna==3.10\n",
    "supply-chain.yml": "policy: {advisories-max-age-days: 3650}\n",
}


def git(folder: Path, *arguments: str) -> str:
    """Git as a person uses it, with a name and nothing of the machine's settings."""
    done = subprocess.run(
        ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, str], message: str = "a change") -> str:
    """Write files and commit them; the commit's id."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@dataclass
class Scanning:
    """A run of a workflow: the checkout, and what its jobs have handed over so far."""

    folder: Path
    workspace: Path
    inputs: dict[str, Any] = field(default_factory=dict)
    event: str = "push"
    payload: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> Path:
        return self.folder / "parts"

    def job(self, name: str, **environment: str) -> Runner:
        """A new job with an empty temporary folder, and the parts that are there."""
        temp = self.folder / name
        temp.mkdir()
        (temp / "event.json").write_text(json.dumps(self.payload))
        if self.parts.is_dir():
            shutil.copytree(self.parts, temp / "parts", symlinks=True)
        return Runner(
            {
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(temp),
                "GITHUB_EVENT_NAME": self.event,
                "GITHUB_EVENT_PATH": str(temp / "event.json"),
                "GITHUB_OUTPUT": str(temp / "output"),
                "GITHUB_STEP_SUMMARY": str(temp / "summary"),
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_RUN_ID": "4711",
                "INPUTS": json.dumps(self.inputs),
                **environment,
            }
        )

    def end(self, runner: Runner) -> dict[str, str]:
        """What a job leaves: its part for the others, and the outputs of its step."""
        if runner.part.is_dir():
            shutil.copytree(runner.part, self.parts, dirs_exist_ok=True)
        file = Path(runner.environment["GITHUB_OUTPUT"])
        lines = file.read_text().splitlines() if file.is_file() else []
        return dict(line.split("=", 1) for line in lines)

    def needs(self, *, plan: str = "success", check: str = "success") -> str:
        """What the last job is told of those before it."""
        return json.dumps(
            {"plan": {"result": plan, "outputs": self.outputs}, "check": {"result": check}}
        )


@pytest.fixture
def scanning(tmp_path: Path) -> Callable[..., Scanning]:
    """Make a checkout from file names and contents, and the run of a workflow on it."""

    def make(files: Mapping[str, str] = CLEAN, **inputs: Any) -> Scanning:
        workspace = tmp_path / "workspace"
        workspace.mkdir()
        git(workspace, "init", "--quiet", "--initial-branch", "main")
        git(workspace, "remote", "add", "origin", "https://github.com/acme/shop.git")
        commit(workspace, files)
        store = make_store(tmp_path / "advisories.sqlite")
        given = {"offline": True, "advisories": str(store), "checks": "dependencies", **inputs}
        return Scanning(tmp_path, workspace, given)

    return make
