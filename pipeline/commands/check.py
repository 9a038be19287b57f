"""`supply-chain check`: run planned checks and record their evidence.

Succeeds as soon as the evidence is recorded, whatever it says: only the gate judges.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.show import show_evidence
from pipeline.progress import Progress

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Run the named checks, or every planned one."""
    output = stages.output_of(Path(), arguments.output)
    names = tuple(dict.fromkeys(arguments.checks)) or output.plan().checks
    with Progress(quiet=arguments.quiet) as progress:
        for name in names:
            progress.start(name)
        stages.check(
            names,
            output,
            tell=lambda evidence: progress.done(evidence.check, show_evidence(evidence)),
        )
    return 0
