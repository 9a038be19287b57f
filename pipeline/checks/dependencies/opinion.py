"""A second opinion: Trivy reads the same locks, with its own readers and its own database.

It never takes anything away: `witnesses` merges what it says. Locks are copied as they are, under
the names by which Trivy knows them.

Trivy is asked where it and a database are at hand, and its absence is told. Where the policy wants
its opinion, what it does not evaluate makes the check partial.

Source: Trivy 0.74.0, docs/guide/coverage/language and pkg/fanal/analyzer/language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.advisories.source import Question
from pipeline.checks.dependencies.asking import question_of
from pipeline.checks.job import Job, Wanted
from pipeline.errors import UnreadableOutputError
from pipeline.model import (
    Coverage,
    DataRecord,
    Gap,
    Location,
    Missing,
    Severity,
    Unread,
)
from pipeline.policy import numbered
from pipeline.text import plain
from pipeline.tools import trivy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.checks.job import Options, Ran
    from pipeline.model import Lock, Package, Target
    from pipeline.tools.trivy import Database

WITNESS = "Trivy"
NAME = "second-opinion"
SCOPE = "second opinion on the locks"

_FOLDER = "locks"
_FILES = {
    name: (name,)
    for name in (
        "Cargo.lock", "Gemfile.lock", "Pipfile.lock", "bun.lock", "composer.lock",
        "gradle.lockfile", "package-lock.json", "packages.lock.json", "pnpm-lock.yaml",
        "poetry.lock", "pylock.toml", "requirements.txt", "uv.lock", "yarn.lock",
    )
} | {"go.sum": ("go.sum", "go.mod")}  # fmt: skip
"""Formats of ours that Trivy reads, and the names of the files that it reads them from."""

_SOURCES = {
    "PyPI": "pip",
    "npm": "npm",
    "Go": "go",
    "crates.io": "cargo",
    "RubyGems": "rubygems",
    "Packagist": "composer",
    "NuGet": "nuget",
    "Maven": "maven",
}
"""What Trivy's database calls the ecosystems; a source is called "pip::somebody's advisories"."""

_SEVERITY = {one.value.upper(): one for one in Severity}


