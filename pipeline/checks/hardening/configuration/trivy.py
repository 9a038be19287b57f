"""What is made of the answer of `trivy config`.

Source: Trivy 0.74.0, and its checks in https://github.com/aquasecurity/trivy-checks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.checks.hardening.configuration.copies import CANARY, HELM, KUBERNETES, TREE
from pipeline.errors import UnreadableOutputError
from pipeline.model import Severity
from pipeline.text import plain
from pipeline.tools import trivy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.checks.hardening.configuration.copies import Given
    from pipeline.checks.job import Ran

_ID = re.compile(r"(?:AVD-)?([A-Z]+)-?(\d+)")
_TELLING = frozenset({"DS-0031", "KSV-0109", "KSV-01010"})
"""Checks whose message may repeat a secret."""
_SEVERITY = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "UNKNOWN": Severity.UNKNOWN,
}

SAME: Mapping[str, str] = {
    "DS-0001": "latest-image",
    "DS-0002": "root-user",
    "DS-0026": "no-healthcheck",
    "KSV-0001": "privilege-escalation",
    "KSV-0003": "capabilities-kept",
    "KSV-0008": "host-namespace",
    "KSV-0009": "host-namespace",
    "KSV-0010": "host-namespace",
    "KSV-0011": "no-limits",
    "KSV-0012": "root-workload",
    "KSV-0013": "latest-image",
    "KSV-0014": "writable-root",
    "KSV-0017": "privileged",
    "KSV-0018": "no-limits",
}
"""Trivy's checks that ask the same as a rule of ours: who does not see it, has missed it."""

ALIKE: Mapping[str, str] = {
    "DS-0031": "secret-in-image",
    "KSV-0004": "capabilities-kept",
    "KSV-0005": "capabilities-added",
    "KSV-0006": "host-mount",
    "KSV-0022": "capabilities-added",
    "KSV-0023": "host-mount",
    "KSV-0104": "unconfined",
    "KSV-0105": "root-workload",
    "KSV-0106": "capabilities-kept",
}
"""Trivy's checks that ask more, or less: one problem where both see it, else Trivy's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One of Trivy's findings. `line` is `None` where its lines are not those of the file."""

    id: str
    path: str
    severity: Severity
    title: str
    message: str
    fix: str
    url: str
    line: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run tells: sightings, and which of the copies were read, by their names."""

    sightings: tuple[Sighting, ...]
    read: frozenset[str]


def answer(run: Ran) -> Answer:
    """What a run says; raises `UnreadableOutputError` when it makes no sense."""
    given: Mapping[str, Given] = run.job.notes
    report = trivy.read(run.outputs.get(trivy.OUTPUT, b""))
    read: set[str] = set()
    found: list[Sighting] = []
    for result in report["Results"]:
        if result.get("Class") != "config":
            continue
        try:
            name, kind = str(result["Target"]), result["Type"]
            rows = [row for row in result.get("Misconfigurations") or [] if _failed(row)]
            summary = result["MisconfSummary"]
            evaluated = summary["Successes"] + summary["Failures"]
            one = given.get(name)
            # A template of a chart in which nothing is filled in is a manifest to Trivy.
            as_given = one and kind in {one.kind, KUBERNETES if one.kind == HELM else one.kind}
            if one and as_given and not one.canary and evaluated > 0:
                read.add(name)
            for row in rows:
                if one and one.canary and row["CauseMetadata"].get("StartLine") == one.canary:
                    if _id(row["ID"]) == CANARY:
                        read.add(name)
                else:
                    found.append(_sighting(row, _path(name, one, given), kind, one))
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableOutputError("Trivy's report is not of the form it promises") from error
    return Answer(sightings=tuple(found), read=frozenset(read))


def aliases(name: str) -> tuple[str, ...]:
    """The other ids under which Trivy knew a check: "DS-0002" was "AVD-DS-0002" and "DS002"."""
    family, _, number = name.partition("-")
    short = (f"{family}{int(number):03}",) if family in {"DS", "KSV"} else ()
    return (f"AVD-{name}", *short)


def _id(text: Any) -> str:
    found = _ID.fullmatch(text)
    if not found:
        raise UnreadableOutputError("Trivy reports a check without an id that is known")
    return f"{found[1]}-{found[2]}" if "-" in text else f"{found[1]}-{int(found[2]):04}"


def _failed(row: Mapping[str, Any]) -> bool:
    return bool(row["Status"] == "FAIL")


def _path(name: str, one: Given | None, given: Mapping[str, Given]) -> str:
    """The file that Trivy speaks of: the folder for a whole module, the chart for its inside."""
    if one:
        return one.path
    top, _, rest = name.partition("/")
    if chart := given.get(f"{top}/Chart.yaml"):
        return chart.path
    if top == TREE and any(other.startswith(f"{name}/") for other in given):
        return rest or "."
    raise UnreadableOutputError("Trivy reports a file that it was not given")


def _sighting(row: Mapping[str, Any], path: str, kind: str, one: Given | None) -> Sighting:
    cause = row["CauseMetadata"]
    ident = _id(row["ID"])
    # The lines of a chart are those of what it was rendered to.
    start, end = (
        (0, 0) if kind == HELM else (cause.get("StartLine") or 0, cause.get("EndLine") or 0)
    )
    shift = one.shift if one else 0
    return Sighting(
        id=ident,
        path=path,
        severity=_SEVERITY[row["Severity"]],
        title=plain(row["Title"], limit=200),
        message="" if ident in _TELLING else plain(row.get("Message") or "", limit=300),
        fix=plain(row.get("Resolution") or "see what Trivy says about this check", limit=300),
        url=plain(row.get("PrimaryURL") or "", limit=300),
        line=start - shift if start > shift else None,
        end=end - shift if end > shift else None,
    )


def by_rule(sightings: Iterable[Sighting]) -> dict[tuple[str, str], list[Sighting]]:
    """Sightings by check and file, in an order that does not depend on Trivy's."""
    groups: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for one in sightings:
        groups[one.id, one.path].append(one)
    return {key: groups[key] for key in sorted(groups)}
