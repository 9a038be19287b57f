"""What git keeps: walked by the engine from a commit of ours that joins all that is to be read."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.job import Skip
from pipeline.checks.secrets import archives, calls, messages, overlooked, room
from pipeline.checks.secrets.engine import Canary
from pipeline.checks.secrets.objects import StandIn
from pipeline.checks.secrets.work import TODAY, Task, Work, given
from pipeline.discover.past import staged as staged_files
from pipeline.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.checks.job import Job, Options
    from pipeline.discover.past import Past
    from pipeline.discover.versions import Blob


def walk(
    work: Work,
    found: Past,
    options: Options,
    *,
    now: Mapping[str, str] | None = None,
    news: Mapping[str, bytes] | None = None,
) -> Job:
    """Every commit, or every new one, behind one of ours that joins all tips.

    `now` are the files of today that changed, path to id; `news` is the content of those that ours
    holds.
    """
    canary, stand_in = Canary.make(), StandIn(found.objects, shallow=found.shallow)
    now, end = now or {}, overlooked.mark()
    today = {path: stand_in.blob(text + end) for path, text in sorted((news or {}).items())}
    again, unseen = overlooked.read(
        work.root, [path for path in now if overlooked.is_passed_over(path)]
    )
    laid = overlooked.lay(again, stand_in)
    told = messages.lay(messages.new(found, work.memory), stand_in)
    held = frozenset(now[path] for path in again)
    names, tree = named(found, held)
    tree[overlooked.CANARY] = stand_in.blob(canary.content)
    tree |= {**laid.tree, **told.tree}
    tree |= {f"{TODAY}{path}": id_ for path, id_ in today.items()}
    commit = stand_in.commit(tree, found.tips)
    base = stand_in.commit({}, found.since) if found.since else ""
    task = Task(
        work=replace(work, unseen=unseen),
        canary=canary,
        laid=laid,
        told=told,
        commit=commit,
        names=names,
        blobs=len({*(blob.id for blob in found.blobs), *found.loose, *today.values()})
        + len(laid.tree)
        + len(told.tree),
    )
    return given(calls.walk(base, options), stand_in.files(calls.PAST, commit), task)


def base_of(since: Sequence[str]) -> str:
    """The id of the commit of ours that joins those of an earlier look."""
    return StandIn().commit({}, since)


def named(found: Past, held: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """File versions under names of ours: what each name stands for, and its id.

    Those that the engine passes over, but for `held`, and those that a tag names.
    """
    names: dict[str, str] = {}
    tree: dict[str, str] = {}
    passed = ((blob.id, _passed_over(found.paths(blob))) for blob in found.blobs)
    again = ((id_, path) for id_, path in passed if path and id_ not in held)
    for number, (id_, path) in enumerate(islice(again, overlooked.MAX_PAST)):
        names[f"{number:06}.txt"] = path
        tree[f"{number:06}.txt"] = id_
    for number, id_ in enumerate(found.loose):
        names[f"loose-{number:06}.txt"] = "a tag that names a file"
        tree[f"loose-{number:06}.txt"] = id_
    return names, tree


def _passed_over(paths: Iterable[str]) -> str:
    """One of the paths that the engine passes over; "" without one."""
    return next(filter(overlooked.is_passed_over, paths), "")


def staged(root: Path, options: Options) -> Sequence[Job] | Skip:
    """What is about to be committed, as one commit of ours, under names of ours."""
    job = calls.staged(options)
    answer = staged_files(root)
    if answer is None:
        return Skip(status=Status.NOT_APPLICABLE, reason="there is no git repository")
    found, blobs = answer
    if not blobs:
        return Skip(status=Status.NOT_APPLICABLE, reason="nothing is staged")
    canary, stand_in = Canary.make(), StandIn(found.objects)
    names: dict[str, str] = {}
    tree: dict[str, str] = {overlooked.CANARY: stand_in.blob(canary.content)}
    for number, blob in enumerate(blobs):
        name = _flat(number, blob)
        names[name] = blob.path
        tree[name] = blob.id
    commit = stand_in.commit(tree)
    task = Task(
        work=Work(
            root=root, past=found, cramped=room.cramped(archives.count(blob.path for blob in blobs))
        ),
        canary=canary,
        commit=commit,
        names=names,
        blobs=len({blob.id for blob in blobs}),
    )
    return [given(job, stand_in.files(calls.STAGED, commit), task)]


def _flat(number: int, blob: Blob) -> str:
    """A name without folders that keeps the ending, by which the engine knows a language."""
    ending = Path(blob.path).suffix
    plain = ending if ending[1:].isalnum() and not overlooked.is_passed_over(blob.path) else ".txt"
    return f"{number:06}{plain.lower()}"
