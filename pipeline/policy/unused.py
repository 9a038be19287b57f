"""Waivers that match nothing: those known to be unused, and those that nobody can tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Gap
from pipeline.policy.findings import too_severe
from pipeline.policy.gaps import name_gap, settled
from pipeline.policy.rules import CHECK, RULES
from pipeline.policy.waivers import Touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from pipeline.model import Evidence, Judged, Policy, Unevaluated, Waiver

_DEPENDENCIES = "dependencies"


def unmatched(
    judged: Iterable[Judged],
    evidence: Sequence[Evidence],
    planned: Sequence[str],
    policy: Policy,
    as_of: date,
) -> tuple[list[Waiver], list[Waiver]]:
    """Waivers in force that match nothing: those known to be unused, and those that may not be.

    A waiver for a rule belongs to the rule's check, one for an advisory to every check. Where
    that check was not planned, nothing is said.
    """
    touching = Touching(policy.waivers)
    used = {waiver for item in judged for waiver in touching.of(item.finding)}
    whole = {item.check for item in evidence if settled(item)}
    whole -= {item.check for item in evidence if not settled(item)}
    idle: list[Waiver] = []
    unsure: list[Waiver] = []
    for waiver in policy.waivers:
        check, is_rule, _ = waiver.id.partition("/")
        owners = {check} - {CHECK} if is_rule else {*planned, _DEPENDENCIES}
        if waiver in used or waiver.expires < as_of or not owners <= {*planned}:
            continue
        (idle if owners <= whole else unsure).append(waiver)
    return idle, unsure


def unsure_gaps(waivers: Sequence[Waiver], policy: Policy) -> Iterator[Unevaluated]:
    """One line for all waivers of which nobody knows whether they are still used.

    It blocks where an unused waiver would violate the policy: not knowing is never better.
    """
    if waivers:
        severity = RULES["policy/waiver-unused"].severity
        yield name_gap(
            f"{CHECK}: whether {', '.join(sorted({waiver.id for waiver in waivers}))}"
            " must still be waived",
            Gap.INPUT_MISSING,
            "no finding matches, but a check that could find one was not complete",
            fix="Complete the check.",
            blocking=bool(too_severe(severity, policy)),
        )
