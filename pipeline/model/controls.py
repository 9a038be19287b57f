"""An auditor's questions, and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.answers import Gap, Outcome, Severity


class Gate(StrEnum):
    """What a control's failure does: block the verdict, warn, or only inform."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of a framework that a control's result is evidence for.

    `counted` is false where the id could not be verified or fits only indirectly.
    """

    framework: str
    id: str
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One question an auditor asks, as data. `how` says how it is evaluated."""

    id: str
    title: str
    rationale: str
    how: str
    fix: str
    severity: Severity
    gate: Gate
    checks: tuple[str, ...]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A control's outcome with the reason and the evidence it rests on (file names or checks).

    `gap` says why there is no answer, for `not_evaluated` and `error`. `existing`: it fails for
    what the base of a change held already, and for nothing else.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[str, ...] = ()
    gap: Gap | None = None
    existing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """A control and its answer."""

    control: Control
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkCount:
    """How many of a framework's requirements have evidence here: never a claim to comply.

    `evidenced` counts requirements whose controls were answered; `mapped` those that any control
    of the catalogue maps to. `total` is the framework's own number, `None` where it has none.
    """

    framework: str
    version: str
    evidenced: int
    mapped: int
    total: int | None = None
