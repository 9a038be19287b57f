"""The inputs of the workflow, checked one by one. Nothing in them is ever shown to a shell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from pipeline.checks import CHECKS
from pipeline.errors import UsageError
from pipeline.model import Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LEGS = 256
"""Jobs that a matrix may have. Source: GitHub's documentation, "Actions limits"."""

ARTIFACT_NAME = "supply-chain"
"""What the artifact is called unless the caller says otherwise."""

_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MAX_PATH = 1000
_THRESHOLDS = ("critical", "high", "medium", "low", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the caller asked for. Paths are as they were written; `None` means: not said."""

    projects: tuple[str, ...]
    checks: tuple[str, ...]
    images: tuple[str, ...]
    fail_on: Severity | Literal["never"] | None
    new_only: bool
    offline: bool
    config: str
    advisories: str
    artifact_name: str
    signed: bool
    check_jobs: int


def read(given: Mapping[str, Any]) -> Inputs:
    """The inputs in a JSON object; raises `UsageError` for what none can be, and says which."""
    checks = _words(_text(given, "checks"))
    if checks == ("auto",):
        checks = ()
    unknown = [name for name in checks if name not in CHECKS]
    if unknown:
        raise _refused(
            "checks", unknown[0], f"write auto, or some of {', '.join(CHECKS)}, one per line"
        )
    fail_on = _text(given, "fail-on")
    if fail_on and fail_on not in _THRESHOLDS:
        raise _refused("fail-on", fail_on, f"write one of {', '.join(_THRESHOLDS)}")
    name = _text(given, "artifact-name") or ARTIFACT_NAME
    if not _ARTIFACT.fullmatch(name):
        raise _refused("artifact-name", name, "use letters, digits, dots, dashes, underscores")
    return Inputs(
        projects=_lines(_text(given, "projects")) or (".",),
        checks=checks,
        images=_lines(_text(given, "images")),
        fail_on=_threshold(fail_on),
        new_only=_flag(given, "new-only", default=True),
        offline=_flag(given, "offline", default=False),
        config=_text(given, "config"),
        advisories=_text(given, "advisories"),
        artifact_name=name,
        signed=_flag(given, "signed", default=False),
        check_jobs=_number(given, "check-jobs", default=MAX_LEGS),
    )


def folder(workspace: Path, project: str) -> PurePosixPath:
    """The place of a project below the resolved workspace; raises `UsageError` when it has none."""
    place = _inside(workspace, project, "projects")
    if not (workspace / place).is_dir():
        raise _refused("projects", project, "name folders of the repository, one per line")
    return place


def file(workspace: Path, name: str, given: str, *, outside: bool) -> Path:
    """The file or folder that the input `name` holds.

    `outside`: an absolute path is one of the machine, not of the repository. Raises `UsageError`
    for one that is not there, or that leaves the workspace.
    """
    if outside and Path(given).is_absolute() and len(given) <= _MAX_PATH:
        path = Path(given)
    else:
        path = workspace / _inside(workspace, given, name)
    if not path.exists():
        raise _refused(name, given, "name what is there once the repository is checked out")
    return path


def _inside(workspace: Path, given: str, name: str) -> PurePosixPath:
    path = PurePosixPath(given)
    fix = "name a path inside the repository, relative to its root"
    if len(given) > _MAX_PATH or "\0" in given or path.is_absolute() or ".." in path.parts:
        raise _refused(name, given, fix)
    try:
        resolved = (workspace / path).resolve()
    except (OSError, RuntimeError):
        raise _refused(name, given, fix) from None
    if not resolved.is_relative_to(workspace):
        raise _refused(name, given, fix)
    return PurePosixPath(resolved.relative_to(workspace).as_posix())


def _threshold(text: str) -> Severity | Literal["never"] | None:
    if text == "never":
        return "never"
    return Severity(text) if text else None


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise _refused(name, str(value), "write a text")
    return value.strip()


def _flag(given: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise _refused(name, str(value), "write true or false, without quotes")
    return value


def _number(given: Mapping[str, Any], name: str, *, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, (bool, str)) or value not in range(1, MAX_LEGS + 1):
        raise _refused(name, str(value), f"write a whole number from 1 to {MAX_LEGS}")
    return int(value)


def _lines(text: str) -> tuple[str, ...]:
    found = (line.strip() for line in re.split(r"[\r\n]+", text))
    return tuple(dict.fromkeys(line for line in found if line))


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,]+", text) if word))


def _refused(name: str, value: str, fix: str) -> UsageError:
    return UsageError(f"{plain(value, limit=80)!r} cannot be the input {name}", fix=fix)
