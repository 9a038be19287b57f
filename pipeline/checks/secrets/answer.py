"""What the engine's output means, and what nobody looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.secrets import credentials, fingerprint, fixture, ignored, remember, report
from pipeline.checks.secrets.engine import MAX_BYTES, OURS
from pipeline.checks.secrets.engine import read as understand
from pipeline.checks.secrets.files import spelt
from pipeline.checks.secrets.jobs import FILES, HISTORY, INSIDE
from pipeline.checks.secrets.passed import MAX_PAST, is_passed_over
from pipeline.checks.secrets.remember import Memory, Seen
from pipeline.discover.names import printable
from pipeline.discover.past import content, days
from pipeline.errors import IncompleteError, UnreadableOutputError
from pipeline.model import Coverage, Gap, Location, Missing, Reading
from pipeline.text import plain
from pipeline.tree import Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pipeline.checks.job import Options, Ran
    from pipeline.checks.secrets.engine import Hit, Said
    from pipeline.checks.secrets.files import Files
    from pipeline.checks.secrets.jobs import Task, Work
    from pipeline.discover.past import Past

MAX_NAMED = 50
"""Inputs of one kind that are named in a report; the others are counted."""
MAX_FILES = 200
"""Earlier files that were made to hold secrets: as many are looked into."""


def read(options: Options, runs: Sequence[Ran]) -> Reading:
    """The findings and the coverage of all jobs; raises `UnreadableOutputError`."""
    outputs = {run.job.name: (run.job.notes, understand(run.stdout)) for run in runs}
    for name, (task, said) in outputs.items():
        inside = tuple(hit for hit in said.hits if hit.path.startswith(INSIDE))
        if not task.canary.sings(said.hits) or (task.again and not task.again.sings(inside)):
            raise UnreadableOutputError(
                f"kingfisher did not report the canary among the {name}, so its silence means"
                " nothing"
            )
    work: Work = next(task.work for task, _ in outputs.values())
    if options.secrets.staged:
        return _staged(work, *outputs[HISTORY])
    assert work.files is not None
    salt = work.past.root if work.past else ""
    today = _name(_today(work, outputs), salt)
    past, kept = _history(work, outputs.get(HISTORY), salt)
    files_today = list(_files_today(work.root, work.files))
    coverage = [_tree(work, outputs[FILES][1]), *_passed(work, *outputs[FILES])]
    coverage += _commits(work, outputs.get(HISTORY))
    coverage += _beside(work, options)
    if kept is not None and all(part.complete for part in coverage if part.scope == _HISTORY):
        assert work.past is not None
        remember.keep(work.past.root, str(work.root), kept)
    past = [seen for seen in past if not _is_excluded(seen.path, work.excluded)]
    return Reading(
        findings=(
            *report.findings(today, [seen for seen in past if not _is_file(seen)]),
            *report.files(files_today, [seen for seen in past if _is_file(seen)]),
            *ignored.missing(work.root, work.files, has_git=work.past is not None),
        ),
        coverage=tuple(coverage),
    )


_TREE, _HISTORY = "today's files", "history"
_CANARIES = 2
_FILE = "file:"
"""What stands for the secret's name where a whole file is one."""


# ----------------------------------------------------------------------------- from hits to places


def _name(places: list[tuple[Hit, Seen]], salt: str) -> list[Seen]:
    """The places with the names of their secrets; each value is named once."""
    names = fingerprint.names({hit.value for hit, _ in places}, salt)
    return [replace(seen, secret=names[hit.value]) for hit, seen in places]


def _place(hit: Hit, path: str, *, in_commit: bool) -> tuple[Hit, Seen]:
    return hit, Seen(
        secret="",
        preview=fingerprint.preview(hit.value),
        made_up=fixture.by_content(hit.value),
        rule=hit.rule,
        name=hit.name,
        confidence=hit.confidence,
        path=printable(path),
        line=hit.line,
        commit=hit.commit if in_commit else "",
        day=None,
    )


def _today(work: Work, outputs: dict[str, tuple[Task, Said]]) -> list[tuple[Hit, Seen]]:
    """Places in today's files, of both looks."""
    assert work.files is not None
    found = []
    prefix = f"{spelt(str(work.root)).rstrip('/')}/"
    task, said = outputs[FILES]
    for hit in said.hits:
        if hit.path.startswith(INSIDE):
            path = task.names.get(hit.path.removeprefix(INSIDE).partition("!")[0])
            if path is not None and not hit.rule.startswith(OURS):
                found.append(_place(hit, path, in_commit=False))
        elif hit.path.startswith(prefix):
            path = work.files.path(hit.path.removeprefix(prefix))
            if path is not None:
                found.append(_place(hit, path, in_commit=False))
    return found


