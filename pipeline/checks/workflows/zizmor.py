"""What zizmor is given, and what is made of its answer.

Each file is audited by a run of its own, under a name of ours, beside a workflow with a known
fault. So the repository's zizmor.yml, .gitignore and file names are not there to be obeyed, one
file that cannot be read does not hide the others, and a silent zizmor is noticed.

Source of the options, exit codes and audits: https://docs.zizmor.sh/usage, zizmor 1.32.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.checks.job import Job
from pipeline.checks.workflows.problem import Problem
from pipeline.errors import UnreadableOutputError
from pipeline.model import Coverage, Gap, Location, Missing, Severity
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.job import Ran

CANARY_JOB = "canary"
_CANARY = "zz-canary.yml"
"""The last by name, as findings are told: an answer that ends early lacks it."""
_CANARY_TEXT = b"""\
name: Canary
on: push
permissions: {}
jobs:
  canary:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ github.head_ref }}"
"""
_CANARY_IDENT = "template-injection"

ONLINE = (
    "impostor-commit",
    "known-vulnerable-actions",
    "ref-confusion",
    "ref-version-mismatch",
    "stale-action-refs",
)
"""Audits that ask GitHub, and are not run."""

_FAILED, _HIGH = 1, 14
"""zizmor's exit codes for "no audit was performed" and for a finding of high severity."""

_SEVERITY = {
    "High": Severity.HIGH,
    "Medium": Severity.MEDIUM,
    "Low": Severity.LOW,
    "Informational": Severity.NONE,
    "Unknown": Severity.UNKNOWN,
}
_OWN_QUESTION = {"excessive-permissions": Severity.HIGH, "unpinned-images": Severity.MEDIUM}
"""Audits whose findings count here even where zizmor tells them to strict readers only, and how
much. Everything else that it tells to them alone (personas pedantic and auditor) is at most low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run says of its file: problems, or the gap that it leaves."""

    problems: tuple[Problem, ...] = ()
    missing: Missing | None = None


def canary_job() -> Job:
    """A run over nothing but the workflow with a known fault; verbose, to learn what was run."""
    return Job(
        name=CANARY_JOB,
        arguments=(*_OPTIONS, "--verbose", _CANARY),
        inputs={_CANARY: _CANARY_TEXT},
        accept=frozenset({_HIGH}),
        timeout=120,
    )


def job(path: str, content: bytes) -> Job:
    """The run over the file at `path`. The name decides as what zizmor reads it."""
    name = _name(path)
    return Job(
        name=path,
        arguments=(*_OPTIONS, _CANARY, name),
        # A byte order mark would make zizmor see a second document.
        inputs={_CANARY: _CANARY_TEXT, name: content.removeprefix(b"\xef\xbb\xbf")},
        accept=frozenset({_FAILED, _HIGH}),
        timeout=120,
    )


_OPTIONS = (
    *("--offline", "--no-config", "--no-ignores", "--strict-collection", "--collect=all"),
    *("--persona", "auditor", "--format", "json-v1", "--no-progress", "--color", "never"),
)


def _name(path: str) -> str:
    if is_workflow(path):
        return "workflow.yml"
    return "dependabot.yml" if path.startswith(".github/dependabot.") else "action.yml"


def is_workflow(path: str) -> bool:
    """Whether GitHub takes a file for a workflow, whatever it is called."""
    return path.startswith(".github/workflows/")


def audits(run: Ran) -> Coverage:
    """Which audits the run over the canary did without; what else is in the answer is checked.

    Raises `UnreadableOutputError` when the canary was not reported.
    """
    _canary(_rows(run))
    scheduled = set(re.findall(r"scheduling ([a-z-]+) on ", run.stderr)) - set(ONLINE)
    missing = tuple(
        Missing(
            subject=name,
            gap=Gap.NETWORK_OFF,
            why="it asks GitHub, which this check never does: run zizmor with a token for it",
        )
        for name in ONLINE
    )
    return Coverage(
        scope="zizmor's audits",
        unit="audits",
        expected=len(scheduled) + len(missing),
        evaluated=len(scheduled),
        missing=missing,
        required=False,
    )


def answer(run: Ran) -> Answer:
    """What a run says; raises `UnreadableOutputError` when it makes no sense."""
    path, name = run.job.name, _name(run.job.name)
    if run.exit_code == _FAILED:
        why = f"zizmor cannot read it: {_reason(run.stderr)}"
        return Answer(missing=_missing(path, Gap.PARSE_ERROR, why))
    rows = _rows(run)
    _canary(rows)
    if not re.search(rf" completed {re.escape(name)}$", run.stderr, re.MULTILINE):
        why = "zizmor does not say that it audited it"
        return Answer(missing=_missing(path, Gap.NOT_ACCOUNTED_FOR, why))
    content = run.job.inputs[name]
    return Answer(
        problems=tuple(problem for row in rows for problem in _problems(row, path, name, content))
    )


