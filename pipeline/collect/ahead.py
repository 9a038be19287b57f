"""A job that is started before its plan is complete, because its tool takes long to start.

A tool that compiles hundreds of rules before it looks at anything keeps one core busy, while the
plan, which lists and packs what it is to look at, needs another. So the tool is started as soon as
its command line can be foreseen, with empty folders for what is still to come, and is held where it
would begin to look, if the plan is not ready by then. The whole content of a folder appears in one
step (rename(2)). No answer depends on who was faster: a run that did not meet what it was given is
no answer, and the job is run again from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from pipeline.collect.furnish import command_of, folder_of, lay
from pipeline.errors import PipelineError
from pipeline.tools.run import Command, Started, start

if TYPE_CHECKING:
    import tempfile
    from collections.abc import Mapping, Sequence

    from pipeline.checks.equipment import Tools
    from pipeline.checks.job import Job
    from pipeline.tools.run import Run


_OFTEN = 0.01
"""Seconds between two looks at how far a tool has come."""


@dataclass(frozen=True, slots=True)
class Early:
    """A running tool, and the folder in which its working folder lies.

    It is held before it looks into anything, until it is `given` what to look into.
    """

    command: Command
    started: Started
    folder: Path
    given: Event = field(default_factory=Event)

    @property
    def work(self) -> Path:
        """The tool's working folder."""
        return self.folder / "work"

    def finish(self, job: Job) -> Run:
        """Give it the inputs of `job`, each of its folders at once, and follow it to its end."""
        lay(job.inputs, self.folder / "laid")
        for name in job.late:
            (self.folder / "laid" / name).rename(self.work / name)
        self.given.set()
        self.started.go_on()
        return self.started.finish()

    def hold(self, blind: float) -> None:
        """Hold it once it was busy for `blind` seconds, unless it is given its inputs before."""
        while not self.given.wait(_OFTEN):
            if self.started.seconds() >= blind:
                self.started.hold()
                # It may have been given them, and told to go on, a moment ago.
                if self.given.is_set():
                    self.started.go_on()
                return


class Ahead:
    """Starts one job ahead. Who has made one has to close it."""

    def __init__(self, tools: Tools) -> None:
        """`tools` knows how a job's program is started."""
        self._tools = tools
        self._early: Early | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def __call__(self, job: Job) -> None:
        """Start `job` without its inputs, and end another one that was started before."""
        try:
            command = command_of(job, self._tools.command(job))
        except PipelineError:
            return  # the job itself will tell
        if self._early and self._early.command == command:
            return
        self.close()
        try:
            self._scratch = folder_of(job)
            folder = Path(self._scratch.name)
            for name in ("home", "laid", *(f"work/{late}" for late in job.late)):
                (folder / name).mkdir(parents=True)
        except OSError:
            return  # as above
        started = start(command, cwd=folder / "work", home=folder / "home")
        self._early = early = Early(command, started, folder)
        Thread(target=early.hold, args=(job.blind,), daemon=True).start()

    def take(self, jobs: Sequence[Job], commands: Sequence[tuple[str, ...]]) -> Mapping[int, Early]:
        """The job among `jobs` that is running already, by its place; any other is ended."""
        early = self._early
        for number, (job, command) in enumerate(zip(jobs, commands, strict=True)):
            if early and job.late and command_of(job, command) == early.command:
                return {number: early}
        self.close()
        return {}

    def close(self) -> None:
        """End what is running, and leave nothing of it."""
        if self._early:
            self._early.given.set()
            self._early.started.end()
            self._early = None
        if self._scratch:
            self._scratch.cleanup()
            self._scratch = None
