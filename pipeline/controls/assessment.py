"""Controls about the assessment itself: whether its answer can be believed, and shown later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.entry import control, failed, passed, unknown
from pipeline.controls.frameworks import ISO27001, NIST_800_53, SOC2, SSDF
from pipeline.model import Gap, Gate, Severity
from pipeline.policy import INTEGRITY, check_gaps, numbered, some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer

_LATER = "the report was made before its signature: `supply-chain verify` answers this"


@control(
    INTEGRITY,
    title="Every planned check ran to its end on fresh data",
    rationale=(
        "A scanner that did not run finds nothing. Its silence must not be taken for a clean"
        " result."
    ),
    how=(
        "The plan is held against the evidence: each check that the policy requires, or each"
        " planned one where it names none, must have ended, accounted for all of its inputs and"
        " used fresh data. Where that fails, the verdict is incomplete rather than violated."
    ),
    fix="Work through what was not evaluated: every line there says how to mend it.",
    severity=Severity.CRITICAL,
    gate=Gate.BLOCK,
    checks=(),
    evidence_for={
        SSDF: ("PO.4.1", "PO.4.2"),
        SOC2: ("CC7.1",),
        NIST_800_53: ("CA-7",),
        ISO27001: ("A.8.29", "A.5.36"),
    },
)
def everything_planned_ran(facts: Facts) -> Answer:
    """Nothing stands between the plan and a complete assessment."""
    evidence = sorted(facts.evidence.values(), key=lambda item: item.check)
    gaps = check_gaps(evidence, planned=facts.planned, policy=facts.policy, baseline=facts.baseline)
    blocking = [line.what for line in gaps if line.blocking]
    checks = [item.check for item in evidence]
    if blocking:
        what = numbered(len(blocking), "required part")
        return failed(f"{what} not evaluated: {some(blocking)}", *checks)
    required = {*facts.policy.required} or {*facts.planned}
    return passed(f"{numbered(len(required), 'required check')} ran in full", *checks)


@control(
    "GATE-02",
    title="The evidence is digested and signed",
    rationale=(
        "An auditor who sees only the report must be able to tell that it belongs to this evidence"
        " and that nobody changed either."
    ),
    how=(
        "Every lockfile, data set and raw output that a check relied on has a digest, and the"
        " signatures over the manifest and the statements verify. A report cannot vouch for its"
        " own signature, which is made after it: `supply-chain verify` answers this."
    ),
    fix="Sign the report where a signing identity is at hand (`supply-chain sign`), and verify it.",
    severity=Severity.MEDIUM,
    gate=Gate.INFO,
    checks=(),
    evidence_for={
        SSDF: ("PO.3.3", "PS.3.1"),
        ISO27001: ("A.5.28", "A.5.33"),
        NIST_800_53: ("AU-10",),
    },
)
def evidence_is_signed(facts: Facts) -> Answer:
    """A signature over everything the report rests on was made, and verifies."""
    items = _items(facts)
    cited = [f"{name} {digest}" for name, digest in items if digest]
    if facts.signed is None:
        return unknown(Gap.INPUT_MISSING, _LATER, *cited)
    if not facts.signed:
        return failed("the signature over the evidence does not verify", *cited)
    if not items:
        return unknown(Gap.INPUT_MISSING, "there is no evidence that a signature could bind")
    without = [name for name, digest in items if not digest]
    if without:
        return unknown(Gap.INPUT_MISSING, f"without a digest: {some(without)}", *cited)
    return passed(f"a signature binds {numbered(len(items), 'digest')}", *cited)


def _items(facts: Facts) -> list[tuple[str, str]]:
    """What the report rests on, each with its digest, "" where it has none."""
    found = {(lock.path, lock.digest) for lock in facts.target.locks}
    for item in facts.evidence.values():
        found |= {(artefact.path, artefact.digest) for artefact in item.artefacts}
        found |= {(record.name, record.digest) for record in item.data}
    return sorted(found)


CONTROLS: tuple[Entry, ...] = (everything_planned_ran, evidence_is_signed)
