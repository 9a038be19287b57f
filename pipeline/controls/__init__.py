"""The catalogue of controls: the questions an auditor asks, answered from evidence.

A control is data and one pure function, side by side in the module of its family. A new one is
one decorated function and its name in the family's `CONTROLS`; a new family is one module and
its name here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.controls import (
    assessment,
    ci,
    container,
    dependencies,
    hardening,
    lockfiles,
    sbom,
    secrets,
    signing,
    upkeep,
    workflows,
)
from pipeline.controls.entry import Entry, Facts, Release
from pipeline.controls.frameworks import FRAMEWORKS
from pipeline.model import ControlResult, FrameworkCount, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CONTROLS", "Entry", "Facts", "Release", "count", "evaluate"]

FAMILIES = (
    *(dependencies, lockfiles, upkeep, ci, secrets, workflows, container, hardening),
    *(assessment, sbom, signing),
)

CONTROLS: dict[str, Entry] = {
    entry.control.id: entry for family in FAMILIES for entry in family.CONTROLS
}
"""Every control by its id, family by family."""

_ANSWERED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.WAIVED, Outcome.ATTESTED})


def evaluate(facts: Facts) -> tuple[ControlResult, ...]:
    """Every control of the catalogue with its answer, in the catalogue's order."""
    return tuple(
        ControlResult(control=entry.control, answer=entry.answer(facts))
        for entry in CONTROLS.values()
    )


def count(results: Iterable[ControlResult]) -> tuple[FrameworkCount, ...]:
    """Per framework, how many requirements these results are evidence for.

    Only counted requirements of these controls are mapped; one is evidenced when at least one
    of its controls was answered, for good or ill.
    """
    mapped: dict[str, set[str]] = defaultdict(set)
    evidenced: dict[str, set[str]] = defaultdict(set)
    for result in results:
        for requirement in result.control.requirements:
            if requirement.counted:
                mapped[requirement.framework].add(requirement.id)
                if result.answer.outcome in _ANSWERED:
                    evidenced[requirement.framework].add(requirement.id)
    return tuple(
        FrameworkCount(
            framework=name,
            version=framework.version,
            evidenced=len(evidenced[name]),
            mapped=len(mapped[name]),
            total=framework.total,
        )
        for name, framework in sorted(FRAMEWORKS.items())
        if name in mapped
    )
