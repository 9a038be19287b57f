"""Today's files: read by the engine where they lie.

What its rules pass over by name lies in a commit of ours under another name, for a second look:
in the same process where nothing in the folder can pass for a repository, in one of its own else.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.secrets import overlooked
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.work import FILES, NO_COMMITS, REPEATED, UNPACKED, Task, make_job
from pipeline.discover.git import top_of
from pipeline.discover.names import is_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.checks.job import Job, Options
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.overlooked import Laid
    from pipeline.checks.secrets.work import Work

MAX_ENTRIES = 400
"""Files and folders that are named to the engine one by one."""


def files_job(work: Work, options: Options, entries: Sequence[str] = (), history: str = "") -> Job:
    """Today's files, read by the engine where they lie: those in `entries`, or all of the folder.

    `history` is a repository of ours to read with them.
    """
    assert work.files is not None
    canary = Canary.make()
    beside = {f"{overlooked.BESIDE}/{overlooked.CANARY}": canary.content}
    skips = () if entries else work.files.skips
    inputs = entries or (str(work.root),)
    commits = (history,) if history else NO_COMMITS
    prefixes = (part for folder in skips for part in ("--skip-path-prefix", folder))
    what = (*inputs, overlooked.BESIDE, *commits, *prefixes)
    task = Task(work=work, canary=canary, inputs=len(inputs))
    return make_job(FILES, what, beside, task, options)


def apart(work: Work, options: Options) -> list[Job]:
    """Today's files without the history, and what is looked at again of them.

    Both in one process if there is nothing that the engine could take for a repository.
    """
    files = work.files
    assert files is not None
    stand_in = StandIn()
    laid, unseen = again(work, stand_in)
    work = replace(work, unseen=unseen)
    if not laid.tree:
        return [files_job(work, options)]
    commit = stand_in.commit(laid.tree)
    ours = stand_in.files("again", commit)
    is_plain = top_of(work.root) is None and not (files.repositories or files.stores)
    job = files_job(work, options, history="again" if is_plain else "")
    # The engine reads the files of our repository as well.
    looks = replace(job.notes, laid=laid, commit=commit, blobs=len(laid.tree) + len(ours))
    if is_plain:
        return [replace(job, inputs={**job.inputs, **ours}, notes=looks)]
    assert laid.canary is not None
    looks = replace(looks, canary=laid.canary)
    return [job, make_job(REPEATED, ("again",), ours, looks, options)]


def unpacked(work: Work, paths: Sequence[str], options: Options) -> Job:
    """Files that the engine unpacks where they lie, and nowhere else."""
    canary = Canary.make()
    what = (*(f"{work.root}/{path}" for path in paths), overlooked.BESIDE, *NO_COMMITS)
    beside = {f"{overlooked.BESIDE}/{overlooked.CANARY}": canary.content}
    names = {f"{work.root}/{path}": path for path in paths}
    return make_job(UNPACKED, what, beside, Task(work=work, canary=canary, names=names), options)


def again(work: Work, stand_in: StandIn) -> tuple[Laid, dict[str, str]]:
    """Today's files that the engine passes over, put among those of ours, and why others are not.

    The engine judges whole paths: a repository below a folder named node_modules is no less one.
    """
    assert work.files is not None
    above = work.root.as_posix()
    paths = [
        path for path in work.files.own.values() if overlooked.is_passed_over(f"{above}/{path}")
    ]
    found, unseen = overlooked.read(work.root, paths)
    return overlooked.lay(found, stand_in), unseen


def entries(root: Path, files: Files) -> list[str] | None:
    """What is in the folder, but for git's own data and what must not be entered.

    A folder with such a part in it is named by what is in it: a prefix to skip would hold for the
    history as well. `None` where there is too much of it, or where the engine could come upon a
    repository.
    """
    skips = frozenset(files.skips)
    if ".git/" not in skips or not all(f"{path}/" in skips for path in files.repositories):
        return None
    if files.stores:
        return None
    opened = {skip[: at + 1] for skip in skips for at, sign in enumerate(skip[:-1]) if sign == "/"}
    found: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as inside:
            for entry in inside:
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if f"{path}/" in opened:
                        waiting.append(f"{path}/")
                    elif f"{path}/" not in skips:
                        found.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    found.append(entry.path)
        if len(found) > MAX_ENTRIES:
            return None
    return sorted(found) if all(map(is_text, found)) else None
