"""From a plan to evidence: run what the checks plan, read what the tools left.

asked    a plan               ->  what sources and registries say of its packages
wanted   what a check wants   ->  files of the repository, programs, databases
ahead    what it foresees     ->  a tool that starts meanwhile
jobs     what it plans        ->  what the tools left, each in a folder that `furnish` fills
ranks    what it read         ->  the same, with what is known to be exploited
here     all of that          ->  the evidence of the check

This is the one place where a fault becomes a status. A check that did not do its whole work never
comes out `clean`: a missing tool, an exit code nobody expects, a time limit, output that makes no
sense and a fault of our own are `errored`; inputs that nobody answered for are `partial`.
"""

from __future__ import annotations

import sys
import time
import traceback
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks import CHECKS
from pipeline.checks.equipment import Tools
from pipeline.checks.job import Options, Skip
from pipeline.collect.ahead import Ahead
from pipeline.collect.asked import ask
from pipeline.collect.jobs import run_jobs
from pipeline.collect.ranks import ranked
from pipeline.collect.wanted import planned
from pipeline.errors import PipelineError, UsageError
from pipeline.model import Evidence, Reading, Status, tally

if TYPE_CHECKING:
    from pipeline.checks import Check
    from pipeline.registries.heard import Heard
    from pipeline.store import Output, Plan

__all__ = ["collect", "perform"]


def collect(name: str, plan: Plan, output: Output, *, heard: Heard | None = None) -> Evidence:
    """Run the check `name` and record its evidence in the output folder.

    Checks of one run that are given the same `heard` ask the registries nothing twice.
    Raises `UsageError` for a name that is no check or is not planned, and `IncompleteError`
    when the evidence cannot be written.
    """
    if name not in plan.checks:
        raise UsageError(
            f"{name!r} is not planned", fix=f"choose one of {', '.join(sorted(plan.checks))}"
        )
    started = time.monotonic()
    evidence = _evidence(name, CHECKS[name], plan, output, heard)
    output.record(plan, evidence, seconds=time.monotonic() - started)
    return evidence


def perform(name: str, plan: Plan) -> Reading | Skip:
    """What the check `name` reads, with nothing recorded; raises `PipelineError` for its faults."""
    check = CHECKS[name]
    return _run(check, plan, Tools(check.TOOL, plan.trivy, plan.root))


def _evidence(name: str, check: Check, plan: Plan, output: Output, heard: Heard | None) -> Evidence:
    tools = Tools(check.TOOL, plan.trivy, plan.root)

    def errored(reason: str) -> Evidence:
        return Evidence(check=name, status=Status.ERRORED, reason=reason, tools=tools.records)

    try:
        found = _run(check, plan, tools, heard)
        kept = output.keep(name, found.files) if isinstance(found, Reading) else ()
    except PipelineError as error:
        where = f"{error.where}: " if error.where else ""
        mend = f" (to mend it: {error.fix})" if error.fix else ""
        return errored(" ".join(f"{where}{error.what}{mend}".split()))
    # A defect of ours must not take the other checks and the report with it. It is loud on
    # standard error and `errored` in the evidence, so it cannot pass for an answer.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc(file=sys.stderr)
        return errored(f"a fault in the pipeline itself: {type(error).__name__}")
    if isinstance(found, Skip):
        return Evidence(check=name, status=found.status, reason=found.reason, tools=tools.records)
    status, reason = _status(found)
    return Evidence(
        check=name,
        status=status,
        reason=reason,
        findings=found.findings,
        coverage=found.coverage,
        tools=(*tools.records, *found.tools),
        data=found.data,
        artefacts=(*found.artefacts, *kept),
        tables=found.tables,
    )


def _status(reading: Reading) -> tuple[Status, str]:
    """`clean` needs something to have been expected, and all of it evaluated."""
    required = [part for part in reading.coverage if part.required]
    if not required and any(not part.complete for part in reading.coverage):
        return Status.NOT_APPLICABLE, "nothing could be evaluated, and nothing requires it"
    if not required:
        return Status.NOT_APPLICABLE, "there is nothing of its kind to look at"
    if not all(part.complete for part in required):
        return Status.PARTIAL, f"{tally(required)} were evaluated"
    if reading.findings:
        return Status.FOUND, ""
    if not sum(part.expected for part in required):
        return Status.NOT_APPLICABLE, f"there are no {required[0].unit} to look at"
    return Status.CLEAN, ""


def _run(check: Check, plan: Plan, tools: Tools, heard: Heard | None = None) -> Reading | Skip:
    with ExitStack() as stack:
        options = Options(
            root=plan.root,
            as_of=plan.as_of,
            tool=tools.record(),
            policy=plan.policy,
            secrets=plan.secrets,
            provenance=plan.provenance,
            offline=plan.offline,
        )
        options = ask(check, plan, options, heard, stack)
        ahead = stack.enter_context(closing(Ahead(tools)))
        jobs, options = planned(check, plan, replace(options, ahead=ahead), tools)
        if isinstance(jobs, Skip):
            return jobs
        runs = run_jobs(jobs, tools.commands(jobs), ahead) if jobs else []
        return ranked(check.read(plan.target, replace(options, tool=tools.record()), runs), plan)
