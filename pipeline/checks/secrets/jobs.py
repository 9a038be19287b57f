"""What is run.

One process reads today's files where they lie and every object that git keeps. Of a repository
that was looked at before, one reads the new commits, with a commit of ours in front of them that
holds the files that changed. What the engine's rules pass over by name lies in a commit of ours
under another name, for a second look. Where one process does not do, two or three do.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Job, Skip
from pipeline.checks.secrets import passed, remember
from pipeline.checks.secrets.engine import (
    ACCEPTED,
    MIN_BYTES,
    Canary,
    arguments,
    environment,
    rules_digest,
)
from pipeline.checks.secrets.files import look
from pipeline.checks.secrets.objects import BRANCH, StandIn
from pipeline.checks.secrets.today import MAX_UNPACKED, changed, fresh, name
from pipeline.checks.secrets.work import (
    ALL,
    FILES,
    HISTORY,
    REPEATED,
    TIMEOUT,
    TODAY,
    UNPACKED,
    Task,
    Work,
)
from pipeline.discover.git import top_of
from pipeline.discover.names import is_text
from pipeline.discover.past import past, staged
from pipeline.discover.single import together
from pipeline.errors import IncompleteError, PipelineError
from pipeline.model import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.checks.job import Options
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.passed import Laid
    from pipeline.checks.secrets.today import Contents
    from pipeline.discover.past import Blob, Past
    from pipeline.model import Target

_NO_COMMITS = ("--git-history", "none")
MAX_SMALL = 2000
"""Earlier file versions that the engine would leave out for being small."""
MAX_ENTRIES = 400
"""Files and folders that are named to the engine one by one."""


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:
    """The jobs for a target; see `Work` and `Task` for what goes with them."""
    root = Path(options.root)
    if options.secrets.staged:
        return _staged(root, options)
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
        baked=_images(target, key, found),
    )
    jobs = _repository(work, contents, options)
    if work.baked:
        from pipeline.checks.secrets import layers  # noqa: PLC0415 - only where there is an image

        jobs += layers.jobs(work.baked, environment(), options)
    return jobs


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
    jobs = _apart(work, options)
    if found and found.tips and not (work.memory and found.since == found.tips):
        jobs.append(_history(work, found, options))
    return jobs


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
    jobs = [_history(work, found, options, now=now, news=news)]
    if unpacked:
        jobs.append(_unpacked(work, unpacked, options))
    return jobs


def _everything(work: Work, found: Past, options: Options) -> list[Job]:
    """One process for the folder and for all that git keeps; none where the folder is not simple.

    The folder itself is a repository to the engine, so it is told of what is in it instead.
    """
    assert work.files is not None
    entries = _entries(work.root, work.files)
    small = {
        blob.id: found.stored[blob.id]
        for blob in found.blobs
        if found.stored.get(blob.id, MIN_BYTES) < MIN_BYTES
    }
    if entries is None or len(small) > MAX_SMALL:
        return []
    walk, stand_in = Canary.make(), StandIn(found.objects, shallow=found.shallow)
    names, tree = _named(found, frozenset())
    try:
        contents = together(work.root, small)
    except IncompleteError:
        return []  # the walk from commit to commit says what is missing
    for number, blob in enumerate(blob for blob in found.blobs if blob.id in small):
        # Its real path stays at the end: some rules go by it.
        name = f"{number:06}/{blob.path}"
        names[name] = blob.path
        tree[name] = stand_in.blob(contents[blob.id].ljust(MIN_BYTES, b"\n"))
    laid, unseen = _again(work, stand_in)
    tree |= laid.tree
    first = stand_in.commit(tree) if tree else ""
    parents = (*found.tips, *((first,) if first else ()))
    commit = stand_in.commit({passed.CANARY: stand_in.blob(walk.content)}, parents)
    job = _files(replace(work, unseen=unseen), options, entries, "history")
    files = stand_in.files("history", commit)
    task = replace(
        job.notes,
        laid=laid,
        walk=walk,
        commit=commit,
        first=first,
        names=names,
        # The engine reads our stand-in's own files as well.
        blobs=sum(size >= MIN_BYTES for size in found.stored.values())
        + len({tree[name] for name in names if "/" in name})
        + len(laid.tree)
        + len(files),
    )
    return [replace(job, name=ALL, inputs={**job.inputs, **files}, notes=task)]


def _entries(root: Path, files: Files) -> list[str] | None:
    """What is in the folder, but for git's own data and what must not be entered.

    A folder with such a part in it is named by what is in it: a prefix to skip would hold for the
    history as well. `None` where there is too much of it, or where the engine could come upon a
    repository.
    """
    skips = frozenset(files.skips)
    if ".git/" not in skips or not all(f"{path}/" in skips for path in files.repositories):
        return None
    if files.stores:
        return None
    opened = {skip[: at + 1] for skip in skips for at, sign in enumerate(skip[:-1]) if sign == "/"}
    found: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as inside:
            for entry in inside:
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if f"{path}/" in opened:
                        waiting.append(f"{path}/")
                    elif f"{path}/" not in skips:
                        found.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    found.append(entry.path)
        if len(found) > MAX_ENTRIES:
            return None
    return sorted(found) if all(map(is_text, found)) else None


def _key(options: Options) -> str:
    """Everything that the history's answer depends on, beside the history itself."""
    tool = options.tool
    return remember.key(
        tool.version if tool else "",
        tool.digest if tool else "",
        rules_digest(),
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


def _job(name: str, what: tuple[str, ...], files: dict[str, bytes], task: Task, o: Options) -> Job:
    return Job(
        name=name,
        arguments=arguments(*what, allow_markers=o.secrets.allow_markers),
        inputs=files,
        accept=ACCEPTED,
        timeout=TIMEOUT,
        env=environment(),
        private=True,
        notes=task,
    )


def _files(work: Work, options: Options, entries: Sequence[str] = (), history: str = "") -> Job:
    """Today's files, read by the engine where they lie: those in `entries`, or all of the folder.

    `history` is a repository of ours to read with them.
    """
    assert work.files is not None
    canary = Canary.make()
    beside = {f"{passed.BESIDE}/{passed.CANARY}": canary.content}
    skips = () if entries else work.files.skips
    inputs = entries or (str(work.root),)
    commits = (history,) if history else _NO_COMMITS
    prefixes = (part for folder in skips for part in ("--skip-path-prefix", folder))
    what = (*inputs, passed.BESIDE, *commits, *prefixes)
    task = Task(work=work, canary=canary, inputs=len(inputs))
    return _job(FILES, what, beside, task, options)


def _apart(work: Work, options: Options) -> list[Job]:
    """Today's files without the history, and what is looked at again of them.

    Both in one process if there is nothing that the engine could take for a repository.
    """
    files = work.files
    assert files is not None
    stand_in = StandIn()
    laid, unseen = _again(work, stand_in)
    work = replace(work, unseen=unseen)
    if not laid.tree:
        return [_files(work, options)]
    commit = stand_in.commit(laid.tree)
    ours = stand_in.files("again", commit)
    is_plain = top_of(work.root) is None and not (files.repositories or files.stores)
    job = _files(work, options, history="again" if is_plain else "")
    # The engine reads the files of our repository as well.
    looks = replace(job.notes, laid=laid, commit=commit, blobs=len(laid.tree) + len(ours))
    if is_plain:
        return [replace(job, inputs={**job.inputs, **ours}, notes=looks)]
    assert laid.canary is not None
    looks = replace(looks, canary=laid.canary)
    return [job, _job(REPEATED, ("again",), ours, looks, options)]


def _again(work: Work, stand_in: StandIn) -> tuple[Laid, dict[str, str]]:
    """Today's files that the engine passes over, put among those of ours, and why others are not.

    The engine judges whole paths: a repository below a folder named node_modules is no less one.
    """
    assert work.files is not None
    above = work.root.as_posix()
    paths = [path for path in work.files.own.values() if passed.is_passed_over(f"{above}/{path}")]
    found, unseen = passed.read(work.root, paths)
    return passed.lay(found, stand_in), unseen


def _unpacked(work: Work, paths: Sequence[str], options: Options) -> Job:
    """Files that the engine unpacks where they lie, and nowhere else."""
    canary = Canary.make()
    what = (*(f"{work.root}/{path}" for path in paths), passed.BESIDE, *_NO_COMMITS)
    beside = {f"{passed.BESIDE}/{passed.CANARY}": canary.content}
    names = {f"{work.root}/{path}": path for path in paths}
    return _job(UNPACKED, what, beside, Task(work=work, canary=canary, names=names), options)


def _look(root: Path, target: Target, *, named: bool) -> tuple[Files, Contents | None]:
    """Today's files, and what is in them."""
    files = look(root, target)
    return files, name(root, files) if named else None


def _history(
    work: Work,
    found: Past,
    options: Options,
    *,
    now: Mapping[str, str] | None = None,
    news: Mapping[str, bytes] | None = None,
) -> Job:
    """Every commit, or every new one, behind one of ours that joins all tips.

    `now` are the files of today that ours holds, path to id; `news` is the content of those that
    no commit has.
    """
    canary, stand_in = Canary.make(), StandIn(found.objects, shallow=found.shallow)
    today = {**(now or {}), **{path: stand_in.blob(text) for path, text in (news or {}).items()}}
    again, unseen = passed.read(work.root, [path for path in today if passed.is_passed_over(path)])
    laid = passed.lay(again, stand_in)
    held = frozenset(today[path] for path in again)
    names, tree = _named(found, held)
    tree[passed.CANARY] = stand_in.blob(canary.content)
    tree |= laid.tree
    tree |= {f"{TODAY}{path}": id_ for path, id_ in today.items()}
    commit = stand_in.commit(tree, found.tips)
    what = ["history", "--branch", BRANCH]
    if found.since:
        what += ["--since-commit", stand_in.commit({}, found.since)]
    task = Task(
        work=replace(work, unseen=unseen),
        canary=canary,
        laid=laid,
        commit=commit,
        names=names,
        blobs=len({*(blob.id for blob in found.blobs), *found.loose, *today.values()})
        + len(laid.tree),
    )
    return _job(HISTORY, tuple(what), stand_in.files("history", commit), task, options)


def _named(found: Past, held: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """File versions under names of ours: what each name stands for, and its id.

    Those that the engine passes over, but for `held`, and those that a tag names.
    """
    names: dict[str, str] = {}
    tree: dict[str, str] = {}
    again = (
        blob for blob in found.blobs if passed.is_passed_over(blob.path) and blob.id not in held
    )
    for number, blob in enumerate(islice(again, passed.MAX_PAST)):
        names[f"{number:06}.txt"] = blob.path
        tree[f"{number:06}.txt"] = blob.id
    for number, id_ in enumerate(found.loose):
        names[f"loose-{number:06}.txt"] = "a tag that names a file"
        tree[f"loose-{number:06}.txt"] = id_
    return names, tree


def _staged(root: Path, options: Options) -> Sequence[Job] | Skip:
    """What is about to be committed, as one commit of ours, under its own names."""
    answer = staged(root)
    if answer is None:
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no git repository")
    found, blobs = answer
    if not blobs:
        return Skip(status=Status.NOT_APPLICABLE, reason="nothing is staged")
    canary, stand_in = Canary.make(), StandIn(found.objects)
    names: dict[str, str] = {}
    tree: dict[str, str] = {passed.CANARY: stand_in.blob(canary.content)}
    for number, blob in enumerate(blobs):
        name = _flat(number, blob)
        names[name] = blob.path
        tree[name] = blob.id
    commit = stand_in.commit(tree)
    task = Task(
        work=Work(root=root, past=found),
        canary=canary,
        commit=commit,
        names=names,
        blobs=len({blob.id for blob in blobs}),
    )
    what = ("staged", *_NO_COMMITS, "--branch", BRANCH)
    return [_job(HISTORY, what, stand_in.files("staged", commit), task, options)]


def _flat(number: int, blob: Blob) -> str:
    """A name without folders that keeps the ending, by which the engine knows a language."""
    ending = Path(blob.path).suffix
    plain = ending if ending[1:].isalnum() and not passed.is_passed_over(blob.path) else ".txt"
    return f"{number:06}{plain.lower()}"
