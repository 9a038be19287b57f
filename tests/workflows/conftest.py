"""What runs of the reusable workflows share: callers' repositories, and events."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.advice import make_store
from tests.kit.act import platform
from tests.kit.golang import UnavailableError, built

FILE = ".github/workflows/supply-chain.yml"
POLICY = "policy: {advisories-max-age-days: 3650}\n"
CLEAN = {"requirements.txt": "idna==3.10\n", "supply-chain.yml": POLICY}
BAD = {"requirements.txt": "jinja2==2.4.1\n", "supply-chain.yml": POLICY}
NOBODY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")


@dataclass
class Caller:
    """A repository with a workflow that calls ours, and the platform it is run on."""

    root: Path
    folder: Path
    store: Path
    runs: int = 0

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *NOBODY, *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str]) -> str:
        """Write files and commit them; the commit's id."""
        for name, content in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(content, encoding="utf-8")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def calls(self, *, event: str = "push", **inputs: object) -> None:
        """Commit a workflow file that passes these inputs on."""
        given: dict[str, object] = {
            "advisories": str(self.store),
            "offline": True,
            "checks": "dependencies",
            **inputs,
        }
        self.commit({FILE: platform.calling("scan.yml", given, event=event)})

    def run(self, event: str = "push", **options: Any) -> platform.Ran:
        """Run it, as often as wanted: each run has a folder of its own."""
        place, self.runs = self.place, self.runs + 1
        return platform.run(self.root, place, event=event, **options)

    @property
    def place(self) -> Path:
        """The folder of the next run."""
        return self.folder / f"run-{self.runs}"

    def merges(self, files: Mapping[str, str], branch: str = "feature") -> dict[str, str]:
        """A pull request as the platform checks it out; the ids of base, head and merge."""
        base = self.git("rev-parse", "main")
        self.git("checkout", "--quiet", "-b", branch)
        head = self.commit(files)
        self.git("checkout", "--quiet", "--detach", base)
        self.git("merge", "--quiet", "--no-ff", "--message", "merged", head)
        return {"base": base, "head": head, "merge": self.git("rev-parse", "HEAD")}


@pytest.fixture
def caller(tmp_path: Path) -> Callable[..., Caller]:
    """Make a caller from file names and contents; skips where act cannot be had."""
    try:
        built(platform.ACT)
    except UnavailableError as error:
        pytest.skip(str(error))

    def make(files: Mapping[str, str] = CLEAN) -> Caller:
        root = tmp_path / "shop"
        root.mkdir()
        made = Caller(root, tmp_path, make_store(tmp_path / "advisories.sqlite"))
        made.git("init", "--quiet", "--initial-branch", "main")
        made.git("remote", "add", "origin", "https://github.com/acme/shop.git")
        made.git("config", "uploadpack.allowAnySHA1InWant", "true")
        made.commit(files)
        return made

    return make


def pull_request(change: Mapping[str, str], **parts: Any) -> dict[str, Any]:
    """The event of a pull request from a fork."""
    return {
        "number": 7,
        "pull_request": {
            "number": 7,
            "base": {"ref": "main", "sha": change["base"], "repo": {"full_name": "acme/shop"}},
            "head": {
                "ref": "feature",
                "sha": change["head"],
                "repo": {"full_name": "stranger/shop", "fork": True},
            },
            **parts,
        },
    }
