"""A job of the matrix: the checks of one leg, on the commit that was planned."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import stages
from pipeline.actions import inputs, plan, programs, scan
from pipeline.collect import wanted
from pipeline.discover.commits import history
from pipeline.errors import IncompleteError
from pipeline.store import FOLDER, Output
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.actions.runner import Runner
    from pipeline.actions.scan import Scan
    from pipeline.model import Evidence, Target
    from pipeline.store import Plan


class Leg(NamedTuple):
    """What a job of the matrix has to do: the checks of each project, by the project's key."""

    key: str
    checks: dict[str, list[str]]
    outputs: dict[str, Output]


def open_leg(runner: Runner) -> Leg:
    """The leg `KEY` of the plan, its runs started anew in this job.

    Raises `IncompleteError` when the plan is not the one that was made, or speaks of another
    commit than the one checked out.
    """
    part = runner.parts / scan.PLAN
    found = scan.read(part, runner.environment.get("PLAN_DIGEST", ""))
    leg = found.leg(runner.environment.get("KEY", ""))
    root = runner.workspace
    _same_commit(root, found)
    asked = inputs.read(runner.given("INPUTS"))
    checks: dict[str, list[str]] = {}
    for task in leg.tasks:
        checks.setdefault(task.project, []).append(task.check)
    outputs = {}
    for project in checks:
        outputs[project] = Output(runner.temp / "work" / project / FOLDER)
        outputs[project].folder.parent.mkdir(parents=True, exist_ok=True)
        restore(
            part / plan.PROJECTS / project,
            outputs[project],
            root=root / inputs.folder(root, found.paths()[project]),
            advisories=plan.advisories(root, asked),
        )
    return Leg(leg.key, checks, outputs)


def needs(leg: Leg) -> tuple[str, ...]:
    """The programs from outside the package index that the leg has work for."""
    found: set[str] = set()
    for project, names in leg.checks.items():
        found.update(wanted.programs(names, leg.outputs[project].plan()))
    return tuple(sorted(found))


def run(runner: Runner) -> None:
    """Run the checks of the leg `KEY` and write its part; raises as `open_leg`."""
    leg = open_leg(runner)
    if not all(output.plan().offline for output in leg.outputs.values()):
        programs.fetch(needs(leg))
    for project, names in leg.checks.items():
        output = leg.outputs[project]
        stages.check(names, output, tell=partial(_tell, project))
        _hand_over(output, names, runner.part / leg.key / project)


def restore(
    folder: Path, output: Output, *, root: Path | None = None, advisories: Path | None = None
) -> Plan:
    """Start the run of the plan in `folder` anew, in another job: the same plan and token."""
    planned = Output(folder).plan()
    made = output.begin(
        replace(
            planned,
            root=str(root or ""),
            target=_moved(planned.target, planned.root, root),
            advisories=str(advisories) if advisories else None,
        )
    )
    if (folder / "base" / "plan.json").is_file():
        before = Output(folder).base.plan()
        output.base.begin(replace(before, advisories=made.advisories))
    return made


def _moved(target: Target, before: str, now: Path | None) -> Target:
    """The target with its images' files where the checkout is in this job."""
    if now is None or before == str(now):
        return target
    images = (
        replace(image, place=str(now / Path(image.place).relative_to(before)))
        if Path(image.place).is_relative_to(before)
        else image
        for image in target.images
    )
    return replace(target, images=tuple(images))


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
