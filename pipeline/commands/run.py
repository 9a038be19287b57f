"""`supply-chain run`: the whole pipeline in one process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.check import run_checks
from pipeline.commands.plan import request
from pipeline.commands.show import show_verdict
from pipeline.progress import Progress

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Plan, check, report, gate; the verdict's exit code."""
    quiet = arguments.quiet or arguments.json
    with Progress(quiet=quiet) as progress:
        progress.start("discover")
        plan, output = stages.prepare(request(arguments))
        progress.done("discover")
        run_checks(plan.checks, output, progress)
        progress.start("report")
        report = stages.report(output)
        progress.done("report")
    if arguments.json:
        sys.stdout.write((output.report / "report.json").read_text(encoding="utf-8"))
    elif not arguments.quiet or report.verdict.exit_code:
        show_verdict(report.verdict, output.report)
    return stages.gate(output).exit_code
