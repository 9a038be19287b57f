"""The job that we run in: its folders, its event, and what may be said to it.

A runner reads its log: a line of the form `::name::` is a command to it. So everything that is
said while the stages work stands between `::stop-commands::` and its token, and what is said as a
command is escaped. Source: GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_MAX_SUMMARY = 1_000_000
"""A little below the 1 MiB of a step's summary; GitHub drops a longer one."""


@dataclass(frozen=True, slots=True)
class Runner:
    """The environment of a job, given as a mapping."""

    environment: Mapping[str, str]

    @property
    def workspace(self) -> Path:
        """The checkout of what is scanned, resolved; it and all in it is untrusted."""
        return self._folder("GITHUB_WORKSPACE")

    @property
    def temp(self) -> Path:
        """The folder where a job keeps what is its own; emptied when the job ends."""
        return self._folder("RUNNER_TEMP")

    @property
    def tool(self) -> Path:
        """The tool's own files, moved here before anything else was fetched."""
        return self.temp / "tool"

    @property
    def parts(self) -> Path:
        """What earlier jobs handed over, one folder per part."""
        return self.temp / "parts"

    @property
    def part(self) -> Path:
        """What this job hands over: one folder, named by its key."""
        return self.temp / "part"

    @property
    def artifact(self) -> Path:
        """What the run is for."""
        return self.temp / "artifact"

    @property
    def event(self) -> str:
        """The name of the event, such as "pull_request"."""
        return self.environment.get("GITHUB_EVENT_NAME", "")

    @property
    def payload(self) -> dict[str, Any]:
        """What the platform tells of the event; empty when it tells nothing readable."""
        try:
            path = Path(self.environment["GITHUB_EVENT_PATH"])
            found = json.loads(path.read_bytes())
        except (KeyError, OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def given(self, name: str) -> dict[str, Any]:
        """A variable that holds a JSON object; raises `UsageError` when it does not."""
        try:
            found = json.loads(self.environment.get(name) or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UsageError(f"{name} holds no JSON object", fix="set it with toJSON")
        return found

    def output(self, **values: str) -> None:
        """Set outputs of the step.

        Raises `ValueError` for a name or value that would be more than one line of the file.
        """
        lines = []
        for key, value in values.items():
            name = key.replace("_", "-")
            if not _NAME.fullmatch(name) or _HIDDEN.search(value):
                raise ValueError(f"the output {name!r} would be more than one line")
            lines.append(f"{name}={value}\n")
        self._append("GITHUB_OUTPUT", "".join(lines))

    def summarise(self, text: str) -> None:
        """Add Markdown, all of it neutralised already, to the job's summary."""
        content = text.encode("utf-8", errors="replace")[:_MAX_SUMMARY]
        self._append("GITHUB_STEP_SUMMARY", content.decode("utf-8", errors="ignore"))

    def _append(self, variable: str, text: str) -> None:
        name = self.environment.get(variable)
        if name:
            with Path(name).open("a", encoding="utf-8") as file:
                file.write(text)

    def _folder(self, variable: str) -> Path:
        path = Path(self.environment.get(variable, ""))
        if not path.is_absolute() or not path.is_dir():
            raise UsageError(
                f"{variable} names no folder", fix="run this inside a job of GitHub Actions"
            )
        return path.resolve()


@contextmanager
def muted() -> Iterator[None]:
    """Let the runner take nothing that is written inside the block for a command."""
    token = secrets.token_hex(16)
    _say(f"::stop-commands::{token}")
    try:
        yield
    finally:
        sys.stderr.flush()
        _say(f"::{token}::")


def tell_error(text: str) -> None:
    """Show one line as an error of the job."""
    _say(f"::error title=supply chain::{_escaped(plain(text))}")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
