"""The files that break a rule, and those that nearly do: tests/data/checks/hardening/<rule>.

"breaks….<format>" begins with a comment that names the lines to be reported, and breaks nothing
else; "near….<format>" breaks nothing at all.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.checks.hardening.configuration import building, compose, kubernetes
from pipeline.checks.hardening.configuration.images import origin_problems
from pipeline.checks.hardening.problem import Read

DATA = Path(__file__).parents[2] / "data" / "checks" / "hardening"
DAY = date(2026, 11, 22)
FORMATS = ("Dockerfile", "compose.yml", "kubernetes.yml")


def cases(ending: str) -> list[Path]:
    return sorted(DATA.glob(f"*/*.{ending}"))


def name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


TRUSTED = ("ghcr.io/acme", "docker.io/library")
"""Where images may come from in the cases about that; in all others the policy does not say."""


def look(case: Path) -> Read:
    """The file under our rules, and where images come from under those of a policy."""
    found = _read(case)
    trusted = TRUSTED if case.parent.name == "foreign-registry" else ()
    return replace(found, problems=(*found.problems, *origin_problems(found.named, trusted)))


def _read(case: Path) -> Read:
    """The file alone. Whether something is held back from the build, the case tells."""
    text, path = case.read_text(encoding="utf-8"), case.name
    if path.endswith("Dockerfile"):
        ignores = case.parent.name != "no-dockerignore"
        return building.read(text, path, ignores=ignores, today=DAY)
    read = compose.read if path.endswith("compose.yml") else kubernetes.read
    return read(text, path, DAY)


def expected(case: Path) -> list[tuple[str, int]]:
    """The rule and each line that the first line of a case names."""
    first = case.read_text(encoding="utf-8").partition("\n")[0]
    told = re.fullmatch(r"# expect: ([\d ]+)", first)
    assert bool(told) is case.name.startswith("breaks"), first
    return [(case.parent.name, int(line)) for line in told[1].split()] if told else []


def hold(case: Path) -> None:
    found = look(case)
    lines = [(problem.rule, problem.place.line or 0) for problem in found.problems]
    assert sorted(lines) == sorted(expected(case))
    assert found.open == ()
    assert all(problem.place.path == case.name for problem in found.problems)
    assert "q7Zr" not in repr(found)
