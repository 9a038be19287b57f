"""The programs of one check: found when they are needed, and named once they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.tools import python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job, Tool
    from pipeline.model import ToolRecord, TrivySettings
    from pipeline.tools.binaries import Binary


class Tools:
    """The programs of one check: found when they are needed, named once they were.

    A pinned binary is held against its pin each time it is found, so a check that has nothing for
    it to do does not pay for that.
    """

    def __init__(self, tool: Tool | None, settings: TrivySettings, root: str = "") -> None:
        """`root` is the scanned repository, whose own programs are not believed."""
        self._tool = tool
        self._root = root
        self._settings = settings
        self._own = python.find(tool.distribution) if tool and tool.distribution else None
        self._binaries: dict[str, Binary] = {}

    @property
    def records(self) -> tuple[ToolRecord, ...]:
        """What is known of those that were found."""
        found = tuple(binary.record for binary in self._binaries.values())
        return (self._own, *found) if self._own else found

    def binary(self, name: str) -> Binary:
        """A pinned program that may run; raises `IncompleteError`."""
        from pipeline.tools import binaries  # noqa: PLC0415 - few checks run one

        if name not in self._binaries:
            self._binaries[name] = binaries.need(
                name,
                path=self._settings.path,
                accepted=self._settings.sha256,
                root=self._root,
            )
        return self._binaries[name]

    def record(self) -> ToolRecord | None:
        """What is known of the check's own tool by now."""
        name = self._tool.binary if self._tool else ""
        return self._binaries[name].record if name in self._binaries else self._own

    def command(self, job: Job) -> tuple[str, ...]:
        """How the job's program is started; raises `IncompleteError` where it is not there."""
        if job.program:
            return (job.program,)
        tool = self._tool
        if name := job.binary or (tool.binary if tool else ""):
            return (str(self.binary(name).path),)
        if tool is None or self._own is None:
            name = tool.name if tool else "its tool"
            raise IncompleteError(
                f"{name} is not installed", fix=f"install it: python3 -m pip install {name}"
            )
        return python.command(module=tool.module, program=tool.program, inside=tool.inside)

    def commands(self, jobs: Sequence[Job]) -> list[tuple[str, ...]]:
        """How each job's program is started, () for an optional one whose program is not there."""
        commands = []
        for job in jobs:
            try:
                commands.append(self.command(job))
            except IncompleteError:
                if not job.optional:
                    raise
                commands.append(())
        return commands
