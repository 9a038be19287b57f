"""A job of the matrix: the checks of one leg, on the commit that was planned."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.actions import inputs, plan, scan
from pipeline.discover.commits import history
from pipeline.errors import IncompleteError
from pipeline.store import FOLDER, Output
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.actions.runner import Runner
    from pipeline.actions.scan import Leg, Scan
    from pipeline.model import Evidence
    from pipeline.store import Plan


def run(runner: Runner) -> Leg:
    """Run the checks of the leg `KEY` and write its part.

    Raises `IncompleteError` when the plan is not the one that was made, or speaks of another
    commit than the one checked out.
    """
    part = runner.parts / scan.PLAN
    found = scan.read(part, runner.environment.get("PLAN_DIGEST", ""))
    leg = found.leg(runner.environment.get("KEY", ""))
    root = runner.workspace
    _same_commit(root, found)
    asked = inputs.read(runner.given("INPUTS"))
    paths = found.paths()
    for project, checks in _by_project(leg).items():
        folder = part / plan.PROJECTS / project
        output = Output(runner.temp / "work" / project / FOLDER)
        place = root / inputs.folder(root, paths[project])
        output.folder.parent.mkdir(parents=True, exist_ok=True)
        restore(folder, output, root=place, advisories=plan.advisories(root, asked))
        stages.check(checks, output, tell=lambda evidence: _tell(project, evidence))  # noqa: B023
        _hand_over(output, checks, runner.part / leg.key / project)
    return leg


def restore(
    folder: Path, output: Output, *, root: Path | None = None, advisories: Path | None = None
) -> Plan:
    """Start the run of the plan in `folder` anew, in another job: the same plan and token."""
    planned = Output(folder).plan()
    made = output.begin(
        replace(
            planned,
            root=str(root or ""),
            advisories=str(advisories) if advisories else None,
        )
    )
    if (folder / "base" / "plan.json").is_file():
        before = Output(folder).base.plan()
        output.base.begin(replace(before, advisories=made.advisories))
    return made


def evidence_files(checks: Iterable[str]) -> tuple[str, ...]:
    """Where the evidence of checks stands in an output folder, the base's included."""
    return tuple(f"{place}evidence/{check}.json" for check in checks for place in ("", "base/"))


def _hand_over(output: Output, checks: Iterable[str], part: Path) -> None:
    """Copy what the checks left: their evidence, and the files that it names."""
    names = tuple(checks)
    for name in evidence_files(names):
        if (output.folder / name).is_file():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(output.folder / name, part / name)
    for check in names:
        if (output.folder / check).is_dir():
            shutil.copytree(output.folder / check, part / check)


def _by_project(leg: Leg) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in leg.tasks:
        found.setdefault(task.project, []).append(task.check)
    return found


def _same_commit(root: Path, found: Scan) -> None:
    with history(root) as commits:
        here = commits.resolve("HEAD")
    if here != found.commit:
        raise IncompleteError(
            f"commit {here[:12]} is checked out, but {found.commit[:12]} was planned",
            fix="run the workflow again",
        )


def _tell(project: str, evidence: Evidence) -> None:
    ended = evidence.status.value.replace("_", " ")
    reason = f": {plain(evidence.reason, limit=300)}" if evidence.reason else ""
    sys.stdout.write(f"{project}: {evidence.check}: {ended}{reason}\n")
