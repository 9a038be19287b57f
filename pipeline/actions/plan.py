"""The first job: inputs and event become a plan per project, and a matrix of who does what."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.actions import base, inputs, scan
from pipeline.store import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.actions.inputs import Inputs
    from pipeline.actions.runner import Runner
    from pipeline.actions.scan import Project, Scan

PROJECTS = "projects"


def make(runner: Runner) -> Scan:
    """Plan every project and write the part "plan".

    Raises `UsageError` for inputs that cannot be meant, and as `stages.prepare` does.
    """
    asked = inputs.read(runner.given("INPUTS"))
    root = runner.workspace
    places = [inputs.folder(root, project) for project in asked.projects]
    projects = scan.name_projects(place.as_posix() for place in places)
    basis = base.find(root, runner.event, runner.payload, new_only=asked.new_only)
    config = policy_of(root, asked)
    notices = _notices(root, config, basis.base)
    part = runner.part / scan.PLAN
    tasks = []
    for project in projects:
        output = runner.temp / "work" / project.key / FOLDER
        output.mkdir(parents=True)
        is_first = project == projects[0]
        request = _request(
            root, project, asked, basis.base, config, notices, output, is_first=is_first
        )
        plan, made = stages.prepare(request)
        tasks += [scan.Task(project=project.key, check=check) for check in plan.checks]
        _hand_over(made.folder, part / PROJECTS / project.key)
    found = scan.Scan(
        commit=basis.commit,
        event=runner.event,
        basis=basis.why,
        projects=projects,
        legs=scan.split(tasks, asked.check_jobs),
    )
    scan.write(part, found)
    runner.output(
        matrix=found.matrix,
        commit=found.commit,
        digest=scan.seal(part),
        artifact_name=asked.artifact_name,
    )
    return found


def advisories(root: Path, asked: Inputs) -> Path | None:
    """The advisories that were asked for: of the machine, or of the repository."""
    if not asked.advisories:
        return None
    return inputs.file(root, "advisories", asked.advisories, outside=True)


def policy_of(root: Path, asked: Inputs) -> Path | None:
    """The one policy of all projects: the file that was named, else the repository's own.

    `None` for neither. A project's own `supply-chain.yml` shapes nothing: its report says that
    it was not used.
    """
    if asked.config:
        return inputs.file(root, "config", asked.config, outside=False)
    own = root / stages.SETTINGS_FILE
    return own if own.is_file() and not own.is_symlink() else None


def _request(  # noqa: PLR0913, PLR0917 - what a request is made of
    root: Path,
    project: Project,
    asked: Inputs,
    commit: str | None,
    config: Path | None,
    notices: tuple[str, ...],
    output: Path,
    *,
    is_first: bool,
) -> stages.Request:
    return stages.Request(
        target=root / project.path,
        output=output,
        config=config,
        offline=asked.offline,
        advisories=advisories(root, asked),
        checks=asked.checks,
        base=commit,
        fail_on=asked.fail_on,
        # Images belong to the repository as a whole, so one project's report speaks of them.
        images=asked.images if is_first else (),
        part="" if project.path == "." else project.path,
        notices=notices,
    )


def _notices(root: Path, config: Path | None, commit: str | None) -> tuple[str, ...]:
    """What the reports must say of a policy that the change itself alters."""
    if config is None or not commit:
        return ()
    path = config.resolve().relative_to(root).as_posix()
    if base.changes(root, commit, path):
        return (f"this change alters the policy that it is judged by: {path}",)
    return ()


def _hand_over(folder: Path, part: Path) -> None:
    """Copy the plans of a project into the part."""
    for name in ("plan.json", "base/plan.json"):
        if (folder / name).is_file():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, part / name)
