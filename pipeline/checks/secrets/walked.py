"""Which commits brought a secret in.

A look at all objects tells one beginning of each file version; a walk from commit to commit tells
every commit in which one appears. Both come to the same here: the beginnings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.checks.secrets.engine import OURS
from pipeline.checks.secrets.places import named, place
from pipeline.checks.secrets.remember import Seen
from pipeline.checks.secrets.work import STORE
from pipeline.discover.single import days, earliest, identify, unreached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.secrets.engine import Hit, Said
    from pipeline.checks.secrets.fingerprint import Names
    from pipeline.checks.secrets.places import Place
    from pipeline.checks.secrets.work import Task, Work


@dataclass(frozen=True, slots=True)
class Walked:
    """New places in the history, and the ids of the file versions in which they are."""

    seen: tuple[Seen, ...] = ()
    blobs: frozenset[str] = field(default=frozenset())


def read(work: Work, task: Task, said: Said, names: Names) -> Walked:
    """The places in the history that one run of the engine tells of."""
    assert work.past is not None
    below = work.past.below
    hits = [hit for hit in said.hits if hit.commit and hit.commit not in {task.commit, task.first}]
    ids = identify(work.root, sorted({_where(hit) for hit in hits}))
    held = {blob.id: blob.path for blob in work.past.blobs}
    if task.walk:
        told = [*_of_all(work, hits, ids, held), *_without_a_commit(said, held)]
    else:
        told = [*_of_a_walk(work, hits, ids, held), *_second_looks(work, task, said, held)]
    told += _renamed(task, said)
    found = [
        (hit, replace(seen, path=seen.path.removeprefix(below)))
        for hit, seen in told
        if seen.path.startswith(below)
    ]
    found += _said(task, said)
    written = days(work.root, sorted({seen.commit for _, seen in found if seen.commit}))
    return Walked(
        seen=tuple(replace(one, day=written.get(one.commit)) for one in named(found, names)),
        blobs=frozenset(ids.values()),
    )


def _where(hit: Hit) -> tuple[str, str]:
    """The commit and the file in it."""
    return hit.commit, hit.path.partition("!")[0]


def _of_all(
    work: Work, hits: list[Hit], ids: dict[tuple[str, str], str], held: dict[str, str]
) -> Iterator[Place]:
    """Places in all that git keeps; what nothing leads to is left out."""
    stray = unreached(work.root, sorted({hit.commit for hit in hits}))
    for hit in hits:
        if hit.commit not in stray:
            yield place(hit, hit.path, in_commit=True)
        # It came with a commit that is lost, and is part of another one that is not.
        elif ids.get(_where(hit)) in held:
            yield place(hit, hit.path)


def _without_a_commit(said: Said, held: dict[str, str]) -> Iterator[Place]:
    """Places in objects of which the engine knows no commit."""
    for hit in said.hits:
        if not hit.commit and hit.path.startswith(STORE):
            id_ = hit.path.removeprefix(STORE).partition("!")[0].replace("/", "")
            if id_ in held:
                yield place(hit, held[id_])


def _of_a_walk(
    work: Work, hits: list[Hit], ids: dict[tuple[str, str], str], held: dict[str, str]
) -> Iterator[Place]:
    """Places where content appeared for the first time; what is remembered did so earlier."""
    before = frozenset(work.memory.blobs if work.memory else ())
    commits: dict[str, set[str]] = defaultdict(set)
    for (commit, _), id_ in ids.items():
        commits[id_].add(commit)
    new = [id_ for id_ in commits if id_ in held and id_ not in before]
    starts = dict(zip(new, earliest(work.root, [commits[id_] for id_ in new]), strict=True))
    for hit in hits:
        name = ids.get(_where(hit))
        if name is None or hit.commit in starts.get(name, ()):
            yield place(hit, hit.path, in_commit=True)


def _second_looks(work: Work, task: Task, said: Said, held: dict[str, str]) -> Iterator[Place]:
    """Second looks at files of today that a commit holds as they are."""
    assert work.past is not None
    ids = work.contents.ids if work.contents else {}
    for hit in said.hits:
        if hit.rule.startswith(OURS):
            continue
        for path in task.again(hit) or ():
            if ids.get(path) in held:
                yield place(hit, work.past.below + path)


def _said(task: Task, said: Said) -> Iterator[Place]:
    """Places in messages of commits and tags."""
    for hit in said.hits:
        if hit.commit and hit.commit == task.held and (at := task.told.at(hit.path, hit.line or 1)):
            origin, line = at
            _, seen = place(hit, origin.path)
            yield hit, replace(seen, commit=origin.commit, line=line)


def _renamed(task: Task, said: Said) -> Iterator[Place]:
    """Places in files that stand under names of ours.

    Only the engine's own rules count there, but for those that kept their own name in a folder.
    """
    for hit in said.hits:
        if not hit.commit or hit.commit != task.held:
            continue
        name = hit.path.partition("!")[0]
        path = task.names.get(name)
        if path is not None and ("/" in name or not hit.rule.startswith(OURS)):
            yield place(hit, path)
