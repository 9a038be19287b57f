"""What the tests of the search share: repositories with planted tokens, and a search.

Every token is made up when a test runs, so that no file of this project holds one.
"""

from __future__ import annotations

import os
import secrets
import string
import subprocess
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline import images
from pipeline.checks.fixture import by_content
from pipeline.checks.job import Options, Skip
from pipeline.checks.secrets.engine import TOOL
from pipeline.checks.secrets.jobs import plan
from pipeline.collect import collect, perform
from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Policy,
    Reading,
    SecretSettings,
    Status,
    Target,
)
from pipeline.stages import look
from pipeline.store import Output, Plan
from pipeline.tools import python
from tests.kit.git import ENVIRONMENT

TARGET = Target(name="t", git=None, files=0)
"""A folder of which nothing is known."""


def make_token() -> str:
    """A token in GitHub's published format; letters and digits are enough for its rule.

    None that looks made up by chance.
    """
    letters = string.ascii_letters + string.digits
    made = "ghp" + "_" + "".join(secrets.choice(letters) for _ in range(36))
    return make_token() if by_content(made) else made


class Repository:
    """A git repository on disk. With a `clock`, each command runs a minute after the last one."""

    clock: int | None = None

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        environment = dict(ENVIRONMENT)
        if self.clock is not None:
            self.clock += 1
            day, minute = "2024-03-01", f"{12 + self.clock // 60}:{self.clock % 60:02}"
            environment["GIT_AUTHOR_DATE"] = f"{day}T{minute}:00Z"
            environment["GIT_COMMITTER_DATE"] = f"{day}T{minute}:00Z"
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", **files: str) -> str:
        """Write Python files, commit all there is; the commit's id."""
        for name, content in files.items():
            self.write(f"{name}.py", content)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="session")
def rule_cache() -> Path:
    """The engine's compiled rules: made once for all tests, and for the next run of them."""
    folder = Path(tempfile.gettempdir(), f"supply-chain-tests-{os.getuid()}", "kingfisher")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, rule_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, but for the compiled rules."""
    folder = tmp_path / "cache"
    (folder / "supply-chain").mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    # The engine refuses a link in place of its folder.
    shared = {"KF_RULE_CACHE_DIR": str(rule_cache)}
    for module in ("calls", "jobs"):
        monkeypatch.setattr(f"pipeline.checks.secrets.{module}.environment", lambda: shared)
    return folder / "supply-chain"


@pytest.fixture
def token() -> str:
    return make_token()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def names(root: Path, **settings: bool) -> list[str]:
    """What the jobs for a folder are called."""
    options = Options(
        root=str(root), secrets=SecretSettings(**settings), tool=python.find(TOOL.distribution)
    )
    jobs = plan(TARGET, options)
    assert not isinstance(jobs, Skip)
    assert all(job.private for job in jobs)
    return [job.name for job in jobs]


def skipped(root: Path, **settings: bool) -> Status:
    """How the check ends for a folder with no job."""
    found = plan(TARGET, Options(root=str(root), secrets=SecretSettings(**settings)))
    assert isinstance(found, Skip)
    return found.status


def plan_for(root: Path, **settings: Any) -> Plan:
    return Plan(
        root=str(root.resolve()),
        as_of=date(2026, 11, 1),
        offline=True,
        checks=("secrets",),
        target=look(root, None),
        policy=Policy(),
        secrets=SecretSettings(**settings),
    )


def search(root: Path, *named: str, **settings: Any) -> Reading:
    """What the check reads of a folder, and of the images of these names beside it."""
    plan = plan_for(root, **settings)
    if named:
        wanted = images.look((name, "", root.parent) for name in named)
        plan = replace(plan, target=replace(plan.target, images=wanted))
    found = perform("secrets", plan)
    assert not isinstance(found, Skip), found
    return found


def scope(reading: Reading, name: str) -> Coverage:
    (found,) = (part for part in reading.coverage if part.scope == name)
    return found


def only(reading: Reading) -> Finding:
    (found,) = reading.findings
    return found


def is_whole(reading: Reading) -> bool:
    return all(part.complete for part in reading.coverage if part.required)


def evidence(root: Path, folder: Path) -> Evidence:
    """What a run of the check records; its output goes into `folder`."""
    output = Output(folder)
    plan = output.begin(plan_for(root), checks=("secrets",))
    return collect("secrets", plan, output)
