"""`supply-chain run`: the whole pipeline in one process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.check import run_checks
from pipeline.commands.plan import request
from pipeline.commands.show import show_verdict
from pipeline.errors import IncompleteError
from pipeline.progress import Progress

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Plan, check, report, gate; the verdict's exit code.

    Raises `IncompleteError` when another run began in the same folder meanwhile: the report may
    then be of that one, which others planned.
    """
    quiet = arguments.quiet or arguments.json
    with Progress(quiet=quiet) as progress:
        progress.start("discover")
        plan, output = stages.prepare(request(arguments))
        progress.done("discover")
        run_checks(plan.checks, output, progress)
        progress.start("report")
        stages.report(output)
        progress.done("report")
    verdict = stages.gate(output)
    if output.plan().token != plan.token:
        raise IncompleteError(
            "another run began in this folder before this one ended",
            where=str(output.folder),
            fix="give each its own folder with --output",
        )
    if arguments.json:
        sys.stdout.write((output.report / "report.json").read_text(encoding="utf-8"))
    elif not arguments.quiet or verdict.exit_code:
        show_verdict(verdict, output.report)
    return verdict.exit_code
