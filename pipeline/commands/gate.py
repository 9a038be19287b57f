"""`supply-chain gate`: the report's verdict as an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.show import show_verdict

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Read the verdict, show it, answer with its exit code."""
    output = stages.resumed(arguments.output)
    verdict = stages.gate(output)
    if arguments.json:
        from pipeline.store import encode  # noqa: PLC0415 - for JSON only

        sys.stdout.write(encode(verdict).decode())
    elif not arguments.quiet or verdict.exit_code:
        show_verdict(verdict, output.report)
    return verdict.exit_code
