"""What a job is started with: a command, and a folder with all that it wants in it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from pipeline.tools.run import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.checks.job import Job


def folder_of(job: Job) -> tempfile.TemporaryDirectory[str]:
    """A new folder for a job, which nobody else can look into; it goes with its context."""
    return tempfile.TemporaryDirectory(prefix="supply-chain-", dir=job.scratch or None)


def command_of(job: Job, command: tuple[str, ...]) -> Command:
    """What is started for a job whose program is started with `command`."""
    return Command(
        argv=(*command, *job.arguments),
        accept=job.accept,
        timeout=job.timeout,
        env=job.env,
        network=job.network,
        label=job.name,
    )


def lay(inputs: Mapping[str, bytes], folder: Path) -> None:
    """Write a job's inputs into a folder."""
    for name, content in inputs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def furnish(job: Job, work: Path) -> None:
    """Put all that a job wants into its folder."""
    lay(job.inputs, work)
    for name, place in job.links.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).symlink_to(place)
    if job.fill:
        job.fill(work)
