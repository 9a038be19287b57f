"""Does a secret stand in the code, in its history, or in a built image?

Kingfisher looks, always offline, with its own rules and ours (`rules/`), through today's files
and through every commit that a reference, a stash or HEAD leads to, with its message. What its
rules pass over by name is looked at a second time under another name. The layers of built images
are unpacked for it, and the same secret in code and image is one finding. Files whose purpose is
to hold secrets are recognised without it. No value leaves the process that looks: a finding has a
fingerprint and at most the first letters.

Nothing is believed: each run carries a canary that must be reported, the files and the file
versions it says it read must be as many as were counted before, and a history with a missing
object is not trusted. The repository's git configuration is not in force: the engine walks a
stand-in for `.git` that we made. What an earlier run found in the history is kept in the user's
cache, so that only new commits are walked, and of images only new layers.
"""

# engine      how Kingfisher is called and read
# rules/      rules of our own for it
# files       what there is on disk
# today       its content, as git names it
# objects     the stand-in for `.git`, with `pack`
# overlooked  what the engine's rules pass over, and gets a second look
# calls       its command line for each job
# survey      files and history listed, while it starts
# jobs        what is run: `folder` over today's files, `history` over what git keeps
# messages    what commits and tags say, as files for the engine
# work        what the plan tells the reading
# answer      what the engine's output means
# account     what nobody looked at
# archives    what the engine leaves out of an archive; `room` is where it unpacks them
# places      what is kept of a hit: all but its value
# walked      which commits brought it in
# layers      which layers of images are unpacked; `shelf` is where their files lie meanwhile
# baked       what is in which image
# holders     files made to hold secrets: `credentials` knows them
# ignored     which ignore files do not keep them out
# remember    what was looked at before
# report      the findings, with `fingerprint` and `rules`

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Network
from pipeline.checks.secrets.engine import TOOL
from pipeline.checks.secrets.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Options, Ran, Skip
    from pipeline.model import Reading, Target

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

NETWORK = Network.NONE


def questions(_: Target) -> tuple[Question, ...]:
    """It asks no advisory source."""
    return ()


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:
    """One walk of the history and of today's files, or of the folder where there is none."""
    from pipeline.checks.secrets import calls  # noqa: PLC0415 - for a run only

    if job := calls.foreseen(Path(options.root), options):
        options.ahead(job)
    # All this is read, and the history listed, while the engine starts.
    from pipeline.checks.secrets import answer, jobs  # noqa: F401, PLC0415

    return jobs.plan(target, options)


def read(_: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """The findings, and what was not looked at."""
    from pipeline.checks.secrets import answer  # noqa: PLC0415 - as above

    return answer.read(options, runs)
