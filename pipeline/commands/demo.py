"""`supply-chain demo`: the whole job on a bundled repository with planted problems.

Its advisories were written for it, so it needs no network and always finds the same. Succeeds
when the report says what was planted: a repository that violates the policy.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.advisories.feeds import import_epss, import_kev
from pipeline.advisories.store import import_osv
from pipeline.commands.check import run_checks
from pipeline.commands.show import show_verdict
from pipeline.errors import ExitCode
from pipeline.progress import Progress
from pipeline.resources import template_folder

if TYPE_CHECKING:
    import argparse

DAY = date(2026, 11, 1)
"""The day of the demonstration: its advisories are two days old, for ever."""


def execute(arguments: argparse.Namespace) -> int:
    """Run every stage on a copy of the bundled repository and say where the report is."""
    bundled = template_folder() / "demo"
    output = (arguments.output or Path(".supply-chain", "demo")).absolute()
    with (
        tempfile.TemporaryDirectory(prefix="supply-chain-demo-") as folder,
        Progress(quiet=arguments.quiet) as progress,
    ):
        repository, store = Path(folder, "repository"), Path(folder, "advisories.sqlite")
        shutil.copytree(bundled / "repository", repository)
        import_osv([bundled / "advisories"], store)
        import_kev(bundled / "known_exploited_vulnerabilities.json", store)
        import_epss(bundled / "epss_scores.csv", store)
        request = stages.Request(
            target=repository,
            output=output,
            config=bundled / stages.SETTINGS_FILE,
            as_of=DAY,
            offline=True,
            advisories=store,
        )
        plan, made = stages.prepare(request)
        run_checks(plan.checks, made, progress)
        report = stages.report(made)
    if not arguments.quiet:
        show_verdict(report.verdict, made.report)
        sys.stdout.write("(1 is right: the problems were planted)\n")
    expected = report.verdict.exit_code == ExitCode.VIOLATED
    return ExitCode.COMPLIANT if expected else ExitCode.INCOMPLETE
