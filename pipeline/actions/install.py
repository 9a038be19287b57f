"""The tool's dependencies, as its lock has them, in an environment outside the checkout.

Runs before there is any dependency: it imports nothing of ours that would need one. Every file is
checked against the lock's hash, nothing is built, and settings that stand around the working
folder are not read. An index of the machine (`UV_DEFAULT_INDEX` and its like) holds. A leg gets
the tools of its own checks and no others.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks import CHECKS
from pipeline.errors import IncompleteError
from pipeline.resources import project_file
from pipeline.text import plain
from pipeline.tools.run import Command, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.actions.runner import Runner

_MINUTES = 60.0


def install(runner: Runner) -> Path:
    """Make the environment and answer where its interpreter is; raises `IncompleteError`."""
    groups = tools(runner)
    place = runner.temp / "venv"
    python = place / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="supply-chain-") as name:
        folder = Path(name)
        for file in ("pyproject.toml", "uv.lock"):
            (folder / file).write_bytes(project_file(file).read_bytes())
        for words in (export(groups), *fill(place, python)):
            _do(words, folder)
    # With -I an interpreter reads no variable and no folder that somebody else may have set or
    # filled; this line is how it finds the tool.
    (_packages(place) / "supply-chain.pth").write_text(f"{runner.tool}\n", encoding="utf-8")
    return python


def tools(runner: Runner) -> tuple[str, ...]:
    """The dependency groups of the checks that this job runs.

    Where it runs none, those that the workflow names in `GROUPS`.
    """
    key = runner.environment.get("KEY", "")
    if not key:
        return tuple(runner.environment.get("GROUPS", "").split())
    try:
        found = json.loads((runner.parts / "plan" / "scan.json").read_bytes())
        (leg,) = (leg for leg in found["legs"] if leg["key"] == key)
        checks = [CHECKS[task["check"]] for task in leg["tasks"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IncompleteError(
            "the plan's part cannot be read", fix="look at the job that plans"
        ) from error
    return tuple(sorted({name for check in checks if check.TOOL for name in check.TOOL.groups}))


def export(groups: Iterable[str]) -> tuple[str, ...]:
    """The command that writes the lock's pins and hashes as requirements."""
    chosen = tuple(word for group in groups for word in ("--group", group))
    return (
        *("uv", "export", "--no-config", "--frozen", "--quiet", "--no-emit-project"),
        *("--no-default-groups", "--format", "requirements-txt", *chosen),
        *("--output-file", "requirements.txt"),
    )


def fill(place: Path, python: Path) -> tuple[tuple[str, ...], ...]:
    """The commands that make the environment, for this very Python, and fill it."""
    return (
        (
            "uv",
            "venv",
            "--no-config",
            "--quiet",
            "--no-project",
            "--python",
            sys.executable,
            str(place),
        ),
        (
            *("uv", "pip", "install", "--no-config", "--quiet", "--python", str(python)),
            *("--require-hashes", "--only-binary", ":all:", "--no-deps"),
            *("--requirements", "requirements.txt"),
        ),
    )


def _packages(place: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))


def _do(words: tuple[str, ...], folder: Path) -> None:
    command = Command(argv=words, timeout=10 * _MINUTES, env=_environment(), network=True)
    done = run(command, cwd=folder, home=folder)
    if not done.ok:
        said = plain(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "")
        raise IncompleteError(
            f"{' '.join(words[:2])} failed: {done.detail}{'; ' if said else ''}{said}",
            fix="look whether the runner reaches the package index",
        )


def _environment() -> dict[str, str]:
    """What the machine says of the index and of uv's cache, and where a home is looked for."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("UV_")}
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        if name in os.environ:
            kept[name] = os.environ[name]
    return kept
