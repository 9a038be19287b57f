"""What is run.

One process reads today's files where they lie and every object that git keeps. Of a repository
that was looked at before, one reads the new commits, with a commit of ours in front of them that
holds the files that changed. What the engine's rules pass over by name lies in a commit of ours
under another name, for a second look. Where one process does not do, two or three do.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks import fixture
from pipeline.checks.job import Skip
from pipeline.checks.secrets import archives, folder, history, messages, overlooked, remember
from pipeline.checks.secrets.engine import (
    MIN_BYTES,
    Canary,
    environment,
    rules_digest,
)
from pipeline.checks.secrets.files import look
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.today import MAX_UNPACKED, changed, fresh, name
from pipeline.checks.secrets.work import (
    ALL,
    Work,
)
from pipeline.discover.git import top_of
from pipeline.discover.names import is_text
from pipeline.discover.past import past
from pipeline.discover.single import together
from pipeline.errors import IncompleteError, PipelineError
from pipeline.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job, Options
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.today import Contents
    from pipeline.discover.past import Past
    from pipeline.model import Target

MAX_SMALL = 2000
"""Earlier file versions that the engine would leave out for being small."""


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:
    """The jobs for a target; see `Work` and `Task` for what goes with them."""
    root = Path(options.root)
    if options.secrets.staged:
        return history.staged(root, options)
    found: Past | None = None
    broken, memory = "", None
    key = _key(options)
    has_history = options.secrets.history and top_of(root) is not None
    # Git lists the history meanwhile: other processes, each of them busy on one core.
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(_look, root, target, named=has_history)
        if has_history:
            try:
                memories: list[remember.Memory] = []
                found = past(root, since=lambda first: _remembered(root, first, key, memories))
                memory = memories[0] if found and found.since and memories else None
            except PipelineError as error:
                broken = error.what
        files, contents = coming.result()
    if not (files.own or (found and found.tips) or broken or target.images):
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no file and no commit")
    work = Work(
        root=root,
        files=files,
        past=found,
        broken=broken,
        memory=memory,
        key=key,
        excluded=tuple(
            part.path for part in target.excluded if part.why == "excluded by the policy"
        ),
        cramped=_cramped(files, found),
        baked=_images(target, key, found),
    )
    jobs = _repository(work, contents, options)
    if work.baked:
        from pipeline.checks.secrets import layers  # noqa: PLC0415 - only where there is an image

        jobs += layers.jobs(work.baked, environment(), options)
    return jobs


def _cramped(files: Files, found: Past | None) -> str:
    """Why archives of today and of the history may not be unpacked whole; "" else."""
    past = found.blobs if found else ()
    return archives.cramped((*files.own.values(), *(blob.path for blob in past)))


def _images(target: Target, key: str, found: Past | None) -> remember.Baked | None:
    """What is known of the images that were named; `None` where none was."""
    if not target.images:
        return None
    from pipeline.checks.secrets import layers  # noqa: PLC0415 - as above

    return layers.look(target.images, key, found.root if found else "")


def _repository(work: Work, contents: Contents | None, options: Options) -> list[Job]:
    """The jobs for today's files and for the history."""
    found = work.past
    if found and found.tips and contents:
        remembering = replace(work, contents=contents)
        jobs = _news(remembering, found, contents, options)
        if jobs := jobs or _everything(remembering, found, options):
            return jobs
    jobs = folder.apart(work, options)
    if found and found.tips and not _is_known(found, work.memory):
        jobs.append(history.walk(work, found, options))
    return jobs


def _is_known(found: Past, memory: remember.Memory | None) -> bool:
    """Whether an earlier look has read all of a history."""
    return memory is not None and found.since == found.tips and not messages.new(found, memory)


def _news(work: Work, found: Past, contents: Contents, options: Options) -> list[Job]:
    """One walk of the new commits and the changed files.

    None where nothing is remembered, or where too much is in no commit.
    """
    if work.memory is None:
        return []
    now = changed(contents, work.memory.files)
    unpacked = tuple(path for path in contents.unpacked if path in now)
    fit = len(unpacked) <= MAX_UNPACKED and all(map(is_text, unpacked))
    news = fresh(work.root, now, frozenset(blob.id for blob in found.blobs)) if fit else None
    if news is None:
        return []
    jobs = [history.walk(work, found, options, now=now, news=news)]
    if unpacked:
        jobs.append(folder.unpacked(work, unpacked, options))
    return jobs


def _everything(work: Work, found: Past, options: Options) -> list[Job]:
    """One process for the folder and for all that git keeps; none where the folder is not simple.

    The folder itself is a repository to the engine, so it is told of what is in it instead.
    """
    assert work.files is not None
    entries = folder.entries(work.root, work.files)
    small = {
        blob.id: found.stored[blob.id]
        for blob in found.blobs
        if found.stored.get(blob.id, MIN_BYTES) < MIN_BYTES
    }
    if entries is None or len(small) > MAX_SMALL:
        return []
    walk, stand_in = Canary.make(), StandIn(found.objects, shallow=found.shallow)
    names, tree = history.named(found, frozenset())
    try:
        contents = together(work.root, small)
    except IncompleteError:
        return []  # the walk from commit to commit says what is missing
    for number, blob in enumerate(blob for blob in found.blobs if blob.id in small):
        # Its real path stays at the end: some rules go by it.
        name = f"{number:06}/{blob.path}"
        names[name] = blob.path
        tree[name] = stand_in.blob(contents[blob.id].ljust(MIN_BYTES, b"\n"))
    laid, unseen = folder.again(work, stand_in)
    told = messages.lay(messages.new(found, work.memory), stand_in)
    tree |= {**laid.tree, **told.tree}
    first = stand_in.commit(tree) if tree else ""
    parents = (*found.tips, *((first,) if first else ()))
    commit = stand_in.commit({overlooked.CANARY: stand_in.blob(walk.content)}, parents)
    job = folder.files_job(replace(work, unseen=unseen), options, entries, "history")
    files = stand_in.files("history", commit)
    task = replace(
        job.notes,
        laid=laid,
        told=told,
        walk=walk,
        commit=commit,
        first=first,
        names=names,
        # The engine reads our stand-in's own files as well.
        blobs=sum(size >= MIN_BYTES for size in found.stored.values())
        + len({tree[name] for name in names if "/" in name})
        + len(laid.tree)
        + len(told.tree)
        + len(files),
    )
    return [replace(job, name=ALL, inputs={**job.inputs, **files}, notes=task)]


def _key(options: Options) -> str:
    """Everything that the history's answer depends on, beside the history itself."""
    tool = options.tool
    return remember.key(
        tool.version if tool else "",
        tool.digest if tool else "",
        rules_digest(),
        fixture.WORDS.pattern,
        str(options.secrets.allow_markers),
    )


def _remembered(
    root: Path, first: str, key: str, memories: list[remember.Memory]
) -> tuple[str, ...]:
    """The tips of the last walk; puts what it found into `memories`."""
    found = remember.recall(first, str(root), key)
    if found is None:
        return ()
    memories.append(found)
    return found.tips


def _look(root: Path, target: Target, *, named: bool) -> tuple[Files, Contents | None]:
    """Today's files, and what is in them."""
    files = look(root, target)
    return files, name(root, files) if named else None