class Key(NamedTuple):
    """A package as both sides can name it."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One of Trivy's findings. `ids` are all by which it knows the problem."""

    key: Key
    id: str
    ids: frozenset[str]
    severity: Severity
    title: str
    detail: str
    fixed: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What Trivy says: packages that it could judge, what it found, and locks that it did not read.

    `data` is the database that it judged by.
    """

    judged: frozenset[Key] = frozenset()
    rows: tuple[Row, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    data: tuple[DataRecord, ...] = ()


# ---------------------------------------------------------------------------------- the asking


def wanted(target: Target, options: Options) -> Wanted | None:
    """What has to be at hand before Trivy can be asked; `None` once that is settled."""
    if not options.root or not _asked(target) or _why_not(options):
        return None
    if options.database is None:
        return Wanted(database=True, optional=True, fetch=options.policy.second_opinion)
    files = [path for lock in _read_by_trivy(target) for path in _copied(lock).values()]
    news = tuple(path for path in dict.fromkeys(files) if path not in options.files)
    return Wanted(files=news) if news else None


def job(target: Target, options: Options) -> Job | None:
    """The run over copies of all locks; `None` where there is nothing to run it with."""
    if options.database is None or _why_not(options):
        return None
    copies = {
        f"{_FOLDER}/{number}/{name}": content
        for number, lock in enumerate(_read_by_trivy(target))
        for name, path in _copied(lock).items()
        if isinstance(content := options.files.get(path), bytes)
    }
    if not copies:
        return None
    call = trivy.filesystem(_FOLDER, cache=options.database.cache)
    fields = call.job()
    return Job(
        **fields | {"inputs": {**call.inputs, **copies}},
        name=NAME,
        binary="trivy",
        optional=True,
    )


def _asked(target: Target) -> bool:
    """Whether any lock holds a package that advisories speak of."""
    return any(_keys(lock) for lock in target.locks)


def _read_by_trivy(target: Target) -> list[Lock]:
    return [lock for lock in target.locks if lock.format in _FILES]


def _copied(lock: Lock) -> dict[str, str]:
    """The files of a lock by the names that Trivy knows; the lock itself has the first."""
    first, *others = _FILES[lock.format]
    beside = {path.rpartition("/")[2]: path for path in lock.files}
    return {first: lock.path} | {name: beside[name] for name in others if name in beside}


def _why_not(options: Options) -> str:
    """Why Trivy is not asked, though it may be here; "" where it is."""
    if options.lacking:
        return options.lacking
    stale = options.database and not all(record.fresh for record in options.database.records)
    if stale and not options.policy.second_opinion:
        return "its database is older than the policy wants advisories to be"
    return ""


# --------------------------------------------------------------------------------- the answer


def read(target: Target, options: Options, run: Ran | None) -> Opinion:
    """What Trivy made of the locks, and what it did not look at.

    An answer that makes no sense is none, and costs the other witnesses nothing.
    """
    if not options.root or not _asked(target):
        return Opinion()
    database = options.database
    if run is None or database is None:
        why = _why_not(options)
        gap = Gap.NOT_CONFIGURED if why else Gap.TOOL_FAILED
        why = why or "there is no lock that it reads, or its run failed"
        return Opinion(coverage=(_absent(options, gap, why),))
    judged: set[Key] = set()
    rows: list[Row] = []
    missing: list[Missing] = []
    locks = _read_by_trivy(target)
    try:
        answers = _answers(run, locks)
    except UnreadableOutputError as error:
        return Opinion(coverage=(_absent(options, Gap.TOOL_FAILED, error.what),))
    asked = [(lock, keys) for lock in target.locks if (keys := _keys(lock))]
    for lock, keys in asked:
        packages, found = answers[locks.index(lock)] if lock in locks else (frozenset(), ())
        known = keys & packages if _knows(database, lock.ecosystem) else set()
        judged |= known
        rows += [row for row in found if row.key in keys]
        if known != keys:
            missing.append(_gap(lock, len(keys - known), options, database))
    coverage = Coverage(
        scope=SCOPE,
        unit="locks for Trivy",
        expected=len(asked),
        evaluated=len(asked) - len(missing),
        missing=tuple(missing),
        required=options.policy.second_opinion,
    )
    return Opinion(
        judged=frozenset(judged),
        rows=tuple(rows),
        coverage=(coverage,),
        data=database.records,
    )


def _absent(options: Options, gap: Gap, why: str) -> Coverage:
    missing = Missing(subject=WITNESS, gap=gap, why=f"Trivy was not heard: {why}")
    return Coverage(
        scope=SCOPE,
        unit="opinions",
        expected=1,
        evaluated=0,
        missing=(missing,),
        required=options.policy.second_opinion,
    )


def _gap(lock: Lock, count: int, options: Options, database: Database) -> Missing:
    place = Location(path=lock.path)
    if lock.format not in _FILES:
        gap, why = Gap.UNSUPPORTED_INPUT, f"Trivy does not read {lock.format}"
    elif isinstance(content := options.files.get(lock.path), Unread):
        gap, why = content.gap, content.why
    elif not _knows(database, lock.ecosystem):
        gap, why = Gap.DATA_MISSING, f"Trivy's database holds no advisories for {lock.ecosystem}"
    else:
        gap, why = Gap.NOT_ACCOUNTED_FOR, f"Trivy does not tell of {numbered(count, 'package')}"
    return Missing(subject=lock.path, gap=gap, why=why, location=place)


def _knows(database: Database, ecosystem: str) -> bool:
    prefix = f"{_SOURCES.get(ecosystem, ecosystem)}::"
    return any(source.startswith(prefix) for source in database.sources)


def _keys(lock: Lock) -> set[Key]:
    """The packages of a lock that advisories speak of."""
    return {
        key_of(package) for package in lock.packages if isinstance(question_of(package), Question)
    }


def key_of(package: Package) -> Key:
    """A package of ours, as Trivy may name it, too."""
    return _key(package.ecosystem, package.name, package.version or "")


def _key(ecosystem: str, name: str, version: str) -> Key:
    if ecosystem == "PyPI":
        name = re.sub(r"[-_.]+", "-", name).lower()
    return Key(ecosystem, name, version.removeprefix("v"))


def _answers(run: Ran, locks: Sequence[Lock]) -> dict[int, tuple[frozenset[Key], tuple[Row, ...]]]:
    """Per lock, the packages that Trivy read and what it found."""
    report = trivy.read(run.outputs.get(trivy.OUTPUT, b""))
    packages: dict[int, set[Key]] = defaultdict(set)
    rows: dict[int, list[Row]] = defaultdict(list)
    try:
        for result in report["Results"]:
            if result["Class"] != "lang-pkgs":
                continue
            number = int(result["Target"].partition("/")[0])
            ecosystem = locks[number].ecosystem
            for one in result.get("Packages") or []:
                packages[number].add(_key(ecosystem, one["Name"], one.get("Version", "")))
            for one in result.get("Vulnerabilities") or []:
                rows[number].append(_row(one, ecosystem))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UnreadableOutputError("Trivy's report is not of the form it promises") from error
    return {
        number: (frozenset(packages[number]), tuple(rows[number])) for number in range(len(locks))
    }


def _row(one: Mapping[str, Any], ecosystem: str) -> Row:
    fixed = str(one.get("FixedVersion") or "").split(", ")
    return Row(
        key=_key(ecosystem, one["PkgName"], one["InstalledVersion"]),
        id=plain(one["VulnerabilityID"], limit=100),
        ids=frozenset(map(str, (one["VulnerabilityID"], *(one.get("VendorIDs") or ())))),
        severity=_SEVERITY[one["Severity"]],
        title=plain(one.get("Title") or one["VulnerabilityID"], limit=300),
        detail=plain(one.get("Description") or "", limit=2000),
        fixed=tuple(plain(version, limit=100) for version in fixed if version),
        url=plain(one.get("PrimaryURL") or "", limit=500),
    )
