"""What policy holds waivers to, and the rules that it reports them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECK = "policy"
"""The name under which policy reports what is wrong with its own waivers."""

MAX_WAIVER_DAYS = 366
"""A risk is accepted for a year at most; then somebody looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that policy itself reports: what is wrong, why it matters, what to do."""

    title: str
    why: str
    fix: str
    severity: Severity


RULES: Mapping[str, Rule] = {
    "policy/waiver-expired": Rule(
        title="A waiver has expired",
        why="The day until which somebody accepted the risk has passed, so nobody accepts it now.",
        fix="Mend what it waived and delete it, or decide anew and give it a later end.",
        severity=Severity.HIGH,
    ),
    "policy/waiver-too-long": Rule(
        title="A waiver lasts too long",
        why=f"A waiver for more than {MAX_WAIVER_DAYS} days is never looked at again.",
        fix=f"Give it an end at most {MAX_WAIVER_DAYS} days from today.",
        severity=Severity.MEDIUM,
    ),
    "policy/waiver-unused": Rule(
        title="A waiver is not used",
        why="It matches no finding of this run, and would silence the next one that it fits.",
        fix="Delete it.",
        severity=Severity.LOW,
    ),
}
