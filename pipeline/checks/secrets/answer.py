"""What the engine's output means, and what nobody looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.secrets import (
    account,
    ignored,
    remember,
    report,
)
from pipeline.checks.secrets import walked as walk
from pipeline.checks.secrets.calls import ALL, FILES, HISTORY, LAYERS
from pipeline.checks.secrets.engine import OURS
from pipeline.checks.secrets.engine import read as understand
from pipeline.checks.secrets.files import spelt
from pipeline.checks.secrets.fingerprint import Names
from pipeline.checks.secrets.places import is_file, named, place
from pipeline.checks.secrets.remember import Memory
from pipeline.checks.secrets.today import changed
from pipeline.checks.secrets.work import TODAY
from pipeline.discover.names import is_text, printable
from pipeline.errors import UnreadableOutputError
from pipeline.model import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.checks.job import Options, Ran
    from pipeline.checks.secrets.account import Outputs
    from pipeline.checks.secrets.engine import Hit, Said
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.places import Place
    from pipeline.checks.secrets.remember import Seen
    from pipeline.checks.secrets.walked import Walked
    from pipeline.checks.secrets.work import Task, Work
    from pipeline.model import Coverage


def read(options: Options, runs: Sequence[Ran]) -> Reading:
    """The findings and the coverage of all jobs; raises `UnreadableOutputError`."""
    outputs = {
        run.job.name: (run.job.notes, understand(run.stdout))
        for run in runs
        if run.job.name != LAYERS
    }
    for name, (task, said) in outputs.items():
        if not _sing(task, said):
            raise UnreadableOutputError(
                f"kingfisher did not report the canary among the {name}, so its silence means"
                " nothing"
            )
    work: Work = next(task.work for task, _ in outputs.values())
    if ALL in outputs:
        outputs = {FILES: outputs[ALL], HISTORY: outputs[ALL]}
    if options.secrets.staged:
        return _staged(work, *outputs[HISTORY])
    assert work.files is not None
    names = _names(work)
    today = [*_as_before(work), *named(_today(work, outputs), names)]
    walked = walk.read(work, *outputs[HISTORY], names) if HISTORY in outputs else walk.Walked()
    past = _history(work, walked)
    coverage = tuple(account.coverage(work, outputs, options))
    if account.is_whole(coverage):
        _remember(work, past, walked, today)
    past = [seen for seen in past if not _is_excluded(seen.path, work.excluded)]
    baked, layers = _baked(work, runs, names)
    # A whole file that is made to hold secrets is told for itself.
    secrets, files = (
        [[seen for seen in group if is_file(seen) is whole] for group in (past, baked)]
        for whole in (False, True)
    )
    return Reading(
        findings=(
            *report.findings(today, *secrets),
            *report.files(work.holders, *files),
            *ignored.missing(work.root, work.files, has_git=work.past is not None),
        ),
        coverage=(*coverage, *layers),
    )


def _names(work: Work) -> Names:
    return Names(work.past.root if work.past else "")


def _baked(
    work: Work, runs: Sequence[Ran], names: Names
) -> tuple[Sequence[Seen], Sequence[Coverage]]:
    """What the images hold that were named, and how much of them was looked at."""
    if work.baked is None:
        return (), ()
    from pipeline.checks.secrets import baked  # noqa: PLC0415 - only where there is an image

    run = next((run for run in runs if run.job.name == LAYERS), None)
    found = baked.read(work.baked, run, names)
    return found.seen, found.coverage


def _sing(task: Task, said: Said) -> bool:
    """Whether every canary was reported where it was put."""
    looks = tuple(hit for hit in said.hits if task.again(hit) is not None)
    walked = tuple(hit for hit in said.hits if hit.commit and hit.commit == task.commit)
    return (
        task.canary.is_reported(said.hits)
        and (task.laid.canary is None or task.laid.canary.is_reported(looks))
        and (task.walk is None or task.walk.is_reported(walked))
    )


def _remember(work: Work, past: Sequence[Seen], walked: Walked, today: Sequence[Seen]) -> None:
    """Keep what was found for the next run, where there is a history to know it by."""
    if work.past is None or not work.past.tips:
        return
    ids = work.contents.ids if work.contents else {}
    memory = Memory(
        key=work.key,
        tips=work.past.tips,
        seen=tuple(past),
        blobs=tuple(sorted(walked.blobs.union(work.memory.blobs if work.memory else ()))),
        files={path: id_ for path, id_ in ids.items() if is_text(path) and path not in work.unseen},
        today=tuple(today) if work.contents else (),
        tags=tuple(message.id for message in work.past.messages if message.tag),
    )
    remember.keep(work.past.root, str(work.root), memory)


# ----------------------------------------------------------------------------- from hits to places


def _as_before(work: Work) -> Iterator[Seen]:
    """Places in files that are what they were when they were looked at."""
    if work.memory is not None and work.contents is not None:
        now = changed(work.contents, work.memory.files)
        names = {printable(path) for path in work.contents.ids if path not in now}
        yield from (seen for seen in work.memory.today if seen.path in names)


def _today(work: Work, outputs: Outputs) -> list[Place]:
    """Places in today's files, of both looks."""
    return [
        place(hit, path)
        for name, (task, said) in outputs.items()
        if name != HISTORY or FILES not in outputs
        for hit in said.hits
        for path in _paths_today(work, task, hit)
    ]


def _paths_today(work: Work, task: Task, hit: Hit) -> Iterable[str]:
    """The files of today in which a hit lies."""
    if (again := task.again(hit)) is not None:
        return () if hit.rule.startswith(OURS) else again
    path = _path_today(work, task, hit)
    return () if path is None else (path,)


def _path_today(work: Work, task: Task, hit: Hit) -> str | None:
    """The file of today in which a hit of the first look lies."""
    files = work.files
    assert files is not None
    if hit.commit:
        if hit.commit != task.commit or not hit.path.startswith(TODAY):
            return None
        return files.path(hit.path.removeprefix(TODAY))
    prefix = f"{spelt(str(work.root)).rstrip('/')}/"
    if not hit.path.startswith(prefix):
        return None
    return _inside(files, hit.path.removeprefix(prefix))


def _inside(files: Files, path: str) -> str | None:
    """The file, or the database that the engine unpacked as if it were a folder."""
    while (found := files.path(path)) is None and "/" in path:
        path = path.rpartition("/")[0]
    return found


def _history(work: Work, walked: Walked) -> list[Seen]:
    """Places in the history, remembered and new."""
    if work.past is None:
        return []
    known = work.memory.seen if work.memory else ()
    seen = {*known, *walked.seen, *work.held}
    return sorted(seen, key=lambda one: tuple(str(part) for part in _fields(one)))


def _fields(seen: Seen) -> tuple[object, ...]:
    return (seen.secret, seen.path, seen.commit, seen.line, seen.rule)


def _staged(work: Work, task: Task, said: Said) -> Reading:
    places = []
    for hit in said.hits:
        path = task.names.get(hit.path.partition("!")[0])
        if path is not None:
            places.append(place(hit, path))
    seen = named(places, _names(work))
    return Reading(
        findings=tuple(report.findings(seen, ())),
        coverage=tuple(account.staged(work, task, said)),
    )


def _is_excluded(path: str, excluded: Iterable[str]) -> bool:
    return any(path == part or path.startswith(f"{part}/") for part in excluded)