def _renamed(task: Task, said: Said) -> Iterator[tuple[Hit, Seen]]:
    """Places in files that stand under names of ours; only the engine's own rules count there."""
    for hit in said.hits:
        path = task.names.get(hit.path.partition("!")[0])
        if hit.commit == task.commit and path is not None and not hit.rule.startswith(OURS):
            yield _place(hit, path, in_commit=False)


def _history(
    work: Work, output: tuple[Task, Said] | None, salt: str
) -> tuple[list[Seen], Memory | None]:
    """Places in the history, remembered and new, and what is to be remembered of them."""
    if work.past is None:
        return [], None
    known = list(work.memory.seen) if work.memory else []
    if output is None:
        return known, None
    task, said = output
    below = work.past.below
    found = [
        _place(hit, hit.path.removeprefix(below), in_commit=True)
        for hit in said.hits
        if hit.commit != task.commit and hit.path.startswith(below)
    ]
    found += [
        (hit, replace(seen, path=seen.path.removeprefix(below)))
        for hit, seen in _renamed(task, said)
        if seen.path.startswith(below)
    ]
    written = days(work.root, sorted({hit.commit for hit, seen in found if seen.commit}))
    dated = (replace(seen, day=written.get(seen.commit)) for seen in _name(found, salt))
    seen = {*known, *dated, *_files_then(work, work.past)}
    everything = sorted(seen, key=lambda one: tuple(str(part) for part in _fields(one)))
    return everything, Memory(key=work.key, tips=work.past.tips, seen=tuple(everything))


def _fields(seen: Seen) -> tuple[object, ...]:
    return (seen.secret, seen.path, seen.commit, seen.line, seen.rule)


def _staged(work: Work, task: Task, said: Said) -> Reading:
    places = []
    for hit in said.hits:
        path = task.names.get(hit.path.partition("!")[0])
        if path is not None:
            places.append(_place(hit, path, in_commit=False))
    seen = _name(places, work.past.root if work.past else "")
    (scanned,) = said.scanned.values()
    evaluated = len(task.names) if scanned.whole and scanned.blobs > task.blobs else 0
    missing = () if evaluated else (_unaccounted("staged files"),)
    coverage = Coverage(
        scope="what is staged",
        unit="files",
        expected=len(task.names),
        evaluated=evaluated,
        missing=missing,
    )
    return Reading(findings=tuple(report.findings(seen, ())), coverage=(coverage,))


# ------------------------------------------------------------------- files made to hold secrets


def _is_file(seen: Seen) -> bool:
    return seen.secret.startswith(_FILE)


def _files_today(root: Path, files: Files) -> Iterator[Seen]:
    tree = Tree(root)
    for path in sorted(files.own.values()):
        sort = credentials.sort_of(path)
        if sort is None:
            continue
        try:
            line = credentials.first_secret(sort, tree.head(path, size=credentials.MAX_BYTES))
        except UnreadableFileError:
            continue  # the look at today's files names it
        if line is not None:
            yield _file(sort, path, line)


def _files_then(work: Work, past: Past) -> Iterator[Seen]:
    """Earlier files of such names. What cannot be read is a hole in the history, told there."""
    sorts = {}
    for blob in past.blobs:
        path = blob.path.removeprefix(past.below)
        if blob.path.startswith(past.below) and (sort := credentials.sort_of(path)):
            sorts[blob.id] = (sort, path)
    chosen = list(sorts)[:MAX_FILES]
    try:
        for id_, found in content(work.root, chosen, limit=credentials.MAX_BYTES):
            sort, path = sorts[id_]
            line = credentials.first_secret(sort, found)
            if line is not None:
                yield _file(sort, path, line)
    except IncompleteError:
        return


def _file(sort: credentials.Sort, path: str, line: int) -> Seen:
    return Seen(
        secret=f"{_FILE}{printable(path)}",
        preview="",
        made_up="",
        rule=sort.rule,
        name=sort.what,
        confidence="high",
        path=printable(path),
        line=line if line > 1 else None,
        commit="",
        day=None,
    )


