"""What is run: Trivy once for each image, unless the same question was answered before.

Every layer is held against its digest first. Trivy then gets a layout of ours, in which the image
is the only one: it takes the first that it finds, and knows no name for one of several platforms.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline import images
from pipeline.checks.container import remember
from pipeline.checks.container.remember import Memory
from pipeline.checks.job import Job, Skip, Wanted
from pipeline.images.documents import UnreadableImageError
from pipeline.images.layers import JAVA
from pipeline.model import Gap, Image, Status
from pipeline.tools import trivy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Options
    from pipeline.model import Target

TIMEOUT = 1800.0
"""Seconds for one image; a gigabyte takes about one minute."""
SCANNERS = ("vuln", "license")

_AT_ONCE = 2
"""Images that are read through at the same time; each of them uses several threads."""
_IMAGE = "image"
_JAVA = tuple(f"**/*.{ending}" for ending in ("jar", "war", "ear", "par"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the plan knew of one image, for the reading.

    `names` are worth knowing of its layers, `memory` is what an earlier run came to, and `why`
    says why there is nothing to read.
    """

    image: Image
    key: str = ""
    names: frozenset[str] = frozenset()
    memory: Memory | None = None
    gap: Gap = Gap.INPUT_MISSING
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What goes with a job: its own image, and all of them."""

    work: Work
    works: tuple[Work, ...]


def plan(target: Target, options: Options) -> Sequence[Job] | Skip | Wanted:
    """One job for each image that was not answered for before."""
    if not target.images and not target.dockerfiles:
        return Skip(
            status=Status.NOT_APPLICABLE,
            reason="no built image was named, and there is no Dockerfile",
        )
    if not any(image.unread is None for image in target.images):
        return ()
    if options.tool is None or options.database is None:
        return Wanted(tool=options.tool is None, database=options.database is None)
    works = look(target, options)
    has_java = any(JAVA.fullmatch(name) for work in works for name in work.names)
    if has_java and not options.database.java and not options.lacking:
        return Wanted(java_database=True, optional=True, fetch=True)
    return [_job(work, works, options) for work in works if not (work.why or work.memory)]


def look(target: Target, options: Options) -> list[Work]:
    """What is known of each readable image before Trivy is asked."""
    readable = [image for image in target.images if image.unread is None]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(partial(_look, options=options), readable))


def _look(image: Image, options: Options) -> Work:
    key = remember.key(image, options)
    memory = remember.recall(image, key)
    try:
        if memory is not None:
            if image.transport != "registry":
                images.verify(images.pull(image), known=True)
            return Work(image=image, key=key, memory=memory, names=memory.names)
        image = images.single(images.pull(image))
        return Work(image=image, key=key, names=images.verify(image))
    except UnreadableImageError as error:
        why = f"{error.what} ({error.fix})" if error.fix else error.what
        return Work(image=image, gap=error.gap, why=why)


def _job(work: Work, works: Sequence[Work], options: Options) -> Job:
    image = work.image
    assert options.database is not None
    is_archive = image.transport == "archive"
    where = f"{_IMAGE}.tar" if is_archive else f"{_IMAGE}@{image.manifest}"
    call = trivy.image_file(where, cache=options.database.cache, scanners=SCANNERS)
    arguments, inputs = call.arguments, {**call.inputs}
    if not options.database.java:
        # Without its index, Trivy gives up on the whole image when it meets one of them.
        skipped = (part for name in _JAVA for part in ("--skip-files", name))
        arguments = (arguments[0], *skipped, *arguments[1:])
    if is_archive:
        links = {where: image.place}
    else:
        links = {f"{_IMAGE}/blobs": f"{image.place}/blobs"}
        for name, content in images.alone(image).items():
            inputs[f"{_IMAGE}/{name}"] = content
    return Job(
        name=image.title,
        links=links,
        # 1 is Trivy's only word for "it did not work"; one image must not take the others along.
        accept=frozenset({0, 1}),
        timeout=TIMEOUT,
        private=True,
        notes=Notes(work=work, works=tuple(works)),
        **(call.job() | {"arguments": arguments, "inputs": inputs}),
    )
