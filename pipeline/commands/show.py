"""What commands say on a terminal. Every string from outside is made plain first."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pipeline.model import tally
from pipeline.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Evidence, Verdict

_MAX_REASONS = 12


def show_evidence(evidence: Evidence) -> str:
    """One line about a check's evidence."""
    parts = [evidence.status.value.replace("_", " ")]
    if evidence.reason:
        parts.append(plain(evidence.reason, limit=300))
    elif evidence.coverage:
        parts.append(f"{plain(tally(evidence.coverage))} were evaluated")
    if evidence.findings:
        count = len(evidence.findings)
        parts.append(f"{count} finding{'s' if count > 1 else ''}")
    return ", ".join(parts)


def show_verdict(verdict: Verdict, folder: Path) -> None:
    """The verdict, why, and where the report is."""
    lines = ["", f"{verdict.decision.value.upper()}: {plain(verdict.headline)}"]
    lines += [f"  - {plain(reason)}" for reason in verdict.reasons[:_MAX_REASONS]]
    if len(verdict.reasons) > _MAX_REASONS:
        lines.append(f"  - and {len(verdict.reasons) - _MAX_REASONS} more, in the report")
    lines.append(f"report: {os.path.relpath(folder / 'report.html')}")
    lines.append(f"exit code: {verdict.exit_code}")
    sys.stdout.write("\n".join(lines) + "\n")
