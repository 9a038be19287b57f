"""The stages of a run, each from the output folder to the output folder.

    prepare   a repository and a policy  ->  plan.json
    check     plan.json                  ->  evidence/<check>.json
    report    plan and evidence          ->  report/
    gate      report/report.json         ->  the verdict

The command line, the Nox sessions and CI jobs are three ways to call these four functions.
`request` says what may be asked for, `origin` whose settings hold, `parallel` how checks run side
by side.
"""

from __future__ import annotations

import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.checks import CHECKS
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import RunFacts
from pipeline.stages.brought import refuse_brought, resumed
from pipeline.stages.origin import SETTINGS_FILE, settings_of, with_database, with_threshold
from pipeline.stages.parallel import side_by_side
from pipeline.stages.request import (
    Request,
    checkout_of,
    hold_cache,
    hold_images,
    hold_output,
    images_of,
    output_of,
)
from pipeline.store import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from pipeline.model import Evidence, Report, Target, Verdict
    from pipeline.review.model import Review
    from pipeline.settings import Settings
    from pipeline.store import Output
    from pipeline.tree import Tree

__all__ = [
    "SETTINGS_FILE",
    "Request",
    "check",
    "compare",
    "gate",
    "look",
    "output_of",
    "prepare",
    "refuse_brought",
    "report",
    "resumed",
    "sketch",
    "today",
]


def look(path: Path, config: Path | None) -> Target:
    """What is in a repository; raises `UsageError` for a path that is no folder."""
    return _discover(path, config)[1]


def sketch(request: Request, check: str, *, built: bool) -> Plan:
    """A plan for one check that is neither written nor begun; raises as `prepare` does.

    With the images that the settings and the request name if `built`.
    """
    tree, target, settings, notices = _discover(request.target, request.config)
    hold_cache(tree.root)
    if built:
        target = replace(target, images=images_of(settings, request, target, tree))
    return Plan(
        root=str(tree.root),
        as_of=today(),
        offline=True,
        checks=(check,),
        target=target,
        policy=settings.policy,
        secrets=settings.secrets,
        notices=notices,
    )


def prepare(request: Request) -> tuple[Plan, Output]:
    """Discover the target, settle the policy, start a run.

    Raises `UsageError` for a target that is no folder, unknown checks and a bad configuration.
    """
    unknown = sorted(set(request.checks) - CHECKS.keys())
    if unknown:
        raise UsageError(
            f"there is no check {unknown[0]!r}", fix=f"choose one of {', '.join(CHECKS)}"
        )
    hold_images(request)
    tree, target, settings, notices = _discover(request.target, request.config)
    hold_cache(tree.root)
    output = output_of(tree.root, request.output)
    hold_output(output, tree.root)
    target = replace(target, images=images_of(settings, request, target, tree))
    found = None
    if request.base is not None:
        from pipeline import against  # noqa: PLC0415 - only where a base is named

        found = against.find(request.base, tree, target, exclude=settings.exclude)
    plan = Plan(
        root=str(tree.root),
        as_of=request.as_of or today(),
        offline=request.offline,
        checks=request.checks or tuple(CHECKS),
        target=replace(target, name=f"{target.name}/{request.part}") if request.part else target,
        policy=with_threshold(settings.policy, request.fail_on),
        advisories=str(request.advisories.absolute()) if request.advisories else None,
        osv_url=settings.advisories.osv_url,
        pypi_url=settings.advisories.pypi_url,
        npm_url=settings.advisories.npm_url,
        secrets=settings.secrets,
        provenance=settings.provenance,
        trivy=with_database(settings.trivy, request.trivy_database),
        notices=(*notices, *request.notices),
        base=found.base if found else None,
        unchanged=found.unchanged if found else (),
        started=None if _reproducible() else datetime.now(UTC),
    )
    plan = output.begin(plan, checks=CHECKS)
    if found:
        against.begin(plan, found, output)
    return plan, output


def check(
    names: Sequence[str], output: Output, *, tell: Callable[[Evidence], None] | None = None
) -> tuple[Evidence, ...]:
    """Run checks of the current run side by side and record their evidence.

    `tell` is called for each one as it ends. No names means every planned check. A report that is
    there already is dropped: no gate may pass on what is about to be looked at again.
    """
    from pipeline.collect import collect  # noqa: PLC0415 - only this stage runs tools
    from pipeline.registries.heard import Heard  # noqa: PLC0415 - as above
    from pipeline.tools.surroundings import shun  # noqa: PLC0415 - as above

    plan = output.plan()
    shun(checkout_of(Path(plan.root)))
    hold_cache(Path(plan.root))
    chosen = tuple(names) or plan.checks
    output.unreport()
    heard = Heard()

    def one(name: str) -> Evidence:
        evidence = collect(name, plan, output, heard=heard)
        if tell:
            tell(evidence)
        return evidence

    _, *evidence = side_by_side(
        [partial(_collect_base, chosen, plan, output), *(partial(one, name) for name in chosen)]
    )
    return tuple(found for found in evidence if found is not None)