def _missing(path: str, gap: Gap, why: str) -> Missing:
    return Missing(subject=path, gap=gap, why=why, location=Location(path=path))


def _reason(stderr: str) -> str:
    """The first cause that zizmor gives. The later ones repeat values of the file."""
    found = re.search(r"^\s*0: (.+)$", stderr, re.MULTILINE)
    if not found:
        return "it does not say why"
    told = found[1].removesuffix("failed to load")
    if "file://" in told:
        return "it is not what its name says"
    return plain(told.split(", while ", 1)[0], limit=200)


# ------------------------------------------------------------------------------------- output


def _rows(run: Ran) -> list[dict[str, Any]]:
    """The findings of zizmor's JSON, checked for shape."""
    try:
        rows = json.loads(run.stdout)
        shaped = isinstance(rows, list) and all(map(_is_finding, rows))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise UnreadableOutputError("zizmor's output is not the JSON it promises") from error
    if not shaped:
        raise UnreadableOutputError("zizmor's output is not the JSON it promises")
    return list(rows)


def _is_finding(row: dict[str, Any]) -> bool:
    rated = row["determinations"]
    texts = (row["ident"], row["desc"], row["url"])
    return (
        all(isinstance(text, str) for text in texts)
        and bool(re.fullmatch(r"[a-z][a-z0-9-]*", row["ident"]))
        and isinstance(row["ignored"], bool)
        and rated["severity"] in _SEVERITY
        and all(isinstance(rated[key], str) for key in ("confidence", "persona"))
        and bool(row["locations"])
        and all(map(_is_location, row["locations"]))
    )


def _is_location(location: dict[str, Any]) -> bool:
    symbolic, span = location["symbolic"], location["concrete"]["location"]["offset_span"]
    return (
        isinstance(symbolic["key"]["Local"]["verbatim_path"], str)
        and isinstance(symbolic["kind"], str)
        and isinstance(symbolic["annotation"], str)
        and type(span["start"]) is int
        and span["start"] >= 0
    )


def _canary(rows: list[dict[str, Any]]) -> None:
    """Raises `UnreadableOutputError` unless the known fault is among the findings."""
    if not any(
        row["ident"] == _CANARY_IDENT and _path(location) == _CANARY
        for row in rows
        for location in row["locations"]
    ):
        raise UnreadableOutputError(
            "zizmor did not report the canary, so its silence about others means nothing"
        )


def _path(location: dict[str, Any]) -> str:
    path: str = location["symbolic"]["key"]["Local"]["verbatim_path"]
    return path


def _problems(row: dict[str, Any], path: str, name: str, content: bytes) -> Iterator[Problem]:
    """A finding as problems, one per primary place."""
    files = {_path(location) for location in row["locations"]}
    if files == {_CANARY}:
        return
    if files != {name}:
        raise UnreadableOutputError("zizmor reports a file that it was not given")
    primary = [one for one in row["locations"] if one["symbolic"]["kind"] == "Primary"]
    rated = row["determinations"]
    severity = _severity(row["ident"], rated)
    told = f"zizmor: {rated['severity']}, confidence {rated['confidence']}, {rated['persona']}"
    if row["ignored"]:
        told += "; an ignore comment in the file was not heeded"
    for one in primary or row["locations"][:1]:
        detail = one["symbolic"]["annotation"] or row["desc"]
        yield Problem(
            rule=row["ident"],
            severity=severity,
            place=_place(path, content, one["concrete"]["location"]["offset_span"]["start"]),
            detail=f"{detail} ({told})",
            title=row["desc"],
            url=row["url"],
            seen_by="zizmor",
        )


def _severity(ident: str, rated: dict[str, Any]) -> Severity:
    severity = _SEVERITY[rated["severity"]]
    if rated["persona"] == "Regular":
        return severity
    most = _OWN_QUESTION.get(ident, Severity.LOW)
    return severity if severity.rank >= most.rank else most


def _place(path: str, content: bytes, offset: int) -> Location:
    """The line and column, in characters, of a byte of the file."""
    before = content[:offset].decode(errors="replace")
    last = before.rpartition("\n")[2]
    return Location(path=path, line=before.count("\n") + 1, column=len(last) + 1)
