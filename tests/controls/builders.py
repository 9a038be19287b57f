"""What the tests of single controls are made of: a scanned repository, and one answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.controls import CONTROLS, Facts
from pipeline.model import (
    Answer,
    Evidence,
    Git,
    Location,
    Lock,
    Manifest,
    Origin,
    Outcome,
    Package,
    Policy,
    Project,
    Source,
    Target,
    Unread,
)
from pipeline.policy import Baseline, weigh

TODAY = date(2026, 11, 22)
GIT = Git(commit="a" * 40, branch="main", dirty=False, remote=None, shallow=False)
PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.NOT_EVALUATED
NOT_APPLICABLE, WAIVED, ERROR = Outcome.NOT_APPLICABLE, Outcome.WAIVED, Outcome.ERROR


def package(
    version: str | None = "1.0", origin: Origin = Origin.REGISTRY, name: str = "jinja2"
) -> Package:
    return Package(
        ecosystem="PyPI",
        name=name,
        version=version,
        location=Location(path="requirements.txt", line=1),
        source=Source(origin=origin),
    )


def lock(*packages: Package, path: str = "requirements.txt", **more: Any) -> Lock:
    return Lock(
        path=path,
        format="requirements",
        ecosystem="PyPI",
        digest="sha256:00",
        packages=packages,
        **more,
    )


def project(
    *manifests: tuple[str, int | None], locks: tuple[str, ...] = (), path: str = "."
) -> Project:
    return Project(
        path=path,
        ecosystem="PyPI",
        manifests=tuple(Manifest(path=name, declared=number) for name, number in manifests),
        locks=locks,
    )


def target(*projects: Project, locks: tuple[Lock, ...] = (), **more: Any) -> Target:
    values: dict[str, Any] = {"name": "shop", "git": GIT, "files": 5}
    return Target(projects=projects, locks=locks, **(values | more))


LOCKED = target(
    project(("pyproject.toml", 1), locks=("requirements.txt",)), locks=(lock(package()),)
)
EMPTY = target()
UNREAD = Unread(location=Location(path="requirements.txt", line=2), why="not understood")


def answer(
    control: str,
    scanned: Target,
    *items: Evidence,
    base: tuple[Evidence, ...] = (),
    **policy: Any,
) -> Answer:
    """A control's answer; `base` is the evidence of the commit that it is judged against."""
    baseline = Baseline.of(base, base=scanned, head=scanned, renamed={}, unchanged=frozenset())
    settings = Policy(**policy)
    findings = [found for item in items for found in item.findings]
    facts = Facts(
        target=scanned,
        evidence={item.check: item for item in items},
        judged=weigh(findings, settings, TODAY, baseline=baseline),
        policy=settings,
        planned=("dependencies",),
        as_of=TODAY,
        signed=None,
        baseline=baseline,
    )
    return CONTROLS[control].answer(facts)
