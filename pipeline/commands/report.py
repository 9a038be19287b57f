"""`supply-chain report`: judge the evidence and write the report.

Succeeds whatever the verdict is, so that a failing report can still be published and signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.show import show_verdict

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Write the report and show its verdict."""
    output = stages.resumed(arguments.output)
    report = stages.report(output)
    if not arguments.quiet:
        show_verdict(report.verdict, output.report)
    return 0
