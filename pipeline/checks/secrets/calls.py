"""How the engine is called for each job, before it is known what is in the folders of ours.

The engine compiles its rules first, which takes half a second, and looks into folders then. So it
is started with its command line alone, while files and history are listed (`Options.ahead`). What
it is to read arrives meanwhile (`work.given`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.job import Job
from pipeline.checks.secrets.engine import ACCEPTED, arguments, environment
from pipeline.checks.secrets.remember import is_remembered
from pipeline.checks.secrets.room import in_memory
from pipeline.discover.names import is_text
from pipeline.discover.top import top_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pipeline.checks.job import Options, Ran

TIMEOUT = 1800.0
"""Seconds; the longest history measured took eight, on two cores."""

FILES, HISTORY, APART = "today's files", "history", "single files"
LAYERS = "image layers"
ALL = f"{FILES} and {HISTORY}"
"""What the jobs are called."""

BESIDE, PAST, STAGED = "beside", "history", "staged"
"""Folders of ours: one that lies beside what is scanned, and repositories."""
BRANCH = "refs/heads/all"
"""Where our commit is, in those."""

_BLIND = 0.35
"""Seconds for which the engine is busy with its rules, at least, before it looks into anything."""
MAX_ENTRIES = 400
"""Files and folders that are named to the engine one by one."""

_NEVER = frozenset({".git/", ".supply-chain/"})
"""Folders that are entered in no repository."""
_NO_COMMITS = ("--git-history", "none")
_BRANCH = ("--branch", BRANCH)


def foreseen(root: Path, options: Options) -> Job | None:
    """What the plan will most probably come to, as far as one look tells; `None` if it does not.

    Few folders hold something that must not be entered, and few files are ignored where nobody
    works. Of a repository that was looked at before, the plan knows more than this.
    """
    if options.secrets.staged:
        return staged(options)
    if top_of(root) is None:
        return in_place(root, options)
    if not options.secrets.history or is_remembered(root):
        return None
    found = entries(root, _NEVER)
    return with_history(found, options) if found else None


def in_place(root: Path, options: Options, skips: Sequence[str] = ()) -> Job:
    """Today's files in all of a folder, but for the folders `skips`."""
    prefixes = (part for folder in skips for part in ("--skip-path-prefix", folder))
    return _job(FILES, (str(root), BESIDE, *_NO_COMMITS, *prefixes), (BESIDE,), options)


def with_history(entries: Sequence[str], options: Options) -> Job:
    """Today's files in `entries`, and all that git keeps."""
    return _job(ALL, (*entries, BESIDE, PAST), (BESIDE, PAST), options)


def entries(root: Path, skips: Collection[str]) -> list[str] | None:
    """What is in the folder, but for the folders `skips`; `None` where there is too much of it.

    A folder with such a part in it is named by what is in it: a prefix to skip would hold for the
    history as well.
    """
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


def walk(base: str, options: Options) -> Job:
    """The history from commit to commit: all of it, or what came after the commit `base`."""
    bounds = ("--since-commit", base) if base else ()
    return _job(HISTORY, (PAST, *_BRANCH, *bounds), (PAST,), options)


def staged(options: Options) -> Job:
    """What is about to be committed."""
    return _job(HISTORY, (STAGED, *_NO_COMMITS, *_BRANCH), (STAGED,), options)


def apart(paths: Sequence[str], options: Options) -> Job:
    """Single files where they lie."""
    return on_disk(_job(APART, (*paths, BESIDE, *_NO_COMMITS), (BESIDE,), options))


def on_disk(job: Job) -> Job:
    """The same job beside another one: in memory there is room for one of them."""
    return replace(job, scratch="")


def _job(name: str, what: tuple[str, ...], folders: tuple[str, ...], options: Options) -> Job:
    return Job(
        name=name,
        arguments=arguments(*what, allow_markers=options.secrets.allow_markers),
        accept=ACCEPTED,
        timeout=TIMEOUT,
        env=environment(),
        private=True,
        scratch=in_memory(),
        late=folders,
        blind=_BLIND,
        met=_met,
    )


def _met(ran: Ran) -> bool:
    """Whether the engine saw all our folders as they were to be: in each of them is a canary."""
    return all(canary.stands_in(ran.stdout) for canary in ran.job.notes.canaries)
