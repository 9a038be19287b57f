"""The verdict: violated, else incomplete, else compliant, with its reasons in words."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.errors import ExitCode
from pipeline.model import Decision, Disposition, Gate, Kind, Outcome, Severity, Verdict
from pipeline.policy.gaps import ANSWERED, control_gaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.model import ControlResult, Gap, Judged, Policy, Unevaluated

INTEGRITY = "GATE-01"
"""The control whose failure means "we do not know", never "we found it"."""

_EXIT_CODES = {
    Decision.COMPLIANT: ExitCode.COMPLIANT,
    Decision.VIOLATED: ExitCode.VIOLATED,
    Decision.INCOMPLETE: ExitCode.INCOMPLETE,
}


def decide(
    *,
    judged: Sequence[Judged],
    unevaluated: Sequence[Unevaluated],
    controls: Sequence[ControlResult],
    policy: Policy,
) -> Verdict:
    """The verdict: violated, else incomplete, else compliant.

    A violated verdict tells what is incomplete as well, and a compliant one counts what was
    optional and not evaluated. Reasons come worst first.
    """
    violations = [item for item in judged if item.disposition is Disposition.VIOLATION]
    failed = [item for item in controls if item.answer.outcome is Outcome.FAIL]
    stopping = [item for item in failed if _stops(item, policy)]
    blocking = [line for line in unevaluated if line.blocking]
    reasons = (*_violation_reasons(violations), *_control_reasons(stopping))
    doubts = tuple(_gap_reasons(blocking))
    if not doubts:
        doubts = tuple(_control_reasons(item for item in failed if item.control.id == INTEGRITY))
    if violations or stopping:
        what = " and ".join(
            numbered(number, noun)
            for number, noun in ((len(violations), "finding"), (len(stopping), "control"))
            if number
        )
        tail = f"; {_not_evaluated(len(blocking), 'required part')}" if blocking else ""
        return _verdict(Decision.VIOLATED, f"Policy violated: {what}{tail}", *reasons, *doubts)
    if doubts:
        what = _not_evaluated(len(blocking), "required part") if blocking else "see the reasons"
        return _verdict(Decision.INCOMPLETE, f"Incomplete: {what}", *doubts)
    open_controls = sum(item.answer.outcome not in ANSWERED for item in controls)
    others = len(unevaluated) - len(tuple(control_gaps(controls, policy, ())))
    existing = sum(item.disposition is Disposition.EXISTING for item in judged)
    asides = (
        f"{numbered(existing, 'finding')} {'is' if existing == 1 else 'are'} in the base already"
        if existing
        else "",
        f"{numbered(len(failed), 'control')} failed without blocking" if failed else "",
        _not_evaluated(open_controls, "control") if open_controls else "",
        _not_evaluated(others, "optional part") if others > 0 else "",
    )
    headline = "; ".join(("Compliant", *filter(None, asides)))
    return _verdict(Decision.COMPLIANT, headline, *_control_reasons(failed))


def _stops(result: ControlResult, policy: Policy) -> bool:
    """Whether a failed control violates the policy: not for what the base held already."""
    control = result.control
    required = control.gate is Gate.BLOCK or control.id in policy.required_controls
    return required and control.id != INTEGRITY and not result.answer.existing


def _verdict(decision: Decision, headline: str, *reasons: str) -> Verdict:
    return Verdict(
        decision=decision,
        exit_code=int(_EXIT_CODES[decision]),
        headline=f"{headline}.",
        reasons=reasons,
    )


def _violation_reasons(violations: Sequence[Judged]) -> Iterator[str]:
    """One reason per group: malware, known exploited, then each severity."""
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for item in violations:
        finding = item.finding
        if finding.kind is Kind.MALWARE:
            group = (-2, "malicious")
        elif finding.exploited:
            group = (-1, "known to be exploited")
        elif finding.severity is Severity.UNKNOWN:
            group = (finding.severity.rank, "rated by nobody")
        else:
            group = (finding.severity.rank, f"of {finding.severity} severity")
        groups[group].append(finding.rule)
    for (_, what), ids in sorted(groups.items()):
        verb = "is" if len(ids) == 1 else "are"
        yield f"{numbered(len(ids), 'finding')} {verb} {what}: {some(ids)}"


def _control_reasons(results: Iterable[ControlResult]) -> Iterator[str]:
    for result in sorted(results, key=lambda result: result.control.id):
        yield f"{result.control.id} failed: {result.answer.reason}"


def _gap_reasons(lines: Sequence[Unevaluated]) -> Iterator[str]:
    """One reason per reason code; a single line is told in full."""
    groups: dict[Gap, list[Unevaluated]] = defaultdict(list)
    for line in lines:
        groups[line.gap].append(line)
    for gap, group in sorted(groups.items()):
        if len(group) == 1:
            yield f"{group[0].what}: {group[0].why}"
        else:
            name = gap.replace("_", " ")
            yield f"{len(group)} parts ({name}): {some([line.what for line in group])}"


def numbered(number: int, noun: str) -> str:
    """A number and its noun, as in "1 finding" and "2 findings"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _not_evaluated(number: int, noun: str) -> str:
    return f"{numbered(number, noun)} {'was' if number == 1 else 'were'} not evaluated"


def some(names: Sequence[str], *, most: int = 3) -> str:
    """The first few distinct names, and how many there are beside them."""
    distinct = sorted(set(names))
    more = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + more
