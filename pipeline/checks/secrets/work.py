"""What the plan tells the reading: how jobs are called, what each is to do, what was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Job
from pipeline.checks.secrets import messages, overlooked, remember
from pipeline.checks.secrets.engine import ACCEPTED, Canary, arguments, environment
from pipeline.checks.secrets.files import Files
from pipeline.checks.secrets.overlooked import NOTHING, Laid
from pipeline.checks.secrets.today import Contents
from pipeline.discover.past import Past

if TYPE_CHECKING:
    from pipeline.checks.job import Options
    from pipeline.checks.secrets.engine import Hit

TIMEOUT = 1800.0
"""Seconds; the longest history measured took eight, on two cores."""

FILES, HISTORY, UNPACKED = "today's files", "history", "files that are unpacked"
REPEATED = "files that are looked at again"
LAYERS = "image layers"
ALL = f"{FILES} and {HISTORY}"
STORE = "history/objects/"
"""How the engine spells what git keeps and no commit leads to."""
TODAY = "today/"
"""The folder of today's files in our commit."""
NO_COMMITS = ("--git-history", "none")
"""What tells the engine to walk no history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the plan knew, for the reading.

    `past` is `None` where there is no repository, or where `broken` says why it cannot be
    trusted. `contents` is what today's files hold, where that is remembered. `unseen` are files
    that could not be looked at again, with the reason. `excluded` are folders and files that the
    policy leaves out. `cramped` says why archives may not be unpacked whole. `baked` is of the
    images that were named, if there are any.
    """

    root: Path
    files: Files | None = None
    contents: Contents | None = None
    past: Past | None = None
    broken: str = ""
    memory: remember.Memory | None = None
    key: str = ""
    unseen: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    cramped: str = ""
    baked: remember.Baked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One job's part: its canaries, our commit, and which path each name of ours stands for.

    `laid` are the files of today that are looked at a second time, `told` messages of commits and
    tags. `commit` is the one in front, `first` the one that holds all these and `names` where that
    is another, and `walk` a canary in `commit` where the other one is beside. `inputs` is how many
    files and folders of today were named to the engine, `blobs` how many file versions there are
    to be read.
    """

    work: Work
    canary: Canary
    laid: Laid = NOTHING
    told: messages.Told = messages.NOTHING
    walk: Canary | None = None
    commit: str = ""
    first: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    inputs: int = 0
    blobs: int = 0

    @property
    def held(self) -> str:
        """The commit of ours that holds what stands under names of ours."""
        return self.first or self.commit

    def again(self, hit: Hit) -> tuple[str, ...] | None:
        """The files of today in which a hit of a second look lies; `None` for any other hit."""
        if hit.commit != self.held or not hit.path.startswith(overlooked.AGAIN):
            return None
        return self.laid.names.get(hit.path.partition("!")[0], ())

    @property
    def looked_again(self) -> int:
        """How many files of today are looked at a second time."""
        return sum(map(len, self.laid.names.values()))


def make_job(
    name: str, what: tuple[str, ...], inputs: dict[str, bytes], task: Task, options: Options
) -> Job:
    """One process of the engine over `what`, beside files of ours, with `task` for the reading."""
    return Job(
        name=name,
        arguments=arguments(*what, allow_markers=options.secrets.allow_markers),
        inputs=inputs,
        accept=ACCEPTED,
        timeout=TIMEOUT,
        env=environment(),
        private=True,
        notes=task,
    )
