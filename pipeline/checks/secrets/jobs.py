"""What is run: today's files where they lie, what is passed over there, and the history."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Job, Skip
from pipeline.checks.secrets import passed, remember
from pipeline.checks.secrets.engine import (
    ACCEPTED,
    Canary,
    arguments,
    environment,
    rules_digest,
)
from pipeline.checks.secrets.files import Files, look
from pipeline.checks.secrets.objects import BRANCH, StandIn
from pipeline.discover.past import Past, past, staged
from pipeline.errors import PipelineError
from pipeline.model import Status
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.job import Options
    from pipeline.discover.past import Blob
    from pipeline.model import Target

TIMEOUT = 1800.0
"""Seconds; the longest history measured took eight, on two cores."""

FILES, HISTORY = "today's files", "history"
_CANARY = "canary.txt"
_BESIDE = "beside"
_AGAIN = "again.zip"
INSIDE = f"{_BESIDE}/{_AGAIN}!"
"""How the engine spells what lies in the archive of files that are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the plan knew, for the reading.

    `past` is `None` where there is no repository, or where `broken` says why it cannot be
    trusted. `unseen` are files that could not be looked at again, with the reason. `excluded`
    are folders and files that the policy leaves out.
    """

    root: Path
    files: Files | None = None
    past: Past | None = None
    broken: str = ""
    memory: remember.Memory | None = None
    key: str = ""
    unseen: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One job's part: its canaries, our commit, and which path each name of ours stands for.

    `again` is the canary among the files of today that are looked at a second time, if there are
    any. `blobs` is how many file versions there are to be read.
    """

    work: Work
    canary: Canary
    again: Canary | None = None
    commit: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    blobs: int = 0


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:
    """The jobs for a target; see `Work` and `Task` for what goes with them."""
    root = Path(options.root)
    if options.secrets.staged:
        return _staged(root, options)
    found: Past | None = None
    broken, memory = "", None
    key = _key(options)
    # Git lists the history meanwhile: other processes, each of them busy on one core.
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(_look, root, target)
        if options.secrets.history:
            try:
                memories: list[remember.Memory] = []
                found = past(root, since=lambda first: _remembered(root, first, key, memories))
                memory = memories[0] if found and found.since and memories else None
            except PipelineError as error:
                broken = error.what
        files, again, unseen = coming.result()
    if not files.own and not (found and found.tips) and not broken:
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no file and no commit")
    work = Work(
        root=root,
        files=files,
        past=found,
        broken=broken,
        memory=memory,
        key=key,
        unseen=unseen,
        excluded=tuple(
            part.path for part in target.excluded if part.why == "excluded by the policy"
        ),
    )
    jobs = [_files(work, again, options)]
    if found and found.tips and not (memory and found.since == found.tips):
        jobs.append(_history(work, found, options))
    return jobs


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


def _files(work: Work, again: Mapping[str, bytes], options: Options) -> Job:
    """Today's files, read by the engine where they lie.

    In a folder of ours beside them lie the canary and, under plain names in an archive with a
    canary of its own, the files that the engine passes over. It reads archives in memory, so
    nothing of them is on disk in the clear; one run of it costs half of two.
    """
    assert work.files is not None
    canary = Canary.make()
    inputs = {f"{_BESIDE}/{_CANARY}": canary.content}
    inner = Canary.make() if again else None
    names = {f"{number:06}.txt": path for number, path in enumerate(sorted(again))}
    if inner:
        members = {name: again[path] for name, path in names.items()}
        inputs[f"{_BESIDE}/{_AGAIN}"] = _archive({_CANARY: inner.content, **members})
    skips = (part for folder in work.files.skips for part in ("--skip-path-prefix", folder))
    what = (str(work.root), _BESIDE, "--git-history", "none", *skips)
    task = Task(work=work, canary=canary, again=inner, names=names)
    return _job(FILES, what, inputs, task, options)


def _archive(members: Mapping[str, bytes]) -> bytes:
    """A zip archive, packed quickly rather than tightly."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)
    return made.getvalue()


def _look(root: Path, target: Target) -> tuple[Files, dict[str, bytes], dict[str, str]]:
    """Today's files; see `_again` for the rest."""
    files = look(root, target)
    return (files, *_again(root, files))


def _again(root: Path, files: Files) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of today's files that the engine passes over, and why others are missing."""
    tree = Tree(root)
    found: dict[str, bytes] = {}
    unseen: dict[str, str] = {}
    room = passed.MAX_TOTAL
    # The engine judges whole paths: a repository below a folder named node_modules is no less one.
    above = root.as_posix()
    for path in sorted(
        path for path in files.own.values() if passed.is_passed_over(f"{above}/{path}")
    ):
        try:
            content = tree.read(path, limit=min(room, passed.MAX_BYTES))
        except UnreadableFileError as error:
            unseen[path] = error.what
        else:
            found[path] = content
            room -= len(content)
    return found, unseen


def _history(work: Work, found: Past, options: Options) -> Job:
    """Every commit, or every new one, behind one of ours that joins all tips."""
    canary, stand_in = Canary.make(), StandIn(found.objects, shallow=found.shallow)
    again = [blob for blob in found.blobs if passed.is_passed_over(blob.path)]
    names: dict[str, str] = {}
    tree = {_CANARY: stand_in.blob(canary.content)}
    for number, blob in enumerate(again[: passed.MAX_PAST]):
        names[f"{number:06}.txt"] = blob.path
        tree[f"{number:06}.txt"] = blob.id
    for number, id_ in enumerate(found.loose):
        names[f"loose-{number:06}.txt"] = "a tag that names a file"
        tree[f"loose-{number:06}.txt"] = id_
    commit = stand_in.commit(tree, found.tips)
    what = ["history", "--branch", BRANCH]
    if found.since:
        what += ["--since-commit", stand_in.commit({}, found.since)]
    blobs = len({blob.id for blob in found.blobs} | {*found.loose})
    task = Task(work=work, canary=canary, commit=commit, names=names, blobs=blobs)
    return _job(HISTORY, tuple(what), stand_in.files("history", commit), task, options)


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
    tree: dict[str, str] = {_CANARY: stand_in.blob(canary.content)}
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
    what = ("staged", "--git-history", "none", "--branch", BRANCH)
    return [_job(HISTORY, what, stand_in.files("staged", commit), task, options)]


def _flat(number: int, blob: Blob) -> str:
    """A name without folders that keeps the ending, by which the engine knows a language."""
    ending = Path(blob.path).suffix
    plain = ending if ending[1:].isalnum() and not passed.is_passed_over(blob.path) else ".txt"
    return f"{number:06}{plain.lower()}"
