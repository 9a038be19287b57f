"""`github.sarif`: open violations as SARIF 2.1.0, in the shape that GitHub's code scanning takes.

Being valid SARIF is not enough. GitHub refuses a whole upload for one result without a location,
ignores suppressions, and has limits, so what it would drop or refuse is never sent: see "SARIF
support for code scanning" in GitHub's documentation. `github.schema.json` is the subset of the
format written here, with those limits in it.

An empty upload reads as "all is well". So a verdict that no single finding explains, be it for
inputs that were not evaluated or for a failed control, is a result as well.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.model import Decision, Disposition, Kind, Location, Severity
from pipeline.report.documents import encode
from pipeline.report.view import View
from pipeline.report.words import GAPS, numbered
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.model import Report
    from pipeline.report.row import Row

SCHEMA_FILE = Path(__file__).with_name("github.schema.json")

MAX_RESULTS = 25_000
"""Results in one run; GitHub refuses more. The same number of rules is allowed."""

MAX_GZIP_BYTES = 10 * 1024 * 1024
"""Size of an upload after compression."""

_MAX_TEXT = 1000  # GitHub's limit for descriptions is 1024 characters
_MAX_NAME = 250  # and for names and tags 255
_MAX_TAGS = 20
_MAX_LOCATIONS = 20
_MAX_LISTED = 10
_POLICY_FILE = "supply-chain.yml"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NONE: "note",
}
# GitHub's own bands: above 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low. What nobody
# rated is shown as high: it is acted upon like that.
_SCORES = {
    Severity.CRITICAL: 9.5,
    Severity.HIGH: 8.0,
    Severity.UNKNOWN: 7.0,
    Severity.MEDIUM: 5.5,
    Severity.LOW: 2.0,
    Severity.NONE: 0.1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One result together with what its rule says."""

    rule: str
    title: str
    description: str
    help: str
    level: str
    score: float
    message: str
    locations: tuple[Location, ...]
    fingerprint: str
    link: str = ""
    existing: bool = False
    tags: tuple[str, ...] = ()


def render(report: Report) -> bytes:
    """The open violations, worst first, then what the base of a change held already.

    GitHub itself compares with the base; what is not sent would read as mended. What exceeds
    GitHub's limits is counted in a result.
    """
    view = View(report)
    rows = (*view.open, *view.existing)[: MAX_RESULTS - _MAX_GATE]
    content = _render(view, rows)
    size = _compressed(content)
    while rows and size > MAX_GZIP_BYTES:
        # The size is all but linear in the number of results; a tenth is kept in reserve.
        rows = rows[: int(len(rows) * MAX_GZIP_BYTES / size * 0.9)]
        content = _render(view, rows)
        size = _compressed(content)
    return content


def _compressed(content: bytes) -> int:
    """Size as uploaded, at most: the fastest compression tells, and only where it is needed."""
    if len(content) <= MAX_GZIP_BYTES:
        return len(content)
    return len(gzip.compress(content, compresslevel=1, mtime=0))


def _render(view: View, rows: Sequence[Row]) -> bytes:
    report = view.report
    rules: dict[str, dict[str, Any]] = {}
    results = []
    anchor = _anchor(report)
    for entry in (*_gate(view, len(rows)), *map(_entry, rows)):
        if entry.rule not in rules:
            rules[entry.rule] = _rule(entry, index=len(rules))
        # GitHub shows files of the repository alone, and a built image is none.
        places = tuple(
            place for place in entry.locations if not report.target.is_in_image(place.path)
        )
        results.append(_result(replace(entry, locations=places), rules[entry.rule], anchor))
    target = quote(plain(report.target.name, limit=_MAX_NAME).strip("/"), safe="/.-_~")
    return encode(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "supply-chain-pipeline",
                            "version": report.version,
                            "rules": [rule["descriptor"] for rule in rules.values()],
                        }
                    },
                    "automationDetails": {"id": f"supply-chain/{target or '.'}/"},
                    "columnKind": "unicodeCodePoints",
                    "invocations": [
                        {
                            "executionSuccessful": not report.unevaluated
                            and report.verdict.decision is not Decision.INCOMPLETE,
                            "exitCode": report.verdict.exit_code,
                        }
                    ],
                    "results": results,
                }
            ],
        },
        indent=-1,
    )


# ------------------------------------------------------------------------------------- results

_MAX_GATE = 3
"""Room for the results below: left out, not evaluated, violated."""


def _gate(view: View, sent: int) -> list[_Entry]:
    """Results for what no finding says: without them, silence would pass for approval."""
    report = view.report
    entries = []
    if left := len(view.open) + len(view.existing) - sent:
        entries.append(
            _gate_entry(
                "gate/results-left-out",
                "Not every violation fits into code scanning",
                "Read report.json or report.html for the rest.",
                f"{numbered(left, 'more violation')} did not fit into code scanning's limits.",
            )
        )
    if report.unevaluated or report.verdict.decision is Decision.INCOMPLETE:
        blocking = view.blocking or report.verdict.decision is Decision.INCOMPLETE
        entries.append(
            _gate_entry(
                "gate/not-evaluated",
                "Inputs were not evaluated",
                "Read the report's section on what was not evaluated: it says how to mend each.",
                _unevaluated_text(report),
                level="error" if blocking else "note",
                score=7.0 if blocking else 0.1,
            )
        )
    if report.verdict.decision is Decision.VIOLATED and not view.open:
        entries.append(
            _gate_entry(
                "gate/violated",
                "The policy is violated",
                "Read the report's controls: each failed one says how to mend it.",
                " ".join((report.verdict.headline, *report.verdict.reasons)),
            )
        )
    return entries


