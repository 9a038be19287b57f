"""What can go wrong, one class per exit code.

A user's mistake ends in one of these, printed as one message that says what is wrong, where,
and how to mend it. Anything else that escapes is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The process exit codes. "We found it" and "we do not know" never share one."""

    COMPLIANT = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    UNSIGNED = 4
    INTERRUPTED = 130


class PipelineError(Exception):
    """Base of every expected failure.

    `where` is a file, `file:line` or URL; `fix` is one sentence that starts with a verb.
    """

    exit_code: ExitCode

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.fix:
            parts.append(f"To mend it: {self.fix}")
        return "\n".join(parts)


class UsageError(PipelineError):
    """The command line or the configuration is wrong; nothing was done."""

    exit_code = ExitCode.USAGE


class IncompleteError(PipelineError):
    """Something needed for an answer is missing, unreadable or too old."""

    exit_code = ExitCode.INCOMPLETE


class UnreadableOutputError(IncompleteError):
    """A tool's output is not what its format promises; the check becomes `errored`."""


class SignatureError(PipelineError):
    """A signature could not be made or did not verify."""

    exit_code = ExitCode.UNSIGNED
