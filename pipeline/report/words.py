"""The words and signs that people are shown for the words of the model, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Decision, Gap, Gate, Outcome, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Mark:
    """A status as people see it: words and a sign, coloured by `tone`, never a colour alone."""

    label: str
    tone: str

    @property
    def sign(self) -> str:
        """One character that says the same as the tone."""
        return SIGNS[self.tone]


SIGNS = {"bad": "❌", "warn": "⚠️", "unknown": "❔", "good": "✅", "info": "🔹", "quiet": "▫️"}
"""The tones there are, with their signs. `unknown` is what nobody evaluated: never green."""


DECISIONS = {
    Decision.COMPLIANT: Mark("Compliant", "good"),
    Decision.VIOLATED: Mark("Policy violated", "bad"),
    Decision.INCOMPLETE: Mark("Incomplete", "unknown"),
}

SEVERITIES = {
    Severity.CRITICAL: Mark("Critical", "bad"),
    Severity.HIGH: Mark("High", "bad"),
    Severity.UNKNOWN: Mark("Unrated", "unknown"),
    Severity.MEDIUM: Mark("Medium", "warn"),
    Severity.LOW: Mark("Low", "info"),
    Severity.NONE: Mark("None", "quiet"),
}

STATUSES = {
    Status.ERRORED: Mark("Errored", "unknown"),
    Status.PARTIAL: Mark("Partly evaluated", "unknown"),
    Status.SKIPPED: Mark("Skipped", "unknown"),
    Status.FOUND: Mark("Findings", "warn"),
    Status.CLEAN: Mark("Clean", "good"),
    Status.NOT_APPLICABLE: Mark("Not applicable", "quiet"),
}

OUTCOMES = {
    Outcome.FAIL: Mark("Fail", "bad"),
    Outcome.ERROR: Mark("Error", "unknown"),
    Outcome.NOT_EVALUATED: Mark("Not evaluated", "unknown"),
    Outcome.WAIVED: Mark("Waived", "info"),
    Outcome.ATTESTED: Mark("Attested", "info"),
    Outcome.PASS: Mark("Pass", "good"),
    Outcome.NOT_APPLICABLE: Mark("Not applicable", "quiet"),
}

REMOVED = Mark("Removed", "warn")

PRESENT = Mark("Still present", "bad")
"""What the history holds: whether today's files hold it too."""

UNEVALUATED = OUTCOMES[Outcome.NOT_EVALUATED]

GATES = {Gate.BLOCK: "blocks", Gate.WARN: "warns", Gate.INFO: "informs"}

GAPS = {
    Gap.TOOL_MISSING: "tool missing",
    Gap.TOOL_FAILED: "tool failed",
    Gap.DATA_MISSING: "data missing",
    Gap.DATA_STALE: "data too old",
    Gap.NETWORK_OFF: "network switched off",
    Gap.INPUT_MISSING: "input missing",
    Gap.UNSUPPORTED_INPUT: "format not supported",
    Gap.PARSE_ERROR: "not understood",
    Gap.UNPARSABLE_VERSION: "version not understood",
    Gap.NO_VERSION: "no version",
    Gap.NOT_FROM_REGISTRY: "not from a registry",
    Gap.NOT_ACCOUNTED_FOR: "missing from the tool's output",
    Gap.NOT_CONFIGURED: "not configured",
    Gap.TOO_LARGE: "too large",
    Gap.LEFT_OUT: "left out",
}


def numbered(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 package", "2,000 packages"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def ticked(text: str) -> Iterable[tuple[str, bool]]:
    """The parts of a sentence, each with whether it stood between backticks: "Run `nox`."."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(text, False)]
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]
