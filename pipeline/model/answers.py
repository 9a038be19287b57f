"""Answers of checks, controls and repositories; how bad a problem is; why nobody looked."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How one check ended. Only `clean` says that everything was evaluated and nothing found."""

    CLEAN = "clean"
    FOUND = "found"
    PARTIAL = "partial"
    ERRORED = "errored"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """How one control was answered."""

    PASS = "pass"  # noqa: S105 - an outcome, no password
    FAIL = "fail"
    NOT_EVALUATED = "not_evaluated"
    NOT_APPLICABLE = "not_applicable"
    ATTESTED = "attested"
    WAIVED = "waived"
    ERROR = "error"


class Decision(StrEnum):
    """The answer for the whole repository."""

    COMPLIANT = "compliant"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"


class Severity(StrEnum):
    """CVSS's qualitative scale, plus `unknown` for what nobody rated: never the same as none."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Worst first: 0 for critical. `unknown` comes after high, so that it is seen early."""
        return _SEVERITY_ORDER.index(self)


_SEVERITY_ORDER = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.NONE,
)


class Gap(StrEnum):
    """Why one input was not evaluated: the reason codes of the report."""

    TOOL_MISSING = "tool_missing"
    TOOL_FAILED = "tool_failed"
    DATA_MISSING = "data_missing"
    DATA_STALE = "data_stale"
    NETWORK_OFF = "network_off"
    INPUT_MISSING = "input_missing"
    UNSUPPORTED_INPUT = "unsupported_input"
    PARSE_ERROR = "parse_error"
    UNPARSABLE_VERSION = "unparsable_version"
    NO_VERSION = "no_version"
    NOT_FROM_REGISTRY = "not_from_registry"
    NOT_ACCOUNTED_FOR = "not_accounted_for"
    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    LEFT_OUT = "left_out"
