"""Is what is built and deployed configured so that a fault does little harm?

Dockerfiles, compose files and Kubernetes manifests are read by rules of ours. Trivy evaluates
these and Helm charts, Terraform and CloudFormation, with the checks that it brings along.

No file of the repository decides how it is read: Trivy is given copies, under names of ours, in
which no comment can silence it. A file that it should have evaluated and that is not in its
answer is not evaluated, and so is what only a build or a deployment decides.
"""

# configuration/   what images are built from and containers run with
# findings         what both saw becomes one finding with two witnesses
# problem, rules   what a rule says of a place, and every rule explained

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.hardening.configuration import copies, trivy
from pipeline.checks.hardening.configuration.accounts import account
from pipeline.checks.hardening.configuration.inputs import Inputs
from pipeline.checks.hardening.configuration.own import evaluate
from pipeline.checks.hardening.findings import findings
from pipeline.checks.hardening.rules import RULES
from pipeline.checks.job import Network, Skip, Tool, Wanted
from pipeline.model import Reading, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Options, Ran
    from pipeline.model import Target

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

TOOL = Tool(binary="trivy")
NETWORK = Network.NONE


def questions(target: Target) -> tuple[Question, ...]:  # noqa: ARG001 - every check has them
    """Nothing is asked of the advisory source."""
    return ()


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """A run of Trivy or a few, none where only our own rules have something to read."""
    inputs = Inputs.of(target, options)
    if inputs.wanted:
        return Wanted(files=inputs.wanted)
    if not inputs.files and not inputs.lost:
        why = "there is no Dockerfile, no manifest and no other infrastructure configuration"
        return Skip(status=Status.NOT_APPLICABLE, reason=why)
    return tuple(copies.jobs(inputs.copies()))


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """Findings and coverage of every file of configuration."""
    inputs = Inputs.of(target, options)
    own = evaluate(inputs)
    answers = {run.job.name: trivy.answer(run) for run in runs}
    theirs = account(inputs, answers, own, present=options.tool is not None)
    return Reading(
        findings=findings(
            own.problems,
            [one for answer in answers.values() for one in answer.sightings],
            read=own.read,
            seen=theirs.seen,
        ),
        coverage=(*own.coverage, *theirs.coverage),
        data=own.data,
    )
