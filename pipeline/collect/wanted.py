"""What a check wants to see before it plans: files of the repository, its program, a database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks import CHECKS
from pipeline.checks.job import Options, Skip, Wanted
from pipeline.errors import IncompleteError
from pipeline.model import Gap, Location, Unread
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.checks import Check
    from pipeline.checks.equipment import Tools
    from pipeline.checks.job import Job
    from pipeline.store import Plan
    from pipeline.tools.trivy import Database

MAX_WANTED_FILE = 4 * 1024 * 1024
MAX_WANTED = 64 * 1024 * 1024
"""Bytes of one file that a check may want to see before it plans, and of all of them together."""


def planned(
    check: Check, plan: Plan, options: Options, tools: Tools
) -> tuple[Sequence[Job] | Skip, Options]:
    """The check's jobs, once it has seen the files that it wants, and what it knew by then."""
    tree = Tree(Path(plan.root))
    files: dict[str, bytes | Unread] = {}
    room = MAX_WANTED
    while isinstance(found := check.plan(plan.target, options), Wanted):
        news = [path for path in found.files if path not in files]
        assert news or _lacks(found, options), "a check wants what it was given"
        for path in news:
            files[path] = content = _content(tree, path, min(room, MAX_WANTED_FILE))
            room -= len(content) if isinstance(content, bytes) else 0
        options = replace(options, files=files)
        try:
            options = _equipped(found, check, plan, options, tools)
        except IncompleteError as error:
            if not found.optional:
                raise
            options = replace(options, lacking=error.what)
    return found, options


def programs(names: Iterable[str], plan: Plan) -> tuple[str, ...]:
    """The pinned programs that the checks `names` have work for, by their pins' names."""
    options = Options(root=plan.root, as_of=plan.as_of, policy=plan.policy, offline=plan.offline)
    found = set()
    for name in names:
        check = CHECKS[name]
        program = check.TOOL.binary if check.TOOL else ""
        if program and program not in found:
            work = check.plan(plan.target, options)
            if work and not isinstance(work, Skip):
                found.add(program)
    return tuple(sorted(found))


def _equipped(wanted: Wanted, check: Check, plan: Plan, options: Options, tools: Tools) -> Options:
    """The options with the program and the database that are wanted; raises `IncompleteError`."""
    if wanted.tool and check.TOOL:
        tools.binary(check.TOOL.binary)
        options = replace(options, tool=tools.record())
    if wanted.database or wanted.java_database:
        offline = plan.offline or (wanted.optional and not wanted.fetch)
        database = _database(plan, tools, java=wanted.java_database, offline=offline)
        options = replace(options, database=database)
    return options


def _lacks(wanted: Wanted, options: Options) -> bool:
    """Whether something beside files is wanted that was neither given nor refused yet."""
    if options.lacking:
        return False
    has_java = options.database is not None and options.database.java
    return (
        (wanted.tool and options.tool is None)
        or (wanted.database and options.database is None)
        or (wanted.java_database and not has_java)
    )


def _database(plan: Plan, tools: Tools, *, java: bool, offline: bool) -> Database:
    """Trivy's database, fetched where that is due; raises `IncompleteError`."""
    from pipeline.tools import trivydb  # noqa: PLC0415 - few checks need it

    return trivydb.ready(
        trivydb.Request(
            program=tools.binary("trivy").path,
            settings=plan.trivy,
            today=plan.as_of,
            max_age_days=plan.policy.advisories_max_age_days,
            offline=offline,
            java=java,
            root=plan.root,
        )
    )


def _content(tree: Tree, path: str, limit: int) -> bytes | Unread:
    try:
        return tree.read(path, limit=limit)
    except UnreadableFileError as error:
        is_large = isinstance(error, FileTooLargeError)
        return Unread(
            location=Location(path=path),
            why=error.what,
            gap=Gap.TOO_LARGE if is_large else Gap.INPUT_MISSING,
        )
