"""The review as data, in a layout of its own with a published schema.

Every review is held against `diff.schema.json` before it is printed. A layout that old readers
would misread gets a new number.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report.documents import check, encode
from pipeline.report.links import web_link

if TYPE_CHECKING:
    from pipeline.model import Finding
    from pipeline.review.model import Commit, PackageChange, Review, Side

SCHEMA = "supply-chain-diff/1"
"""Name and version of the layout."""

SCHEMA_FILE = Path(__file__).with_name("diff.schema.json")


def render(review: Review) -> bytes:
    """The review as indented UTF-8 JSON with sorted keys and a final newline.

    Raises `UnreadableOutputError` when it would not follow its schema.
    """
    content = encode(_document(review))
    check(content, SCHEMA_FILE, where="diff", fix="report it as a fault of the pipeline")
    return content


def _document(review: Review) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "pipeline_version": review.version,
        "name": review.name,
        "as_of": review.as_of.isoformat(),
        "base": _commit(review.base),
        "head": _commit(review.head),
        "same": review.same,
        "advisories_evaluated": review.known,
        "locks": [
            {
                "fate": lock.fate.value,
                "path": lock.path,
                "base_path": lock.before,
                "format": lock.format,
                "ecosystem": lock.ecosystem,
                "packages": lock.packages,
                "changes": [_change(change) for change in lock.changes],
            }
            for lock in review.locks
        ],
        "locks_unchanged": review.unchanged,
        "not_compared": [
            {"side": part.side, "path": part.path, "line": part.line, "why": part.why}
            for part in review.unseen
        ],
        "data": [
            {
                "name": record.name,
                "origin": record.origin,
                "digest": record.digest,
                "as_of": record.as_of.isoformat() if record.as_of else None,
                "fresh": record.fresh,
            }
            for record in review.data
        ],
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "asked": commit.asked,
        "commit": commit.id,
        "working_tree": commit.working_tree,
        "changed": commit.changed,
    }


def _change(change: PackageChange) -> dict[str, Any]:
    release = change.release
    return {
        "change": change.kind.value,
        "ecosystem": change.ecosystem,
        "name": change.name,
        "before": _side(change.before),
        "after": _side(change.after),
        "advisories_evaluated": change.after is not None and not change.unknown,
        "advisories_unknown_because": change.unknown,
        "brings": [_finding(finding) for finding in change.brings],
        "keeps": [_finding(finding) for finding in change.keeps],
        "mends": [_finding(finding) for finding in change.mends],
        "alarms": [
            {"rule": alarm.rule, "severity": alarm.severity.value, "text": alarm.text}
            for alarm in change.alarms
        ],
        "release": None
        if release is None
        else {
            "published": release.published.isoformat() if release.published else None,
            "licence": release.licence,
            "yanked": release.yanked,
            "deprecated": release.deprecated,
        },
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    package = side.packages[0]
    return {
        "version": side.version,
        "purl": package.purl,
        "lines": sorted({one.location.line for one in side.packages if one.location.line}),
        "sources": [
            {"origin": origin, "url": url}
            for origin, url in sorted(
                {(one.source.origin.value, one.source.url) for one in side.packages}
            )
        ],
        "hashes": sorted(side.hashes),
        "direct": side.direct,
        "chains": side.chains,
        "install_script": side.install_script,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "aliases": finding.aliases,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "score": finding.score,
        "exploited": finding.exploited is not None,
        "title": finding.title,
        "fixed_versions": finding.fixed_versions,
        "url": web_link(finding.url),
    }
