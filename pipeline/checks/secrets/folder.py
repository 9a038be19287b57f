"""Today's files: read by the engine where they lie.

What its rules pass over by name lies beside them under another name, for a second look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.secrets import calls, overlooked
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.work import Task, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.checks.job import Job, Options
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.work import Work


def in_place(work: Work, options: Options, *, alone: bool = True) -> Job:
    """Today's files in all of the folder; not `alone` where another engine runs beside this one."""
    assert work.files is not None
    job = calls.in_place(work.root, options, work.files.skips)
    return _given(job if alone else calls.on_disk(job), work, 1)


def with_history(
    work: Work, options: Options, entries: Sequence[str], history: Mapping[str, bytes]
) -> Job:
    """Today's files in `entries`, and all that git keeps, by a repository of ours."""
    job = _given(calls.with_history(entries, options), work, len(entries))
    return replace(job, inputs={**job.inputs, **history})


def apart(work: Work, paths: Sequence[str], options: Options) -> Job:
    """Single files that have to be read where they lie."""
    names = {f"{work.root}/{path}": path for path in paths}
    canary = Canary.make()
    beside = {f"{calls.BESIDE}/{overlooked.CANARY}": canary.content}
    task = Task(work=work, canary=canary, names=names)
    return given(calls.apart(list(names), options), beside, task)


def _given(job: Job, work: Work, inputs: int) -> Job:
    """A look at `inputs` files and folders of today, with what lies beside them."""
    canary = Canary.make()
    found, unseen = overlooked.read(work.root, work.again)
    laid, beside = overlooked.beside(found, packed=not job.scratch)
    beside[f"{calls.BESIDE}/{overlooked.CANARY}"] = canary.content
    task = Task(
        work=replace(work, unseen=unseen),
        canary=canary,
        laid=laid,
        inputs=inputs,
        beside=len(beside),
    )
    return given(job, beside, task)


def entries(root: Path, files: Files) -> list[str] | None:
    """What `calls.with_history` can be told of; `None` where it could come upon a repository."""
    skips = frozenset(files.skips)
    if ".git/" not in skips or not all(f"{path}/" in skips for path in files.repositories):
        return None
    return None if files.stores else calls.entries(root, skips)
