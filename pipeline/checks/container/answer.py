"""What the scans come to: findings, gaps, one bill of materials for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.container import (
    configuration,
    document,
    doubts,
    findings,
    jobs,
    origin,
    remember,
    scan,
)
from pipeline.model import Coverage, Gap, Location, Missing, Reading, Table
from pipeline.policy import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.checks.container.jobs import Work
    from pipeline.checks.container.scan import Scan
    from pipeline.checks.job import Options, Ran
    from pipeline.model import Finding, Image, Target


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """The answer about every named image."""
    if not target.images:
        return Reading(coverage=tuple(_not_built(target)))
    works = _works(target, options, runs)
    done = {_name(run.job.notes.work.image): run for run in runs}
    found: list[Finding] = []
    coverage: list[Coverage] = []
    scans: list[tuple[Image, Scan]] = []
    for image in target.images:
        if image.unread:
            coverage.append(doubts.unseen(image, image.unread.gap, image.unread.why))
            continue
        found += configuration.judge(image)
        found += origin.judge(image, options.policy.image_registries)
        work = works[_name(image)]
        told = _scanned(image, work, done)
        if isinstance(told, Missing):
            coverage.append(doubts.unseen(image, told.gap, told.why))
            continue
        scans.append((image, told))
        found += findings.judge(image, told, options.policy.denied_licences)
        assert options.database is not None
        coverage += doubts.cover(
            image, told, work.names, options.database.sources, no_java=_no_java(options)
        )
    return Reading(
        findings=findings.merge(found),
        coverage=tuple(coverage),
        data=options.database.records if options.database else (),
        files=tuple(document.files(scans, options.tool, options.as_of)),
        tables=(_table(target, scans),),
    )


def _works(target: Target, options: Options, runs: Sequence[Ran]) -> Mapping[tuple[str, str], Work]:
    """What the plan knew of each image. Without a run, nothing was costly: it is looked up anew."""
    if runs:
        works = runs[0].job.notes.works
    elif options.database is not None:
        works = jobs.look(target, options)
    else:
        works = ()
    return {_name(work.image): work for work in works}


def _name(image: Image) -> tuple[str, str]:
    """What tells one named image of one platform from the others."""
    return image.title, image.config


def _scanned(image: Image, work: Work, done: Mapping[tuple[str, str], Ran]) -> Scan | Missing:
    """What is known of an image's content, or why nothing is."""
    if work.why:
        return Missing(subject=image.title, gap=work.gap, why=work.why)
    if work.memory is not None:
        return work.memory.scan
    run = done[_name(image)]
    if why := scan.failure(run):
        return Missing(subject=image.title, gap=Gap.TOOL_FAILED, why=f"Trivy gave up: {why}")
    told = scan.read(run, image)
    remember.keep(image, remember.Memory(key=work.key, scan=told, names=work.names))
    return told


def _no_java(options: Options) -> str:
    """Why archives of Java were not looked at; "" where they were."""
    if options.database is None or options.database.java:
        return ""
    return options.lacking or "there is no index of them"


def _not_built(target: Target) -> Iterator[Coverage]:
    """What nobody can tell without a built image; beside the question, which is about those."""
    told = some(target.dockerfiles)
    missing = Missing(
        subject=told,
        gap=Gap.INPUT_MISSING,
        why="no built image was given, so what it brings along was not looked at: name it with"
        " --image, or under `images` in the settings",
        location=Location(path=target.dockerfiles[0]),
    )
    yield Coverage(
        scope=told, unit="images", expected=1, evaluated=0, missing=(missing,), required=False
    )


def _table(target: Target, scans: Sequence[tuple[Image, Scan]]) -> Table:
    """Every image by what identifies it."""
    known = {id(image): told for image, told in scans}
    rows = []
    for image in target.images:
        told = known.get(id(image))
        system = f"{told.family} {told.release}".strip() if told else ""
        rows.append(
            (
                image.name,
                image.platform,
                image.config,
                image.manifest,
                system,
                len(told.packages) if told else 0,
                image.base_told,
            )
        )
    return Table(
        title="Images",
        columns=("Image", "Platform", "Image id", "Manifest", "System", "Packages", "Base image"),
        rows=tuple(rows),
        note="The id is the digest of the image's configuration: it is the same wherever the image"
        " is kept. A docker archive has no manifest.",
    )