def _is_excluded(path: str, excluded: Iterable[str]) -> bool:
    return any(path == part or path.startswith(f"{part}/") for part in excluded)


# ------------------------------------------------------------------------------------- coverage


def _tree(work: Work, said: Said) -> Coverage:
    """Today's files: as many as were met must have been read."""
    files = work.files
    assert files is not None
    scanned = said.scanned.get(str(work.root))
    blobs = scanned.blobs if scanned else 0
    missing = [
        _missing(path, Gap.TOO_LARGE, f"more than {MAX_BYTES // 1024**2} MB")
        for path in files.large
    ]
    missing += [_missing(path, Gap.INPUT_MISSING, "cannot be listed") for path in files.closed]
    if scanned is None or not scanned.whole or blobs < files.met:
        closed = list(_unreadable(work.root, files))
        missing += closed
        if not closed or files.met - blobs > len(closed):
            missing.append(_unaccounted(f"{max(files.met - blobs - len(closed), 1)} files"))
    expected = len(files.own) + len(files.closed)
    lost = len(missing) if blobs else expected
    return _coverage(_TREE, "files", expected, expected - min(lost, expected), missing)


def _unreadable(root: Path, files: Files) -> Iterator[Missing]:
    tree = Tree(root)
    for path in sorted(files.own.values()):
        try:
            tree.head(path, size=0)
        except UnreadableFileError as error:
            yield _missing(path, Gap.INPUT_MISSING, error.what)


def _passed(work: Work, task: Task, said: Said) -> Iterator[Coverage]:
    """The second look: every file of it, and both canaries, must have been read."""
    if not task.names and not work.unseen:
        return
    missing = [
        _missing(path, Gap.TOO_LARGE, f"its second look did not happen: {why}")
        for path, why in sorted(work.unseen.items())
    ]
    beside = [scanned for path, scanned in said.scanned.items() if path != str(work.root)]
    evaluated = 0
    if len(beside) == 1 and beside[0].whole and beside[0].blobs >= len(task.names) + _CANARIES:
        evaluated = len(task.names)
    elif task.names:
        missing.append(_unaccounted("files that are looked at a second time"))
    expected = len(work.unseen) + len(task.names)
    yield _coverage("files that rules pass over", "files", expected, evaluated, missing)


def _commits(work: Work, output: tuple[Task, Said] | None) -> Iterator[Coverage]:
    """The history: every commit, and as many file versions as there are."""
    if work.broken:
        missing = [Missing(subject="history", gap=Gap.TOOL_FAILED, why=work.broken)]
        yield _coverage(_HISTORY, "commits", 1, 0, missing)
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
    evaluated = past.commits
    if output is not None:
        task, said = output
        (scanned,) = said.scanned.values()
        counted = past.commits + 1 if scanned.commits is None else scanned.commits
        if not scanned.whole or scanned.tip != task.commit or counted <= past.commits:
            evaluated = max(min(counted - 1, past.commits), 0) if scanned.whole else 0
            missing.append(_unaccounted(f"{past.commits - evaluated} commits"))
        # The canary is one more.
        elif scanned.blobs <= task.blobs:
            missing.append(_unaccounted(f"{task.blobs + 1 - scanned.blobs} file versions"))
    yield _coverage(_HISTORY, "commits", past.commits + bool(missing), evaluated, missing)


def _beside(work: Work, options: Options) -> Iterator[Coverage]:
    """What nobody claims to have looked at: told, and no part of the question."""
    assert work.files is not None
    beside = [
        _missing(path, Gap.INPUT_MISSING, "a repository of its own: scan it by itself")
        for path in work.files.repositories
    ]
    past = work.past
    if past is not None and past.tips:
        why = "the engine reads files, not the messages of commits and tags"
        beside.append(Missing(subject="messages", gap=Gap.UNSUPPORTED_INPUT, why=why))
        more = sum(is_passed_over(blob.path) for blob in past.blobs) - MAX_PAST
        if more > 0:
            what = f"{more} old versions of lock files and the like"
            why = f"only the newest {MAX_PAST} are looked at a second time"
            beside.append(Missing(subject=what, gap=Gap.TOO_LARGE, why=why))
    if not options.secrets.history:
        why = "the policy says that the history is not searched"
        beside.append(Missing(subject="history", gap=Gap.NOT_CONFIGURED, why=why))
    if beside:
        yield _coverage("beside", "parts", len(beside), 0, beside, required=False)


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
