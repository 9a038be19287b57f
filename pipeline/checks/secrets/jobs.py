"""What is run.

One process reads today's files where they lie and every object that git keeps. Of a repository
that was looked at before, one reads the new commits, with a commit of ours in front of them that
holds the files that changed. Where one process does not do, two do.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks import fixture
from pipeline.checks.job import Skip
from pipeline.checks.secrets import (
    archives,
    calls,
    folder,
    history,
    holders,
    messages,
    overlooked,
    remember,
    room,
)
from pipeline.checks.secrets.calls import PAST
from pipeline.checks.secrets.engine import (
    MIN_BYTES,
    Canary,
    environment,
    rules_digest,
)
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.survey import survey
from pipeline.checks.secrets.today import MAX_APART, changed, read
from pipeline.checks.secrets.work import Work
from pipeline.discover.names import is_text
from pipeline.discover.single import together
from pipeline.errors import IncompleteError
from pipeline.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Job, Options
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
    key = _key(options)
    seen = survey(root, target, key, options)
    found = seen.past
    if not (seen.files.own or (found and found.tips) or seen.broken or target.images):
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no file and no commit")
    work = Work(
        root=root,
        files=seen.files,
        again=overlooked.among(root, seen.files.own.values()),
        past=found,
        broken=seen.broken,
        memory=seen.memory,
        key=key,
        excluded=tuple(
            part.path for part in target.excluded if part.why == "excluded by the policy"
        ),
        holders=holders.today(root, seen.files),
        held=holders.then(root, found) if found else (),
        baked=_images(target, key, found),
    )
    work = replace(work, cramped=_cramped(work))
    jobs = _repository(work, seen.contents, options)
    if work.baked:
        from pipeline.checks.secrets import layers  # noqa: PLC0415 - only where there is an image

        jobs += layers.jobs(work.baked, environment(), options)
    return jobs


def _cramped(work: Work, engines: int = 1) -> str:
    """Why archives of today and of the history may not be unpacked whole; "" else."""
    assert work.files is not None
    past = work.past.blobs if work.past else ()
    paths = (*work.files.own.values(), *(blob.path for blob in past))
    return room.cramped(
        archives.count(paths), len(work.again), overlooked.MAX_BYTES, engines=engines
    )


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
        jobs = (
            _news(remembering, found, contents, options)
            if work.memory
            else _everything(remembering, found, options)
        )
        if jobs:
            return jobs
    if not (found and found.tips) or _is_known(found, work.memory):
        return [folder.in_place(work, options)]
    work = replace(work, cramped=_cramped(work, engines=2))
    walk = calls.on_disk(history.walk(work, found, options))
    return [folder.in_place(work, options, alone=False), walk]


def _is_known(found: Past, memory: remember.Memory | None) -> bool:
    """Whether an earlier look has read all of a history."""
    return memory is not None and found.since == found.tips and not messages.new(found, memory)


def _news(work: Work, found: Past, contents: Contents, options: Options) -> list[Job]:
    """One walk of the new commits and the changed files; none where too much changed."""
    assert work.memory is not None
    now = changed(contents, work.memory.files)
    apart = tuple(path for path in contents.apart if path in now)
    if len(apart) > MAX_APART or not all(map(is_text, apart)):
        return []
    news = read(work.root, now.keys() - set(apart))
    if news is None:
        return []
    jobs = [history.walk(work, found, options, now=now, news=news)]
    if apart:
        jobs.append(folder.apart(work, apart, options))
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
    told = messages.lay(messages.new(found, work.memory), stand_in)
    tree |= told.tree
    first = stand_in.commit(tree) if tree else ""
    parents = (*found.tips, *((first,) if first else ()))
    commit = stand_in.commit({overlooked.CANARY: stand_in.blob(walk.content)}, parents)
    files = stand_in.files(PAST, commit)
    job = folder.with_history(work, options, entries, files)
    task = replace(
        job.notes,
        told=told,
        walk=walk,
        commit=commit,
        first=first,
        names=names,
        # The engine reads our stand-in's own files as well.
        blobs=sum(size >= MIN_BYTES for size in found.stored.values())
        + len({tree[name] for name in names if "/" in name})
        + len(told.tree)
        + len(files),
    )
    return [replace(job, notes=task)]


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
