"""Today's files: read by the engine where they lie, or in the history where a commit has them.

What its rules pass over by name lies beside them under another name, for a second look.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.checks.secrets import calls, overlooked
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.work import Task, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.checks.job import Job, Options
    from pipeline.checks.secrets.work import Work


def in_place(work: Work, options: Options, *, alone: bool = True) -> Job:
    """Today's files in all of the folder; not `alone` where another engine runs beside this one."""
    assert work.files is not None
    job = calls.in_place(work.root, options, work.files.skips)
    return _given(job if alone else calls.on_disk(job), work)


def with_history(
    work: Work,
    options: Options,
    history: Mapping[str, bytes],
    aside: Mapping[str, bytes] | None = None,
) -> Job:
    """All that git keeps, by a repository of ours, and the files `aside` for those of today.

    Without these, another engine reads today's files where they lie.
    """
    job = calls.everything(options)
    if aside is None:
        canary, beside = _watched()
        job = given(job, beside, Task(work=work, canary=canary))
    else:
        job = _given(job, work, aside)
    return replace(job, inputs={**job.inputs, **history})


def unpacked(work: Work, paths: Sequence[str], options: Options) -> Job:
    """Files that the engine unpacks where they lie, and nowhere else."""
    names = {f"{work.root}/{path}": path for path in paths}
    canary, beside = _watched()
    task = Task(work=work, canary=canary, names=names)
    return given(calls.unpacked(list(names), options), beside, task)


def _given(job: Job, work: Work, aside: Mapping[str, bytes] = MappingProxyType({})) -> Job:
    """A look at today's files, with what lies beside them; those `aside` lie there themselves."""
    canary, beside = _watched()
    found, unseen = overlooked.read(work.root, work.again)
    laid, files = overlooked.beside(found, packed=not job.scratch)
    # Their real paths stay at the end: some rules go by them.
    folders = {f"{calls.BESIDE}/{number:06}/": path for number, path in enumerate(aside)}
    beside |= files | {folder + path: aside[path] for folder, path in folders.items()}
    task = Task(
        work=replace(work, unseen=unseen),
        canary=canary,
        laid=laid,
        aside=folders,
        beside=len(beside),
    )
    return given(job, beside, task)


def _watched() -> tuple[Canary, dict[str, bytes]]:
    """A canary, and the file beside all else in which it lies."""
    canary = Canary.make()
    return canary, {f"{calls.BESIDE}/{overlooked.CANARY}": canary.content}
