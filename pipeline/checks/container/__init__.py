"""Does a built image hold known vulnerabilities, or more rights than it needs?

Trivy looks at each named image once, in a folder of ours, with our settings and no network; all
else is derived from that one report. What it says counts only if it is about the very digest that
we computed ourselves, of an image whose every layer was held against its digest before.

Nothing is believed: an operating system that Trivy or its database does not know, one past its
end of life, an image without packages and everything that it could not read are gaps, never
silence. Which image was looked at, layer by layer, stands in each finding. For secrets in files the
check `secrets` looks through the same layers; those in the configuration are told here.
"""

# jobs           what is run, and for which images
# scan           Trivy's report, distilled
# doubts         what a scan leaves open
# systems        what its database speaks of
# configuration  user, ports, environment
# origin         where an image, and what it was built on, come from
# findings       vulnerabilities and licences
# document       the image's SBOM
# remember       what was answered before
# answer         all of it together
# rules          every rule, explained

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.container.rules import RULES
from pipeline.checks.job import Network, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.advisories.source import Question
    from pipeline.checks.job import Job, Options, Ran, Skip, Wanted
    from pipeline.model import Reading, Target

__all__ = ["NETWORK", "RULES", "TOOL", "plan", "questions", "read"]

TOOL = Tool(binary="trivy", group="images")
NETWORK = Network.NONE


def questions(_: Target) -> tuple[Question, ...]:
    """It asks no advisory source: Trivy has a database of its own."""
    return ()


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """One run of Trivy for each image and platform that was not answered for before."""
    from pipeline.checks.container import jobs  # noqa: PLC0415 - only where there is an image

    return jobs.plan(target, options)


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """The findings, what was looked at, and a bill of materials for each image."""
    from pipeline.checks.container import answer  # noqa: PLC0415 - as above

    return answer.read(target, options, runs)
