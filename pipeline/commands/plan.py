"""`supply-chain plan`: start a run, for checks that run in processes of their own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.text import plain

if TYPE_CHECKING:
    import argparse

    from pipeline.model import Target


def request(arguments: argparse.Namespace) -> stages.Request:
    """What the command line asked for."""
    return stages.Request(
        target=arguments.target,
        output=arguments.output,
        config=arguments.config,
        as_of=arguments.as_of,
        offline=arguments.offline,
        advisories=arguments.advisories,
        checks=tuple(dict.fromkeys(arguments.only)),
        base=arguments.base,
        images=tuple(dict.fromkeys(arguments.image)),
        platform=arguments.platform or "",
        trivy_database=arguments.trivy_db,
    )


def execute(arguments: argparse.Namespace) -> int:
    """Write the plan and say what is planned."""
    plan, output = stages.prepare(request(arguments))
    if not arguments.quiet:
        packages = sum(len(lock.packages) for lock in plan.target.locks)
        sys.stdout.write(
            f"{plain(plan.target.name)}: {len(plan.target.projects)} projects,"
            f" {len(plan.target.locks)} locks, {packages} packages{_images(plan.target)}\n"
            f"planned: {', '.join(plan.checks)}, as of {plan.as_of}, in {output.folder}\n"
        )
    return 0


def _images(target: Target) -> str:
    return f", {len(target.images)} images" if target.images else ""
