"""The stages of a run, each from the output folder to the output folder.

    prepare   a repository and a policy  ->  plan.json
    check     plan.json                  ->  evidence/<check>.json
    report    plan and evidence          ->  report/
    gate      report/report.json         ->  the verdict

The command line, the Nox sessions and CI jobs are three ways to call these four functions.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Literal

from pipeline import __version__
from pipeline.checks import CHECKS
from pipeline.errors import IncompleteError, UsageError
from pipeline.files import explained
from pipeline.model import RunFacts, Severity
from pipeline.store import FOLDER, Output, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.model import Evidence, Image, Policy, Report, Target, TrivySettings, Verdict
    from pipeline.review.model import Review
    from pipeline.settings import Settings
    from pipeline.tree import Tree

SETTINGS_FILE = "supply-chain.yml"

_PATIENCE = 5.0
"""Seconds for a check to end after its tools were ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for. `None` means: not said, use the default.

    `base` names the commit that a change is judged against; an empty name is a mistake, and is
    treated as one that cannot be resolved. `fail_on` goes before the policy's own threshold.
    `part` is where the target lies in a repository of several projects: its name says so.
    `trivy_database` is a folder with Trivy's cache, to be used as it is. `images` are built images
    beside those of the settings, of one `platform`, or of every one if that is "".
    """

    target: Path
    output: Path | None = None
    config: Path | None = None
    as_of: date | None = None
    offline: bool = False
    advisories: Path | None = None
    checks: tuple[str, ...] = ()
    base: str | None = None
    fail_on: Severity | Literal["never"] | None = None
    part: str = ""
    notices: tuple[str, ...] = ()
    trivy_database: Path | None = None
    images: tuple[str, ...] = ()
    platform: str = ""


def output_of(target: Path, output: Path | None) -> Output:
    """The output folder of a target: the one asked for, or `.supply-chain` at its root."""
    return Output((output or target / FOLDER).absolute())


def look(path: Path, config: Path | None) -> Target:
    """What is in a repository; raises `UsageError` for a path that is no folder."""
    return _discover(path, config)[1]


def sketch(request: Request, check: str, *, built: bool) -> Plan:
    """A plan for one check that is neither written nor begun; raises as `prepare` does.

    With the images that the settings and the request name if `built`.
    """
    tree, target, settings, notices = _discover(request.target, request.config)
    if built:
        target = replace(target, images=_images(settings, request, target, tree))
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
    _hold_images(request)
    tree, target, settings, notices = _discover(request.target, request.config)
    output = output_of(tree.root, request.output)
    _hold_output(output, tree.root)
    target = replace(target, images=_images(settings, request, target, tree))
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
        policy=_threshold(settings.policy, request.fail_on),
        advisories=str(request.advisories.absolute()) if request.advisories else None,
        osv_url=settings.advisories.osv_url,
        pypi_url=settings.advisories.pypi_url,
        npm_url=settings.advisories.npm_url,
        secrets=settings.secrets,
        provenance=settings.provenance,
        trivy=_trivy(settings.trivy, request.trivy_database),
        notices=(*notices, *request.notices),
        base=found.base if found else None,
        unchanged=found.unchanged if found else (),
        started=None if _reproducible() else datetime.now(UTC),
    )
    plan = output.begin(plan, checks=CHECKS)
    if found:
        against.begin(plan, found, output)
    return plan, output


def _hold_output(output: Output, root: Path) -> None:
    """Refuse a folder in which a run would drop what is not its own; raises `UsageError`."""
    folder = output.folder.resolve()
    if folder == root or folder in root.parents:
        raise UsageError(
            "the repository itself lies there", where=str(output.folder), fix="name another folder"
        )
    with explained(output.folder):
        is_free = not folder.is_dir() or output.is_ours()
    if not is_free:
        raise UsageError(
            "holds files that no run of ours left",
            where=str(output.folder),
            fix="name an empty folder, or a new one",
        )


_OF_IMAGES = frozenset({"container", "sbom", "secrets"})
"""The checks that look into built images."""


def _hold_images(request: Request) -> None:
    """Refuse to name an image that nobody would look at; raises `UsageError`."""
    if request.platform and not request.images:
        raise UsageError("a platform without an image", fix="name the image with --image")
    if request.images and request.checks and _OF_IMAGES.isdisjoint(request.checks):
        raise UsageError(
            f"none of the chosen checks looks at {request.images[0]}",
            fix="leave --image out, or add --only container",
        )


def _images(settings: Settings, request: Request, target: Target, tree: Tree) -> tuple[Image, ...]:
    """The built images that the settings and the request name, found and held to their digests.

    Paths in the settings are seen from the repository's root, others from where one stands.
    """
    wanted = [(image.reference, image.platform, tree.root) for image in settings.images]
    wanted += [(text, request.platform, Path.cwd()) for text in request.images]
    if not wanted:
        return ()
    from pipeline import bases, images  # noqa: PLC0415 - only where one is named

    found = images.look(wanted, offline=request.offline)
    named = {image.reference: image.dockerfile for image in settings.images}
    return bases.claim(found, named, target, tree)


def check(
    names: Sequence[str], output: Output, *, tell: Callable[[Evidence], None] | None = None
) -> tuple[Evidence, ...]:
    """Run checks of the current run side by side and record their evidence.

    `tell` is called for each one as it ends. No names means every planned check.
    """
    from pipeline.collect import collect  # noqa: PLC0415 - only this stage runs tools
    from pipeline.registries.ask import Heard  # noqa: PLC0415 - as above

    plan = output.plan()
    chosen = tuple(names) or plan.checks
    heard = Heard()

    def one(name: str) -> Evidence:
        evidence = collect(name, plan, output, heard=heard)
        if tell:
            tell(evidence)
        return evidence

    _, *evidence = _side_by_side(
        [partial(_collect_base, chosen, plan, output), *(partial(one, name) for name in chosen)]
    )
    return tuple(found for found in evidence if found is not None)


def _side_by_side(jobs: Sequence[Callable[[], Evidence | None]]) -> list[Evidence | None]:
    """The results of jobs that run at the same time, in their order.

    Raises what the first of them raised. An interruption ends their tools and leaves: a pool
    would wait for its threads, and for ever if it came while one of them was being started.
    """
    from pipeline.tools.run import terminate_all  # noqa: PLC0415 - only this stage runs tools

    done: SimpleQueue[tuple[int, Evidence | None, BaseException | None]] = SimpleQueue()

    def work(number: int, job: Callable[[], Evidence | None]) -> None:
        try:
            done.put((number, job(), None))
        except BaseException as error:  # noqa: BLE001 - raised again below, where it is awaited
            done.put((number, None, error))

    threads = [Thread(target=work, args=pair, daemon=True) for pair in enumerate(jobs)]
    try:
        for thread in threads:
            thread.start()
        ended = sorted((done.get() for _ in threads), key=itemgetter(0))
    except KeyboardInterrupt:
        terminate_all()
        for thread in threads:
            if thread.is_alive():
                thread.join(_PATIENCE)
        raise
    for _, _, error in ended:
        if error is not None:
            raise error
    return [result for _, result, _ in ended]


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
    from pipeline.tree import Tree, UnreadableFileError  # noqa: PLC0415

    try:
        tree = Tree.at(path)
    except UnreadableFileError as error:
        raise UsageError(error.what, where=error.where, fix=error.fix) from error
    settings, notices = _settings(tree.root, config)
    target = discover(tree, exclude=settings.exclude, name=settings.name)
    return tree, target, settings, notices


def _settings(root: Path, config: Path | None) -> tuple[Settings, tuple[str, ...]]:
    """The settings to use, and what the report must say of where they come from.

    A repository must not shape its own verdict. Its `supply-chain.yml` is read only when the
    target is the folder one stands in, or when it is named; for another target it is ignored
    and the report says so.
    """
    from pipeline import settings  # noqa: PLC0415
    from pipeline.controls import CONTROLS  # noqa: PLC0415

    own = root / SETTINGS_FILE
    if config is None and own.is_file() and not own.is_symlink() and root == Path.cwd().resolve():
        config = own
    if config is None:
        ignored = own.exists()
        notice = f"{SETTINGS_FILE} in the scanned repository was not used: name it with --config"
        return settings.DEFAULTS, (notice,) if ignored else ()
    origin = SETTINGS_FILE if config.resolve() == own.resolve() else config.name
    loaded = settings.load(
        config, origin=origin, checks=frozenset(CHECKS), controls=frozenset(CONTROLS)
    )
    if config.resolve().is_relative_to(root):
        _refuse_programs(loaded.trivy, origin)
        return loaded, (f"the policy {origin} stands in the scanned repository itself",)
    return loaded, ()


def _threshold(policy: Policy, asked: Severity | Literal["never"] | None) -> Policy:
    """A policy with the threshold that was asked for, and where both come from."""
    if asked is None:
        return policy
    origin = f"{policy.origin}, but fail-on: {asked} as asked for"
    return replace(policy, fail_on=None if asked == "never" else asked, origin=origin)


def _trivy(trivy: TrivySettings, database: Path | None) -> TrivySettings:
    return replace(trivy, database=str(database.absolute())) if database else trivy


def _refuse_programs(trivy: TrivySettings, origin: str) -> None:
    """A scanned repository must not say which program runs, even where its policy holds."""
    if trivy.path or trivy.sha256:
        raise UsageError(
            "tools.trivy.path and tools.trivy.sha256 choose a program, which the scanned"
            " repository must not do",
            where=origin,
            fix="set SUPPLY_CHAIN_TRIVY, or name a policy outside the repository with --config",
        )


def _reproducible() -> bool:
    """Whether facts that differ between equal runs are to be left out."""
    return "SOURCE_DATE_EPOCH" in os.environ