def _unevaluated_text(report: Report) -> str:
    items = sorted(report.unevaluated, key=lambda item: not item.blocking)
    if not items:
        return report.verdict.headline
    listed = "; ".join(f"{item.what} ({GAPS[item.gap]})" for item in items[:_MAX_LISTED])
    more = f"; and {len(items) - _MAX_LISTED:,} more" if len(items) > _MAX_LISTED else ""
    was = "was" if len(items) == 1 else "were"
    return f"{numbered(len(items), 'input')} {was} not evaluated: {listed}{more}."


def _gate_entry(  # noqa: PLR0913 - the parts of one result, five of them its own
    rule: str, title: str, mend: str, message: str, *, level: str = "error", score: float = 8.0
) -> _Entry:
    return _Entry(
        rule=rule,
        title=title,
        description=title + ".",
        help=mend,
        level=level,
        score=score,
        message=message,
        locations=(),
        fingerprint=rule,
        tags=("supply-chain",),
    )


def _entry(row: Row) -> _Entry:
    finding = row.finding
    severity = Severity.CRITICAL if finding.kind is Kind.MALWARE else finding.severity
    known = f" ({', '.join(finding.aliases)})" if finding.aliases else ""
    came = f" It came in by {row.chains[0]}." if row.chains and row.direct is False else ""
    exploited = " It is known to be exploited." if finding.exploited else ""
    held = f" {row.presence.label}" if row.presence else ""
    if held:
        held += f", in the history since commit {row.commits[0]}." if row.commits else "."
    mend = f" To mend it: {row.mend}" if row.mend else ""
    subject = f"{row.name} {row.version}".strip()
    return _Entry(
        rule=_text(finding.rule, _MAX_NAME),
        title=finding.title,
        description=finding.detail or finding.title,
        help=row.mend or finding.title,
        level="error" if row.urgent else _LEVELS[finding.severity],
        score=_SCORES[severity] if finding.score is None else finding.score,
        message=f"{subject}: {finding.title.rstrip('.')}{known}.{exploited}{held}{came}{mend}",
        # Where something used to stand, another line stands today: the file alone is named.
        locations=tuple(Location(path=place.path) for place in finding.locations)
        if finding.removed
        else finding.locations,
        fingerprint=finding.fingerprint,
        link=row.link,
        existing=row.judged.disposition is Disposition.EXISTING,
        tags=("supply-chain", finding.check, finding.kind.value, *finding.aliases),
    )


def _rule(entry: _Entry, *, index: int) -> dict[str, Any]:
    tags = dict.fromkeys(_text(tag, _MAX_NAME) for tag in ("security", *entry.tags))
    descriptor: dict[str, Any] = {
        "id": entry.rule,
        "shortDescription": {"text": _text(entry.title)},
        "fullDescription": {"text": _text(entry.description)},
        "help": {"text": _text(entry.help)},
        "defaultConfiguration": {"level": entry.level},
        "properties": {
            "precision": "very-high",
            "security-severity": f"{entry.score:.1f}",
            "tags": list(tags)[:_MAX_TAGS],
        },
    }
    if entry.link:
        descriptor["helpUri"] = entry.link
    return {"index": index, "descriptor": descriptor}


def _result(entry: _Entry, rule: dict[str, Any], anchor: Location) -> dict[str, Any]:
    # One rule can stand for packages in which it is rated differently: the worst counts.
    properties = rule["descriptor"]["properties"]
    if float(properties["security-severity"]) < entry.score:
        properties["security-severity"] = f"{entry.score:.1f}"
    places = [place for place in entry.locations if _is_inside(place.path)] or [anchor]
    result = {
        "ruleId": entry.rule,
        "ruleIndex": rule["index"],
        "level": entry.level,
        "message": {"text": _text(entry.message)},
        "locations": [_location(place) for place in places[:_MAX_LOCATIONS]],
        "partialFingerprints": {"primaryLocationLineHash": entry.fingerprint},
    }
    if entry.existing:
        result["properties"] = {"disposition": Disposition.EXISTING.value}
    return result


# ------------------------------------------------------------------------------------- parts


def _location(place: Location) -> dict[str, Any]:
    region = {"startLine": place.line or 1}
    if place.line and place.column:
        region["startColumn"] = place.column
    uri = quote(place.path, errors="replace")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": region,
        }
    }


def _anchor(report: Report) -> Location:
    """Where results without a file of their own stand: the first lock, else the policy."""
    locks = (lock.path for lock in report.target.locks if _is_inside(lock.path))
    return Location(path=next(locks, _POLICY_FILE), line=1)


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(parts.name) and not parts.is_absolute() and ".." not in parts.parts


def _text(text: str, limit: int = _MAX_TEXT) -> str:
    """One harmless line of at most `limit` characters; "-" for none, as GitHub wants some.

    GitHub turns "[text](address)" in messages into links; a space takes that away.
    """
    return plain(text, limit=limit).replace("](", "] (")[:limit].strip() or "-"
