"""Controls about what CI does for the supply chain: audits that run, and that can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.controls.declared import nothing_declared
from pipeline.controls.entry import control, failed, not_applicable, passed, unknown
from pipeline.controls.frameworks import CIS_SSC, CRA, FEDRAMP_20X, OSPS, PCI_DSS, SOC2, SSDF
from pipeline.model import Gap, Gate, Severity
from pipeline.policy import some

if TYPE_CHECKING:
    from pipeline.controls.entry import Entry, Facts
    from pipeline.model import Answer, CiFile, Target

_GITHUB = "GitHub Actions"
"""What discovery calls the one CI system whose files it reads."""

_TRIGGERS = ("pull_request", "schedule")


@control(
    "DEP-12",
    title="Dependencies are audited on every change and on a schedule",
    rationale=(
        "A change can bring a vulnerable package in, and a package can become vulnerable without"
        " any change. Each needs its own trigger."
    ),
    how=(
        "The CI files are read, never run: an audit step must run for pull requests and on a"
        " schedule, and its failure must fail the job. GitHub Actions is understood."
    ),
    fix="Run the audit on `pull_request` and `schedule`, and let its failure fail the job.",
    severity=Severity.HIGH,
    gate=Gate.WARN,
    checks=(),
    evidence_for={
        OSPS: ("OSPS-VM-05.03",),
        SSDF: ("PO.4.1", "RV.1.1"),
        CIS_SSC: ("2.3.7", "3.2.2"),
        PCI_DSS: ("6.3.1",),
        SOC2: ("CC7.1",),
        CRA: ("AnnexI-PartII-(3)",),
        FEDRAMP_20X: ("KSI-SCR-MON",),
    },
)
def audited_in_ci(facts: Facts) -> Answer:
    """An audit that can fail runs on both triggers; what is not understood may hide one."""
    target = facts.target
    if rule := nothing_declared(target):
        return not_applicable(rule)
    known = [file for file in target.ci if file.system == _GITHUB]
    covered = {trigger for file in known for trigger in file.triggers if _audits(file)}
    lacking = [trigger for trigger in _TRIGGERS if trigger not in covered]
    if not lacking:
        files = sorted(file.path for file in known if _audits(file))
        return passed("an audit runs for pull requests and on a schedule", *files)
    return _uncertain(target) or failed(_lack(target, lacking), *(file.path for file in known))


def _audits(file: CiFile) -> bool:
    """Whether an audit in the file can fail the run."""
    return any(step.fatal for step in file.audits)


def _uncertain(target: Target) -> Answer | None:
    """Why an audit that was not found may still run; `None` when it does not."""
    if other := sorted({file.system for file in target.ci} - {_GITHUB}):
        return unknown(Gap.UNSUPPORTED_INPUT, f"CI systems not understood yet: {some(other)}")
    unread = [file.path for file in target.ci if file.unread]
    unread += [part.location.path for part in target.unread]
    if unread:
        reason = f"these could not be read: {some(unread)}"
        gap = next((part.gap for part in target.unread), Gap.PARSE_ERROR)
        return unknown(gap, reason, *sorted(set(unread)))
    called = [file.path for file in target.ci if "workflow_call" in file.triggers and _audits(file)]
    if called:
        reason = f"an audit runs when it is called, perhaps from elsewhere: {some(called)}"
        return unknown(Gap.UNSUPPORTED_INPUT, reason, *called)
    return None


def _lack(target: Target, lacking: list[str]) -> str:
    if not target.ci:
        return "there is no CI configuration"
    steps = [step for file in target.ci for step in file.audits]
    if not steps:
        return "no CI file audits dependencies"
    if not any(step.fatal for step in steps):
        return "the audit's failure does not fail the job"
    return f"no audit that can fail runs on {' and '.join(lacking)}"


CONTROLS: tuple[Entry, ...] = (audited_in_ci,)
