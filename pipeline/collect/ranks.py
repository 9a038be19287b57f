"""What KEV and EPSS say of vulnerabilities: which are exploited, and how likely the others are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipeline.model import DataRecord, Exploited, Finding, Reading
    from pipeline.store import Plan


def look_up(
    plan: Plan, ids: Collection[str]
) -> tuple[Mapping[str, Exploited], Mapping[str, float], tuple[DataRecord, ...]]:
    """What KEV and EPSS say of these ids; both stand beside the store that is used."""
    from pipeline.advisories import feeds  # noqa: PLC0415 - only a run asks
    from pipeline.advisories.snapshot import is_snapshot  # noqa: PLC0415
    from pipeline.advisories.store import database_path  # noqa: PLC0415

    given = Path(plan.advisories) if plan.advisories else None
    database = given if given and is_snapshot(given) else database_path()
    days = plan.policy.kev_max_age_days
    exploited, kev = feeds.kev(database, ids, today=plan.as_of, max_age_days=days)
    epss, scores = feeds.epss(database, ids, today=plan.as_of, max_age_days=days)
    return exploited, epss, tuple(record for record in (kev, scores) if record)


def ranked(reading: Reading, plan: Plan) -> Reading:
    """A reading whose vulnerabilities say whether they are exploited, and how likely that is.

    For what a tool's own advisories tell of, which know nothing of either list; a check that asked
    the advisory source has ranked what that told.
    """

    def is_open(finding: Finding) -> bool:
        ranks = (finding.exploited, finding.epss)
        return finding.kind is Kind.VULNERABILITY and ranks == (None, None)

    ids = {id_ for finding in reading.findings if is_open(finding) for id_ in finding.ids}
    if not ids:
        return reading
    exploited, epss, records = look_up(plan, ids)

    def with_ranks(finding: Finding) -> Finding:
        if not is_open(finding):
            return finding
        names = (finding.rule, *finding.aliases)
        return replace(
            finding,
            exploited=next((exploited[id_] for id_ in names if id_ in exploited), None),
            epss=max((epss[id_] for id_ in names if id_ in epss), default=None),
        )

    findings = tuple(map(with_ranks, reading.findings))
    data = tuple(dict.fromkeys((*reading.data, *records)))
    return replace(reading, findings=findings, data=data)