def _collect_base(names: Sequence[str], plan: Plan, output: Output) -> None:
    if plan.base is not None:
        from pipeline import against  # noqa: PLC0415 - only where a base is named

        against.collect(names, plan, output)


def compare(request: Request, base: str, head: str | None, *, fork: bool = False) -> Review:
    """What a change does to the locks of the requested target: from one commit to another.

    Without a `head`, to the folder as it lies there; with `fork`, from where both parted. Nothing
    is written to disk. Raises `UsageError` for names that mean no commit, and `IncompleteError`
    when git cannot tell.
    """
    from pipeline import against  # noqa: PLC0415 - only this stage compares
    from pipeline.discover.commits import history  # noqa: PLC0415

    tree, target, settings, _ = _discover(request.target, request.config)
    hold_cache(tree.root)
    plan = Plan(
        root=str(tree.root),
        as_of=request.as_of or today(),
        offline=request.offline,
        checks=against.REVIEWED,
        target=target,
        policy=settings.policy,
        advisories=str(request.advisories.absolute()) if request.advisories else None,
        osv_url=settings.advisories.osv_url,
        pypi_url=settings.advisories.pypi_url,
    )
    with history(tree.root) as commits:
        return against.review(
            plan, commits, base, head, fork=fork, exclude=settings.exclude, version=__version__
        )


def report(output: Output) -> Report:
    """Judge the evidence of the current run and write the report in every format."""
    from pipeline import against, controls, policy  # noqa: PLC0415 - only this stage judges
    from pipeline.report import write  # noqa: PLC0415

    plan = output.plan()
    recorded = output.evidence(plan)
    base, baseline = against.baseline(plan, output)
    evidence = {found.evidence.check: found.evidence for found in recorded}
    if plan.target.images:
        from pipeline.assemble import assemble  # noqa: PLC0415 - only where an image is named

        evidence = assemble(plan, output, evidence)
    judged = policy.weigh(
        [finding for found in evidence.values() for finding in found.findings],
        plan.policy,
        plan.as_of,
        baseline=baseline,
    )
    results = controls.evaluate(
        controls.Facts(
            target=plan.target,
            evidence=evidence,
            judged=judged,
            policy=plan.policy,
            planned=plan.checks,
            as_of=plan.as_of,
            signed=None,
            baseline=baseline,
        )
    )
    made = policy.judge(
        version=__version__,
        target=plan.target,
        evidence=tuple(evidence.values()),
        judged=judged,
        controls=results,
        frameworks=controls.count(results),
        policy=plan.policy,
        planned=plan.checks,
        as_of=plan.as_of,
        notices=plan.notices,
        base=base,
        baseline=baseline,
    )
    if plan.started is not None:
        facts = RunFacts(
            started=plan.started,
            seconds=round((datetime.now(UTC) - plan.started).total_seconds(), 3),
            python=platform.python_version(),
            platform=platform.platform(),
            checks=tuple((found.evidence.check, found.seconds) for found in recorded),
        )
        made = replace(made, run=facts)
    output.unsign()
    write(made, output.report)
    return made


def gate(output: Output) -> Verdict:
    """The verdict of the current run's report; raises `IncompleteError` when there is none."""
    from pipeline.report import verdict_of  # noqa: PLC0415

    path = output.report / "report.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IncompleteError(
            "there is no report", where=str(path), fix="run `supply-chain report` first"
        ) from error
    return verdict_of(content)


def today() -> date:
    """The day by which ages and expiries are judged unless `--as-of` says otherwise: UTC."""
    return datetime.now(UTC).date()


def _discover(path: Path, config: Path | None) -> tuple[Tree, Target, Settings, tuple[str, ...]]:
    from pipeline.discover import discover  # noqa: PLC0415 - later stages need none of it
    from pipeline.tools.surroundings import shun  # noqa: PLC0415
    from pipeline.tree import Tree, UnreadableFileError  # noqa: PLC0415

    try:
        tree = Tree.at(path)
    except UnreadableFileError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error
    shun(checkout_of(tree.root))
    settings, notices = settings_of(tree.root, config)
    target = discover(tree, exclude=settings.exclude, name=settings.name)
    return tree, target, settings, notices


def _reproducible() -> bool:
    """Whether facts that differ between equal runs are to be left out."""
    return "SOURCE_DATE_EPOCH" in os.environ
