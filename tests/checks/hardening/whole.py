"""The check as the collector runs it, over a folder."""

from __future__ import annotations

from pathlib import Path

from pipeline.collect import collect
from pipeline.discover import discover
from pipeline.model import Evidence, Policy
from pipeline.store import Output, Plan
from pipeline.tree import Tree
from tests.checks.hardening.cases import DAY


def check(folder: Path) -> Evidence:
    """What the check says of a folder, with whatever Trivy the environment names."""
    output = Output(folder.parent / f"{folder.name}-output")
    (output.folder / "evidence").mkdir(parents=True)
    plan = Plan(
        root=str(folder),
        as_of=DAY,
        offline=True,
        checks=("hardening",),
        target=discover(Tree.at(folder)),
        policy=Policy(),
    )
    return collect("hardening", plan, output)
