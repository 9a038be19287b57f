"""`supply-chain check`: run planned checks and record their evidence.

Succeeds as soon as the evidence is recorded, whatever it says: only the gate judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.commands.show import show_evidence
from pipeline.progress import Progress

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.store import Output


def execute(arguments: argparse.Namespace) -> int:
    """Run the named checks, or every planned one."""
    output = stages.resumed(arguments.output)
    names = tuple(dict.fromkeys(arguments.checks)) or output.plan().checks
    with Progress(quiet=arguments.quiet) as progress:
        run_checks(names, output, progress)
    return 0


def run_checks(names: Sequence[str], output: Output, progress: Progress) -> None:
    """Run checks side by side, and tell of each as it ends."""
    for name in names:
        progress.start(name)
    stages.check(
        names,
        output,
        tell=lambda evidence: progress.done(evidence.check, show_evidence(evidence)),
    )
