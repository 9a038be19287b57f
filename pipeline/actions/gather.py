"""The last job's first half: parts that came together, held against what was planned.

Whatever does not fit makes the run incomplete and is said: a part that is missing, a part or a
file that nobody planned, a job that did not succeed, a file that is not the one its evidence
names. Nothing is left out in silence, and nothing that does not fit is judged.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.actions import check, plan, scan
from pipeline.actions.scan import Scan
from pipeline.errors import PipelineError
from pipeline.files import digest
from pipeline.store import FOLDER, Output
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.actions.runner import Runner
    from pipeline.actions.scan import Leg

_MAX_NAMED = 5


@dataclass(slots=True)
class Gathered:
    """What came together. `outputs` are by the key of the project; `scan` is `None` without one.

    `problems` are sentences; any one of them means that something is not known.
    """

    scan: Scan | None = None
    outputs: dict[str, Output] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def gather(runner: Runner) -> Gathered:
    """Put the parts of the run together; never raises for what is wrong with them."""
    needs = runner.given("NEEDS")
    found = Gathered(problems=list(_failed(needs)))
    try:
        found.scan = scan.read(runner.parts / scan.PLAN, _told(needs, "digest"))
    except PipelineError as error:
        found.problems.append(error.what)
        return found
    for project in found.scan.projects:
        output = Output(runner.temp / "work" / project.key / FOLDER)
        try:
            output.folder.parent.mkdir(parents=True, exist_ok=True)
            check.restore(runner.parts / scan.PLAN / plan.PROJECTS / project.key, output)
        except PipelineError as error:
            found.problems.append(f"{project.key}: {error.what}")
            continue
        found.outputs[project.key] = output
    found.problems += _foreign(runner.parts, found.scan)
    for leg in found.scan.legs:
        found.problems += _take(runner.parts / leg.key, leg, found.outputs)
    for key, output in found.outputs.items():
        found.problems += (f"{key}: {problem}" for problem in _changed(output))
    return found


def _failed(needs: dict[str, Any]) -> Iterator[str]:
    """The jobs before this one that did not succeed, in the platform's own words."""
    for name in ("plan", "check"):
        job = needs.get(name)
        ended = str(job.get("result", "")) if isinstance(job, dict) else ""
        if ended != "success":
            yield f"the job {name} ended as {plain(ended, limit=40) or 'nothing that was told'}"


def _told(needs: dict[str, Any], name: str) -> str:
    """An output of the job that plans."""
    job = needs.get("plan")
    outputs = job.get("outputs") if isinstance(job, dict) else None
    return str(outputs.get(name, "")) if isinstance(outputs, dict) else ""


def _foreign(parts: Path, found: Scan) -> Iterator[str]:
    planned = {scan.PLAN, *(leg.key for leg in found.legs)}
    others = sorted(path.name for path in parts.iterdir() if path.name not in planned)
    if others:
        yield f"nobody planned {_some(others)}"


def _take(part: Path, leg: Leg, outputs: dict[str, Output]) -> Iterator[str]:
    """Move what a leg left to where its projects have it."""
    if part.is_symlink() or not part.is_dir():
        yield f"the part {leg.key} is missing"
        return
    others = []
    for path in scan.files(part):
        project, _, name = path.relative_to(part).as_posix().partition("/")
        output = outputs.get(project)
        if path.is_symlink() or output is None or not _is_planned(name, project, leg):
            others.append(path.relative_to(part).as_posix())
            continue
        goal = output.folder / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, goal)
    if others:
        yield f"the part {leg.key} holds what nobody planned: {_some(others)}"


def _is_planned(name: str, project: str, leg: Leg) -> bool:
    checks = [task.check for task in leg.tasks if task.project == project]
    return name in check.evidence_files(checks) or name.partition("/")[0] in checks


def _changed(output: Output) -> Iterator[str]:
    """Files that are not there as evidence names them, and those that no evidence names."""
    planned = output.plan()
    named = set()
    for recorded in output.evidence(planned):
        for artefact in recorded.evidence.artefacts:
            path = output.folder / artefact.path
            named.add(path)
            if not path.is_file() or digest(path.read_bytes()) != artefact.digest:
                yield f"{plain(artefact.path)} is not the file that its evidence names"
    left = [path for name in planned.checks for path in scan.files(output.folder / name)]
    if strays := sorted({*left} - named):
        names = [path.relative_to(output.folder).as_posix() for path in strays]
        yield f"no evidence names {_some(names)}"


def _some(names: list[str]) -> str:
    shown = ", ".join(plain(name, limit=80) for name in names[:_MAX_NAMED])
    more = len(names) - _MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
