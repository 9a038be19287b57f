"""Runs a caller's workflow with act, on this machine, without containers or a network of its own.

act 0.2.89 is built from its Go module. Every action that a workflow names is a stand-in of ours
(`stubs/`), and the reusable workflows are the ones of this working tree. What act does not do:
permissions, concurrency, the fields `job.workflow_*` (callers pass `tool-path`), and `$/` in
`uses`. What is said here of a run is read from act's own log.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kit.golang import Program, built

ACT = Program("act", "github.com/nektos/act", "v0.2.89")
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
REPOSITORY = "tool-owner/supply-chain-pipeline"
REF = "0123456789abcdef0123456789abcdef01234567"
PATIENCE = 600
"""Seconds for one run."""

_BASH = f"""\
#!/bin/sh
{shutil.which("bash")} "$@"
code=$?
[ "$code" -eq 0 ] || sleep 1
exit "$code"
"""
"""The shell of all steps. act closes the terminal of a step that failed at once, and what it has
not read by then is lost (v0.2.89, `HostEnvironment.exec`)."""

_USES = re.compile(r"uses:\s*([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40})\b")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: `jobs` by their full names, `outputs` and `summaries` by job."""

    code: int
    jobs: dict[str, str]
    outputs: dict[str, dict[str, str]]
    summaries: dict[str, str]
    said: dict[str, str]
    artifacts: Path
    log: str = field(repr=False, default="")

    @property
    def summary(self) -> str:
        """The summaries of all jobs, one after the other."""
        return "\n".join(self.summaries.values())

    def job(self, end: str) -> str:
        """How the one job whose name ends like this ended; "" when it did not start."""
        found = {name: result for name, result in self.jobs.items() if name.endswith(end)}
        assert len(found) <= 1, found
        return next(iter(found.values()), "")

    def outputs_of(self, end: str) -> dict[str, str]:
        """What the steps of the one job whose name ends like this have set."""
        (found,) = (values for name, values in self.outputs.items() if name.endswith(end))
        return found

    def verdict(self, name: str = "supply-chain") -> dict[str, Any]:
        """The verdict.json of the artifact."""
        found: dict[str, Any] = json.loads((self.artifacts / name / "verdict.json").read_bytes())
        return found


def calling(workflow: str, inputs: Mapping[str, object], *, event: str = "push") -> str:
    """A caller's workflow file with one job, `supply-chain`, that passes these inputs on.

    Names may be written with underscores for dashes. Values stand there as JSON, which is YAML.
    """
    given = {"tool-path": str(ROOT), **{name.replace("_", "-"): v for name, v in inputs.items()}}
    return f"""\
on: {json.dumps([event])}
permissions: {{}}
jobs:
  supply-chain:
    permissions:
      contents: read
    uses: {REPOSITORY}/.github/workflows/{workflow}@{REF}
    with: {json.dumps(given)}
"""


def run(
    caller: Path,
    folder: Path,
    *,
    event: str = "push",
    payload: Mapping[str, Any] | None = None,
    file: str = "supply-chain.yml",
    tree: Path = ROOT,
    extra: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Ran:
    """Run the workflow `file` of the repository `caller` for an event, all in `folder`.

    `tree` holds the reusable workflows, `extra` is more of the machine's environment, and
    `options` are more of act's. Raises `UnavailableError` where act cannot be had.
    """
    act = built(ACT)
    for name in ("home", "empty", "artifacts", "bin"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "event.json").write_text(json.dumps(payload or {}))
    done = subprocess.run(
        [
            *(str(act), event, "--directory", str(caller), "--json"),
            *("--workflows", f".github/workflows/{file}"),
            *("--eventpath", str(folder / "event.json")),
            *("--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server"),
            *("--concurrent-jobs", "1", "--action-cache-path", str(folder / "cache")),
            *("--env-file", "/dev/null", "--secret-file", "/dev/null", "--var-file", "/dev/null"),
            *options,
            *_replaced(tree, caller / ".github" / "workflows" / file),
        ],
        cwd=folder / "empty",
        env={**_environment(folder), "STUB_SOURCE": str(caller), **(extra or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return _read(done.returncode, done.stdout + done.stderr, folder / "artifacts")


def actions(folder: Path) -> dict[str, str]:
    """Every action that the workflow files of a folder name, with the commit it is pinned to."""
    found = {}
    for path in sorted(folder.glob("*.yml")):
        found.update(dict(_USES.findall(path.read_text())))
    return found


def without_own_path(folder: Path) -> Path:
    """The reusable workflows, calling each other by name instead of by `$/`, which act refuses."""
    goal = folder / "tree" / ".github" / "workflows"
    goal.mkdir(parents=True)
    for path in WORKFLOWS.glob("*.yml"):
        text = re.sub(r"uses: \$/(\S+)", rf"uses: {REPOSITORY}/\1@{REF}", path.read_text())
        (goal / path.name).write_text(text)
    return folder / "tree"


def _replaced(tree: Path, workflow: Path) -> Iterator[str]:
    """The options that put a folder of this machine in the place of every repository named."""
    yield from ("--local-repository", f"{REPOSITORY}@{REF}={tree}")
    named = {**actions(tree / ".github" / "workflows"), **actions(workflow.parent)}
    for name, commit in sorted(named.items()):
        stub = HERE / "stubs" / name.split("/")[1]
        if stub.is_dir():
            yield from ("--local-repository", f"{name}@{commit}={stub}")


def _environment(folder: Path) -> dict[str, str]:
    """What a hosted runner's steps would find: uv, Python, git, and how the index is reached."""
    _link(folder / "bin" / "uv", shutil.which("uv") or str(Path(sys.executable).with_name("uv")))
    _link(folder / "bin" / "python3", os.path.realpath(sys.executable))
    _link(folder / "bin" / "python", os.path.realpath(sys.executable))
    (folder / "bin" / "bash").write_text(_BASH)
    (folder / "bin" / "bash").chmod(0o755)
    kept = re.compile(r"UV_.*|SSL_CERT_.*|(https?|no|all)_proxy", re.IGNORECASE)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return {
        "UV_CACHE_DIR": f"{cache}/uv",
        **{name: value for name, value in os.environ.items() if kept.fullmatch(name)},
        "PATH": f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "STUB_PYTHON": sys.executable,
        "STUB_ACTIONS": str(HERE / "stand_in.py"),
        "STUB_ARTIFACTS": str(folder / "artifacts"),
        "STUB_SENT": str(folder / "sent"),
    }


def _link(place: Path, goal: str) -> None:
    if not place.exists():
        place.symlink_to(goal)


def _read(code: int, log: str, artifacts: Path) -> Ran:
    jobs: dict[str, str] = {}
    outputs: dict[str, dict[str, str]] = {}
    summaries: dict[str, str] = {}
    said: dict[str, str] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        # act adds the leg's number to its name: "api.secrets-2".
        job = re.sub(r"(\.[a-z0-9]+)-\d+$", r"\1", str(entry.get("job", "")).strip())
        if result := entry.get("jobResult"):
            jobs[job] = result
        if entry.get("command") == "set-output":
            outputs.setdefault(job, {})[entry["name"]] = entry["arg"]
        if entry.get("command") == "summary":
            summaries[job] = summaries.get(job, "") + entry["content"]
        if entry.get("raw_output"):
            said[job] = said.get(job, "") + str(entry["msg"])
    return Ran(code, jobs, outputs, summaries, said, artifacts, log)
