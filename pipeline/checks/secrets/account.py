"""What was to be read, held against what the engine says it read: the rest nobody looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.secrets.calls import APART, BESIDE, FILES, HISTORY, PAST
from pipeline.checks.secrets.engine import MAX_BYTES
from pipeline.checks.secrets.overlooked import MAX_PAST, is_passed_over
from pipeline.discover.names import printable
from pipeline.model import Coverage, Gap, Location, Missing
from pipeline.text import plain
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline.checks.job import Options
    from pipeline.checks.secrets.engine import Said, Scanned
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.work import Task, Work

    Outputs = Mapping[str, tuple[Task, Said]]

MAX_NAMED = 50
"""Inputs of one kind that are named in a report; the others are counted."""

AGAIN = "files that rules pass over"
_MESSAGES = "messages of commits and tags"


def coverage(work: Work, outputs: Outputs, options: Options) -> Iterator[Coverage]:
    """What there was to look at in files and history, how much was, and why not the rest."""
    yield _folder(work, *outputs[FILES]) if FILES in outputs else _contents(work, outputs)
    yield from _cramped(work)
    yield from _passed(work, outputs)
    yield from _commits(work, outputs)
    yield from _aside(work, options)


def staged(work: Work, task: Task, said: Said) -> Iterator[Coverage]:
    """What is about to be committed."""
    (scanned,) = said.scanned.values()
    evaluated = len(task.names) if scanned.whole and scanned.blobs > task.blobs else 0
    missing = () if evaluated else (_unaccounted("staged files"),)
    yield _coverage("what is staged", "files", len(task.names), evaluated, missing)
    yield from _cramped(work)


def _cramped(work: Work) -> Iterator[Coverage]:
    """Archives for which the disk had too little room."""
    if work.cramped:
        missing = (Missing(subject="archives", gap=Gap.NOT_ACCOUNTED_FOR, why=work.cramped),)
        yield _coverage("archives", "parts", 1, 0, missing)


def is_whole(parts: Iterable[Coverage]) -> bool:
    """Whether the engine answered for all that it was given; what it was not, is told anew."""
    return all(
        part.complete
        or (
            part.scope != HISTORY
            and all(one.gap is not Gap.NOT_ACCOUNTED_FOR for one in part.missing)
        )
        for part in parts
        if part.required
    )


def _contents(work: Work, outputs: Outputs) -> Coverage:
    """Today's files, which the walk of the history answers for."""
    files, contents = work.files, work.contents
    assert files is not None
    assert contents is not None
    missing = [*_named(files)]
    missing += [_missing(path, Gap.INPUT_MISSING, why) for path, why in contents.unread.items()]
    missing += [_unaccounted(path) for path in _left_apart(outputs)]
    expected = len(files.own) + len(files.closed)
    lost = len(missing)
    if what := _lost(work, *outputs[HISTORY])[1]:
        missing.append(_unaccounted(what))
        lost = expected
    return _coverage(FILES, "files", expected, expected - min(lost, expected), missing)


def _left_apart(outputs: Outputs) -> list[str]:
    """Single files that the engine was to read, and does not say it did."""
    if APART not in outputs:
        return []
    task, said = outputs[APART]
    scanned = ((path, said.scanned.get(full)) for full, path in task.names.items())
    return [path for path, one in scanned if one is None or not one.whole or not one.blobs]


def _named(files: Files) -> Iterator[Missing]:
    for path in files.large:
        yield _missing(path, Gap.TOO_LARGE, f"more than {MAX_BYTES // 1024**2} MB")
    for path, why in sorted(files.deep.items()):
        yield _missing(path, Gap.TOO_LARGE, why)
    for path in files.closed:
        yield _missing(path, Gap.INPUT_MISSING, "cannot be listed")


def _folder(work: Work, task: Task, said: Said) -> Coverage:
    """Today's files where they lie: as many as were met must have been read."""
    files = work.files
    assert files is not None
    root = str(work.root)
    scanned = [one for path, one in said.scanned.items() if f"{path}/".startswith(f"{root}/")]
    blobs = sum(one.blobs for one in scanned)
    whole = len(scanned) == task.inputs and all(one.whole for one in scanned)
    missing = [*_named(files)]
    if not whole or blobs < files.met:
        closed = list(_unreadable(work.root, files))
        missing += closed
        if not closed or files.met - blobs > len(closed):
            missing.append(_unaccounted(f"{max(files.met - blobs - len(closed), 1)} files"))
    expected = len(files.own) + len(files.closed)
    lost = len(missing) if blobs else expected
    return _coverage(FILES, "files", expected, expected - min(lost, expected), missing)


def _unreadable(root: Path, files: Files) -> Iterator[Missing]:
    tree = Tree(root)
    for path in sorted(files.own.values()):
        try:
            tree.head(path, size=0)
        except UnreadableFileError as error:
            yield _missing(path, Gap.INPUT_MISSING, error.what)


