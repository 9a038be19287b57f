"""How commands are timed against each other."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2024, 10, 11)
PIPELINE = (sys.executable, "-m", "pipeline")
FINE = {0, 1, 200}  # pip-audit's and the secret scanners' codes for findings are no failure


def pairs(
    one: Sequence[str], other: Sequence[str], times: int, *, env: dict[str, str] | None = None
) -> float:
    """The median ratio of two commands' wall times, run in turn after one run to warm up."""
    ratios = []
    for number in range(times + (times > 1)):
        first, second = timed(one, env), timed(other, env)
        if number or times == 1:
            ratios.append(first / second)
    return statistics.median(ratios)


def timed(
    command: Sequence[str], env: dict[str, str] | None = None, *, fine: Container[int] = FINE
) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode not in fine:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode()}")
    return seconds


def judged(
    what: str,
    found: float,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    unit: str = "x",
) -> str:
    """A line with the figure, the goal, and whether it was met."""
    goal, sign = (at_most, "<=") if at_most is not None else (at_least, ">=")
    assert goal is not None
    met = found <= goal if at_most is not None else found >= goal
    return f"{what:<34} {found:8.2f} {unit:<2} goal {sign} {goal} {'met' if met else 'MISSED'}"


def plan(repository: Path, output: Path, *options: str) -> None:
    """Start a run of the pipeline."""
    subprocess.run(
        [
            *PIPELINE,
            "plan",
            str(repository),
            "--output",
            str(output),
            "--as-of",
            str(DAY),
            *options,
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
