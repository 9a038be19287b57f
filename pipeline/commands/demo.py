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
from pipeline.errors import ExitCode, IncompleteError
from pipeline.progress import Progress
from pipeline.resources import template_folder
from pipeline.store import DEMO, FOLDER
from pipeline.text import plain
from pipeline.tools import binaries

if TYPE_CHECKING:
    import argparse

DAY = date(2026, 11, 1)
"""The day of the demonstration: its advisories are two days old, for ever."""


def execute(arguments: argparse.Namespace) -> int:
    """Run every stage on a copy of the bundled repository and say where the report is."""
    bundled = template_folder() / "demo"
    output = (arguments.output or Path(FOLDER, DEMO)).absolute()
    with (
        tempfile.TemporaryDirectory(prefix="supply-chain-demo-") as folder,
        Progress(quiet=arguments.quiet) as progress,
    ):
        repository, store = Path(folder, "repository"), Path(folder, "advisories.sqlite")
        shutil.copytree(bundled / "repository", repository)
        import_osv([bundled / "advisories"], store)
        import_kev(bundled / "known_exploited_vulnerabilities.json", store)
        import_epss(bundled / "epss_scores.csv", store)
        why_no_image = _without_trivy()
        request = stages.Request(
            target=repository,
            output=output,
            config=_settings(bundled, Path(folder), with_image=not why_no_image),
            as_of=DAY,
            offline=True,
            advisories=store,
            trivy_database=bundled / "trivy",
        )
        plan, made = stages.prepare(request)
        run_checks(plan.checks, made, progress)
        report = stages.report(made)
    if not arguments.quiet:
        show_verdict(report.verdict, made.report)
        sys.stdout.write("(1 is right: the problems were planted)\n")
        if why_no_image:
            sys.stdout.write(f"(the built image was left out: {why_no_image})\n")
    expected = report.verdict.exit_code == ExitCode.VIOLATED
    return ExitCode.COMPLIANT if expected else ExitCode.INCOMPLETE


def _without_trivy() -> str:
    """Why the demonstration's image cannot be looked at; "" where Trivy is here."""
    try:
        binaries.need("trivy")
    except IncompleteError as error:
        return plain(f"{error.what} ({error.fix})" if error.fix else error.what, limit=300)
    return ""


def _settings(bundled: Path, folder: Path, *, with_image: bool) -> Path:
    """The bundled policy; it names the image, which is laid beside the repository, if wanted."""
    text = (bundled / stages.SETTINGS_FILE).read_text(encoding="utf-8")
    if with_image:
        shutil.copytree(bundled / "image", folder / "image")
        text += "images:\n  - reference: ../image:1.0\n"
    path = folder / stages.SETTINGS_FILE
    path.write_text(text, encoding="utf-8")
    return path
