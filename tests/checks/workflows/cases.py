"""The files that break a rule, and those that nearly do: tests/data/checks/workflows.

"<rule>.breaks.<ext>" begins with a comment that names the lines to be reported; no line of
"<rule>.<…>near.<ext>" may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.checks.workflows.problem import Problem

DATA = Path(__file__).parents[2] / "data" / "checks" / "workflows"


def cases(system: str) -> list[Path]:
    return sorted((DATA / system).iterdir())


def name(case: Path) -> str:
    return case.name


def hold(case: Path, find: Callable[[str], Iterable[Problem]]) -> None:
    text = case.read_text(encoding="utf-8")
    rule = case.name.split(".")[0]
    found = [problem for problem in find(text) if problem.rule == rule]
    if ".near." in case.name:
        assert found == []
        return
    told = re.search(r"expect: ([\d ]+)", text.splitlines()[0])
    assert told, "the first line names the lines to be reported"
    assert sorted(problem.place.line or 0 for problem in found) == [*map(int, told[1].split())]
    secrets = re.findall(r"q7Zr-\w+|correct horse \w+|wJalr\w+", text)
    assert not any(secret in repr(found) for secret in secrets)
