"""Annotations: the report's first lines as GitHub shows them beside a change's files.

Workflow commands on standard output, one per line: `::error file=…,line=…::message`. Source:
"Workflow commands for GitHub Actions", and `actions/toolkit`, `packages/core/src/command.ts`, for
what has to be escaped. The runner shows ten of each level per step and drops the rest in silence;
so here are at most ten in all, and the first one counts those that are left out.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipeline.model import Decision, Kind, Severity
from pipeline.report.view import View
from pipeline.report.words import GAPS, numbered
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.model import Location, Report, Target, Unevaluated
    from pipeline.report.row import Row

MOST = 10
"""Annotations in all, the roll-up included."""

_MAX_TEXT = 500
_MAX_PATH = 1000

_DECISIONS = {
    Decision.COMPLIANT: "notice",
    Decision.VIOLATED: "error",
    Decision.INCOMPLETE: "error",
}
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.NONE: "notice",
}


def render(report: Report, *, folder: str = "", most: int = MOST) -> str:
    """The workflow commands: a roll-up, then what blocks and what to mend, worst first.

    `folder` is where the scanned folder stands in the repository, and `most` how many commands
    there may be, one at least.
    """
    view = View(report)
    told = [
        *(_finding(row, report.target, folder) for row in view.open),
        *(
            _gap(item, folder)
            for item in report.unevaluated
            if item.blocking and _in_file(item.location, report.target)
        ),
    ]
    shown = told[: max(most, 1) - 1]
    return "".join(f"{line}\n" for line in (_roll_up(view, len(told) - len(shown)), *shown))


def _roll_up(view: View, left: int) -> str:
    """The verdict for the whole target, which no file stands for."""
    report = view.report
    parts = [report.verdict.headline]
    if report.base:
        parts.append(view.against)
    if left:
        parts.append(f"{numbered(left, 'more annotation')} left out here.")
    parts.append("The job's summary tells what was not evaluated and what to mend first.")
    title = f"Supply chain: {view.decision.label} ({report.target.name})"
    return _command(_DECISIONS[report.verdict.decision], title, " ".join(parts))


def _finding(row: Row, target: Target, folder: str) -> str:
    finding = row.finding
    level = "error" if row.urgent else _LEVELS[finding.severity]
    urgent = " Malicious." if finding.kind is Kind.MALWARE else ""
    urgent += " Known to be exploited." if finding.exploited else ""
    mend = f" To mend it: {row.mend}" if row.mend else ""
    text = f"{row.name} {row.version}".strip() + f": {finding.title.rstrip('.')}.{urgent}{mend}"
    # Of what only the history holds, today's line says nothing.
    places = (place for place in finding.locations if _in_file(place, target))
    place = None if finding.removed else next(places, None)
    return _command(level, f"{row.severity.label}: {finding.rule}", text, place, folder)


def _in_file(place: Location | None, target: Target) -> bool:
    """Whether a location is one of the change's files, and not inside a built image."""
    return place is not None and not target.is_in_image(place.path)


def _gap(item: Unevaluated, folder: str) -> str:
    text = f"{item.what}: {GAPS[item.gap]}: {item.why.rstrip('.')}. {item.fix}"
    return _command("error", "Not evaluated", text, item.location, folder)


def _command(
    level: str, title: str, message: str, place: Location | None = None, folder: str = ""
) -> str:
    """One command on one line, in which nothing from outside can end a part or begin another."""
    properties = {"file": _path(place, folder) if place else "", "title": _text(title)}
    if properties["file"] and place and place.line:
        properties["line"] = str(place.line)
        if place.column:
            properties["col"] = str(place.column)
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{level} {told}::{_data(_text(message))}"


def _path(place: Location, folder: str) -> str:
    """`place` as seen from the repository's root; "" for what leaves it, or cannot be a name."""
    path = PurePosixPath(folder, place.path)
    known = plain(place.path, limit=_MAX_PATH) == place.path and path.name
    return path.as_posix() if known and not path.is_absolute() and ".." not in path.parts else ""


def _text(text: str) -> str:
    """One harmless line; what old runners would take for a command is broken up."""
    line = plain(text, limit=_MAX_TEXT).replace("##[", "# #[")
    while "::" in line:
        line = line.replace("::", ": :")
    return line


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
