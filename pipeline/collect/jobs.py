"""Running what a check planned: each job in a folder of its own, under a limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Ran
from pipeline.collect.furnish import command_of, folder_of, furnish
from pipeline.errors import IncompleteError
from pipeline.tools.run import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job
    from pipeline.collect.ahead import Ahead, Early
    from pipeline.tools.run import Run

MAX_PROCESSES = 4
"""Tools of one check that run at the same time, at most."""


def run_jobs(
    jobs: Sequence[Job], commands: Sequence[tuple[str, ...]], ahead: Ahead | None = None
) -> list[Ran]:
    """Run jobs side by side; what ended as expected, in their order.

    One of them may have been started `ahead`; what else was is ended. Raises `IncompleteError`
    when a job fails that is not optional.
    """
    early = ahead.take(jobs, commands) if ahead else {}
    starts = [early.get(number) for number in range(len(jobs))]
    with ThreadPoolExecutor(max_workers=min(len(jobs), MAX_PROCESSES)) as pool:
        runs = pool.map(_run_one, jobs, commands, starts)
        return [run for run in runs if run is not None]


def _run_one(job: Job, command: tuple[str, ...], early: Early | None) -> Ran | None:
    """Run one job in a folder of its own, or follow the one that was started ahead.

    Raises `IncompleteError` for every way to fail; `None` stands for an optional job's failure.
    """
    if not command:
        return None
    if early:
        result = early.finish(job)
        # A tool that looked before anything was there has to say so from the beginning.
        if result.fault != "exit_code":
            ran = _answer(job, result, early.work)
            if ran is None or job.met(ran):
                return ran
    with folder_of(job) as folder:
        work, home = Path(folder, "work"), Path(folder, "home")
        work.mkdir()
        home.mkdir()
        furnish(job, work)
        result = run(command_of(job, command), cwd=work, home=home)
        return _answer(job, result, work)


def _answer(job: Job, result: Run, work: Path) -> Ran | None:
    """What a job left; raises as `_run_one` does."""
    if result.fault and job.optional:
        return None
    if result.fault:
        said = [] if job.private else result.stderr.strip().splitlines()
        raise IncompleteError(f"{result.detail}{': ' + said[-1][:300] if said else ''}")
    assert result.exit_code is not None
    return Ran(
        job=job,
        exit_code=result.exit_code,
        outputs={
            name: (work / name).read_bytes() for name in job.outputs if (work / name).is_file()
        },
        stdout=result.stdout,
        stderr=result.stderr,
    )
