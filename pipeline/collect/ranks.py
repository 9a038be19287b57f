"""What KEV and EPSS say of vulnerabilities, whoever told of them: the one place that ranks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipeline.model import DataRecord, Exploited, Finding, Reading
    from pipeline.store import Plan


def records(plan: Plan) -> tuple[DataRecord, ...]:
    """Which lists there are, and how old they are; raises `IncompleteError` for a damaged one."""
    return _look_up(plan, ())[2]


def ranked(reading: Reading, plan: Plan) -> Reading:
    """A reading whose vulnerabilities say whether they are exploited, and how likely that is.

    Any id by which one is known may stand in a list. Raises `IncompleteError` as `records` does.
    """
    ids = {id_ for finding in reading.findings if _is_ranked(finding) for id_ in finding.ids}
    if not ids:
        return reading
    exploited, epss, lists = _look_up(plan, ids)

    def with_ranks(finding: Finding) -> Finding:
        if not _is_ranked(finding):
            return finding
        names = (finding.rule, *finding.aliases)
        return replace(
            finding,
            exploited=next((exploited[id_] for id_ in names if id_ in exploited), None),
            epss=max((epss[id_] for id_ in names if id_ in epss), default=None),
        )

    findings = tuple(map(with_ranks, reading.findings))
    data = tuple(dict.fromkeys((*reading.data, *lists)))
    return replace(reading, findings=findings, data=data)


def _is_ranked(finding: Finding) -> bool:
    return finding.kind is not Kind.RULE


def _look_up(
    plan: Plan, ids: Collection[str]
) -> tuple[Mapping[str, Exploited], Mapping[str, float], tuple[DataRecord, ...]]:
    """What the lists say of these ids; both stand beside the store that is used."""
    from pipeline.advisories import feeds  # noqa: PLC0415 - only a run asks
    from pipeline.advisories.snapshot import is_snapshot  # noqa: PLC0415
    from pipeline.advisories.store import database_path  # noqa: PLC0415

    given = Path(plan.advisories) if plan.advisories else None
    database = given if given and is_snapshot(given) else database_path()
    days = plan.policy.kev_max_age_days
    exploited, kev = feeds.kev(database, ids, today=plan.as_of, max_age_days=days)
    epss, scores = feeds.epss(database, ids, today=plan.as_of, max_age_days=days)
    return exploited, epss, tuple(record for record in (kev, scores) if record)