def _passed(work: Work, outputs: Outputs) -> Iterator[Coverage]:
    """The second look: every file of it, and both canaries, must have been read."""
    task, said = next(outputs[name] for name in (FILES, HISTORY) if name in outputs)
    count = task.looked_again
    if not count and not work.unseen:
        return
    missing = [
        _missing(path, Gap.TOO_LARGE, f"its second look did not happen: {why}")
        for path, why in sorted(work.unseen.items())
    ]
    evaluated = 0
    if count and _is_repeated(work, outputs, task, said):
        evaluated = count
    elif count:
        missing.append(_unaccounted("files that are looked at a second time"))
    expected = len(work.unseen) + count
    yield _coverage(AGAIN, "files", expected, evaluated, missing)


def _is_repeated(work: Work, outputs: Outputs, task: Task, said: Said) -> bool:
    """Whether every file that is looked at again was read."""
    if FILES not in outputs:
        return not _lost(work, task, said)[1]
    scanned = _of(work, said, BESIDE)
    return bool(scanned and scanned.whole and scanned.blobs >= task.beside)


def _commits(work: Work, outputs: Outputs) -> Iterator[Coverage]:
    """The history: every commit, and as many file versions as there are."""
    if work.broken:
        missing = [Missing(subject="history", gap=Gap.TOOL_FAILED, why=work.broken)]
        yield _coverage(HISTORY, "commits", 1, 0, missing)
        return
    past = work.past
    if past is None or not past.tips:
        return
    missing = []
    if past.shallow:
        why = "a shallow clone: earlier commits are not here; fetch all of them"
        missing.append(Missing(subject="earlier commits", gap=Gap.INPUT_MISSING, why=why))
    if past.partial:
        why = "a partial clone: some file versions were left on the server"
        missing.append(Missing(subject="file versions", gap=Gap.INPUT_MISSING, why=why))
    if past.unheard:
        missing.append(Missing(subject=_MESSAGES, gap=Gap.TOO_LARGE, why=past.unheard))
    evaluated = past.commits
    if HISTORY in outputs:
        lost, what = _lost(work, *outputs[HISTORY])
        evaluated -= lost
        missing += [_unaccounted(what)] if what else []
    yield _coverage(HISTORY, "commits", past.commits + bool(missing), evaluated, missing)


def _lost(work: Work, task: Task, said: Said) -> tuple[int, str]:
    """How many commits were not walked, and in words what was not read; "" if all was."""
    past = work.past
    assert past is not None
    scanned = _of(work, said, PAST)
    if scanned is None or not scanned.whole:
        return past.commits, f"{past.commits} commits"
    counted = past.commits + 1 if scanned.commits is None else scanned.commits
    if scanned.tip != task.commit or counted <= past.commits:
        lost = past.commits - max(min(counted - 1, past.commits), 0)
        return lost, f"{lost} commits"
    # The canary is one more.
    if scanned.blobs <= task.blobs:
        return 0, f"{task.blobs + 1 - scanned.blobs} file versions"
    return 0, ""


def _of(work: Work, said: Said, folder: str) -> Scanned | None:
    """What was scanned of a folder of ours; what is scanned may hold one of the same name."""
    ours = (
        one
        for path, one in said.scanned.items()
        if path.endswith(f"/{folder}") and not f"{path}/".startswith(f"{work.root}/")
    )
    return next(ours, None)


def _aside(work: Work, options: Options) -> Iterator[Coverage]:
    """What nobody claims to have looked at: told, and no part of the question."""
    assert work.files is not None
    beside = [
        _missing(path, Gap.INPUT_MISSING, "a repository of its own: scan it by itself")
        for path in work.files.repositories
    ]
    past = work.past
    if past is not None and past.tips:
        if past.below:
            why = "they are the whole repository's: scan its top folder"
            beside.append(Missing(subject=_MESSAGES, gap=Gap.NOT_CONFIGURED, why=why))
        again = (blob for blob in past.blobs if any(map(is_passed_over, past.paths(blob))))
        more = sum(1 for _ in again) - MAX_PAST
        if more > 0:
            what = f"{more} old versions of lock files and the like"
            why = f"only the newest {MAX_PAST} are looked at a second time"
            beside.append(Missing(subject=what, gap=Gap.TOO_LARGE, why=why))
    if not options.secrets.history:
        why = "the policy says that the history is not searched"
        beside.append(Missing(subject="history", gap=Gap.NOT_CONFIGURED, why=why))
    if beside:
        yield _coverage("the repository", "parts", len(beside), 0, beside, required=False)


def _coverage(  # noqa: PLR0913 - one argument for each field
    scope: str,
    unit: str,
    expected: int,
    evaluated: int,
    missing: Sequence[Missing],
    *,
    required: bool = True,
) -> Coverage:
    """A coverage that names only so many inputs, and says how many more there are."""
    named = list(missing[:MAX_NAMED])
    if len(missing) > MAX_NAMED:
        first = missing[MAX_NAMED]
        named.append(replace(first, subject=f"{len(missing) - MAX_NAMED} more", location=None))
    return Coverage(
        scope=scope,
        unit=unit,
        expected=expected,
        evaluated=evaluated,
        missing=tuple(named),
        required=required,
    )


def _missing(path: str, gap: Gap, why: str) -> Missing:
    shown = plain(printable(path))
    return Missing(subject=shown, gap=gap, why=plain(why), location=Location(path=printable(path)))


def _unaccounted(what: str) -> Missing:
    return Missing(
        subject=what, gap=Gap.NOT_ACCOUNTED_FOR, why="kingfisher does not say that it read them"
    )
