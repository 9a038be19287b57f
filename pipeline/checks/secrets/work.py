"""What the plan tells the reading: what was known, and what each job is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.secrets import messages, remember
from pipeline.checks.secrets.calls import PAST
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.files import Files
from pipeline.checks.secrets.overlooked import NOTHING, Laid
from pipeline.checks.secrets.remember import Seen
from pipeline.checks.secrets.today import Contents
from pipeline.discover.past import Past

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.job import Job
    from pipeline.checks.secrets.engine import Hit

STORE = f"{PAST}/objects/"
"""How the engine spells what git keeps and no commit leads to."""
TODAY = "today/"
"""The folder of today's files in our commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the plan knew, for the reading.

    `past` is `None` where there is no repository, or where `broken` says why it cannot be
    trusted. `again` are the files of today that the engine passes over by name. `contents` is what
    today's files hold, where that is remembered. `unseen` are files
    that could not be looked at again, with the reason. `excluded` are folders and files that the
    policy leaves out. `cramped` says why archives may not be unpacked whole. `holders` are the
    files of today that were made to hold secrets, and do, `held` those of the history. `baked` is
    of the images that were named, if there are any.
    """

    root: Path
    files: Files | None = None
    again: tuple[str, ...] = ()
    contents: Contents | None = None
    past: Past | None = None
    broken: str = ""
    memory: remember.Memory | None = None
    key: str = ""
    unseen: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    cramped: str = ""
    holders: tuple[Seen, ...] = ()
    held: tuple[Seen, ...] = ()
    baked: remember.Baked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One job's part: its canaries, our commit, and which path each name of ours stands for.

    `laid` are the files of today that are looked at a second time, `told` messages of commits and
    tags. `commit` is the one in front, `first` the one that holds all these and `names` where that
    is another, and `walk` a canary in `commit` where the other one is beside. `inputs` is how many
    files and folders of today were named to the engine, `beside` how many files of ours lie beside
    them, `blobs` how many file versions there are to be read.
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
    beside: int = 0
    blobs: int = 0

    @property
    def held(self) -> str:
        """The commit of ours that holds what stands under names of ours."""
        return self.first or self.commit

    def again(self, hit: Hit) -> tuple[str, ...] | None:
        """The files of today in which a hit of a second look lies; `None` for any other hit."""
        in_place = hit.commit == self.held if self.laid.tree else not hit.commit
        return self.laid.at(hit.path) if in_place else None

    @property
    def canaries(self) -> Iterator[Canary]:
        """All of them."""
        yield from filter(None, (self.canary, self.laid.canary, self.walk))

    @property
    def looked_again(self) -> int:
        """How many files of today are looked at a second time."""
        return sum(map(len, self.laid.names.values()))


def given(job: Job, inputs: Mapping[str, bytes], task: Task) -> Job:
    """A job of `calls` with what is in its folders, and what the reading has to know."""
    return replace(job, inputs=inputs, notes=task)
