"""Running what a check planned: each job in a folder of its own, under a limit."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Ran
from pipeline.errors import IncompleteError
from pipeline.tools.run import Command, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job

MAX_PROCESSES = 4
"""Tools of one check that run at the same time, at most."""


def run_jobs(jobs: Sequence[Job], commands: Sequence[tuple[str, ...]]) -> list[Ran]:
    """Run jobs side by side; what ended as expected, in their order.

    Raises `IncompleteError` when one fails that is not optional.
    """
    with (
        tempfile.TemporaryDirectory(prefix="supply-chain-") as scratch,
        ThreadPoolExecutor(max_workers=min(len(jobs), MAX_PROCESSES)) as pool,
    ):
        folders = [Path(scratch, str(number)) for number in range(len(jobs))]
        runs = pool.map(_run_one, jobs, commands, folders)
        return [run for run in runs if run is not None]


def _run_one(job: Job, command: tuple[str, ...], folder: Path) -> Ran | None:
    """Run one job in a folder of its own.

    Raises `IncompleteError` for every way to fail; `None` stands for an optional job's failure.
    """
    if not command:
        return None
    work, home = folder / "work", folder / "home"
    work.mkdir(parents=True)
    home.mkdir()
    for name, content in job.inputs.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(content)
    for name, place in job.links.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).symlink_to(place)
    if job.fill:
        job.fill(work)
    result = run(
        Command(
            argv=(*command, *job.arguments),
            accept=job.accept,
            timeout=job.timeout,
            env=job.env,
            network=job.network,
            label=job.name,
        ),
        cwd=work,
        home=home,
    )
    if result.fault and job.optional:
        return None
    if result.fault:
        said = [] if job.private else result.stderr.strip().splitlines()
        raise IncompleteError(f"{result.detail}{': ' + said[-1][:300] if said else ''}")
    outputs = {name: (work / name).read_bytes() for name in job.outputs if (work / name).is_file()}
    assert result.exit_code is not None
    return Ran(
        job=job,
        exit_code=result.exit_code,
        outputs=outputs,
        stdout=result.stdout,
        stderr=result.stderr,
    )
