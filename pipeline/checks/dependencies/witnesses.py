"""Who saw a problem, and who could have: the second opinion joined to the findings.

What Trivy sees as well has one witness more; what it alone sees is a finding; what it does not
see, though it read the package and has advisories for its ecosystem, is told beside the finding.
It knows no malware, and misses none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.dependencies.opinion import WITNESS
from pipeline.model import Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.checks.dependencies.opinion import Key, Opinion, Row
    from pipeline.model import Finding


def joined(
    findings: Iterable[Finding], opinion: Opinion, key_by_subject: Mapping[str, Key]
) -> Iterator[Finding]:
    """The findings with Trivy among those who saw them, or among those who could have."""
    rows: dict[Key, list[Row]] = defaultdict(list)
    for row in opinion.rows:
        rows[row.key].append(row)
    for finding in findings:
        key = key_by_subject[finding.subject]
        same = [row for row in rows[key] if row.ids & finding.ids]
        more = frozenset().union(*(row.ids for row in same)) - finding.ids
        if same:
            yield replace(
                finding,
                aliases=(*finding.aliases, *sorted(more)),
                seen_by=(*finding.seen_by, WITNESS),
            )
        elif key in opinion.judged and finding.kind is Kind.VULNERABILITY:
            yield replace(finding, missed_by=(*finding.missed_by, WITNESS))
        else:
            yield finding


def alone(
    findings: Iterable[Finding], opinion: Opinion, key_by_subject: Mapping[str, Key]
) -> Iterator[Row]:
    """What nobody else sees, once for each package."""
    known: dict[Key, set[str]] = defaultdict(set)
    for finding in findings:
        known[key_by_subject[finding.subject]] |= finding.ids
    told: set[tuple[Key, str]] = set()
    for row in opinion.rows:
        if not row.ids & known[row.key] and (row.key, row.id) not in told:
            told.add((row.key, row.id))
            yield row


def disagreements(findings: Iterable[Finding]) -> tuple[Table, ...]:
    """A table of what one saw and another, though able to, did not."""
    rows = sorted(
        (one.subject, one.rule, ", ".join(one.seen_by), ", ".join(one.missed_by))
        for one in findings
        if one.missed_by
    )
    if not rows:
        return ()
    columns = ("package", "advisory", "seen by", "not by")
    note = "Each of them counts as found: who does not see a problem does not make it go away."
    return (Table(title="Scanners disagree", columns=columns, rows=tuple(rows), note=note),)
