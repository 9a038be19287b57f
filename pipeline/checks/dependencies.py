"""Does a locked dependency have a known vulnerability, or is it malware?

pip-audit is asked about every Python package of every lock, in its only safe form: exact pins
written by us, no resolution, no build, an empty folder to stand in. It never sees a file of the
scanned repository. It talks to a relay of ours that answers from one snapshot of advisories.

Nothing is believed: each run carries a canary that must be reported, the packages in the output
must be the packages put in, and every advisory that the snapshot holds for one of them must be
in the output. What does not add up, and every package that could not be asked for, is counted
as not evaluated.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.advisories import osv
from pipeline.advisories.source import CANARY, Question
from pipeline.checks.job import Job, Network, Skip, Tool
from pipeline.errors import UnreadableOutputError
from pipeline.locks.graph import Graph, shortest
from pipeline.model import (
    Coverage,
    Finding,
    Gap,
    Kind,
    Location,
    Missing,
    Origin,
    Reading,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.advisories.osv import Advisory
    from pipeline.checks.job import Options, Ran, Rule
    from pipeline.model import Lock, Package, Target

TOOL = Tool(distribution="pip-audit", module="pip_audit")
NETWORK = Network.ADVISORIES
RULES: Mapping[str, Rule] = {}

PYTHON = "PyPI"
TIMEOUT = 60.0
"""Seconds that pip-audit may take to start; each pin adds half a second."""


def questions(target: Target) -> tuple[Question, ...]:
    """What the advisory source is asked: every locked version that comes from a registry."""
    asked = {
        question
        for lock in target.locks
        for package in lock.packages
        if isinstance(question := _question(package), Question)
    }
    return tuple(sorted(asked))


def plan(target: Target, options: Options) -> Sequence[Job] | Skip:
    """One pip-audit run per lock, and more where a lock holds several versions of one name.

    Locks with the same pins share a run.
    """
    if not (target.locks or target.projects or target.unread):
        return Skip(
            status=Status.NOT_APPLICABLE, reason="there is no dependency manifest and no lockfile"
        )
    jobs = {}
    for lock in target.locks:
        for pins in _batches(lock, options):
            job = _job(pins, options)
            jobs[job.name] = job
    return tuple(jobs.values())


def read(target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
    """Findings and coverage of every lock and of every manifest that has none."""
    audited = {run.job.name: _audited(run, options) for run in runs}
    findings: dict[tuple[str, str], Finding] = {}
    coverage = []
    for lock in target.locks:
        answered: set[Question] = set()
        unaccounted: dict[Question, str] = {}
        for pins in _batches(lock, options):
            for question, problem in audited[_job(pins, options).name].items():
                if problem:
                    unaccounted[question] = problem
                else:
                    answered.add(question)
        coverage.append(_cover(lock, options, answered, unaccounted))
        # An advisory is told even where the count does not add up: it is known all the same.
        for finding in _findings(lock, options, answered | unaccounted.keys()):
            key = (finding.rule, finding.subject)
            findings[key] = _merge(findings[key], finding) if key in findings else finding
    coverage.extend(_unlocked(target))
    return Reading(
        findings=tuple(findings[key] for key in sorted(findings)),
        coverage=tuple(coverage),
        data=options.data,
    )


# ------------------------------------------------------------------------------ what is asked


def _question(package: Package) -> Question | Missing | None:
    """The question for a package; why there is none; or nothing for the repository's own code."""
    if package.source.origin is Origin.WORKSPACE:
        return None
    if package.source.origin is not Origin.REGISTRY:
        what = {
            Origin.INDEX: "it comes from another index, where the name may mean another project",
            Origin.VCS: "it comes from a version control system",
            Origin.URL: "it comes from a URL",
            Origin.PATH: "it comes from a local path",
        }[package.source.origin]
        return _missing(package, Gap.NOT_FROM_REGISTRY, f"{what}: advisories do not speak of it")
    if package.version is None:
        return _missing(package, Gap.NO_VERSION, "it is not pinned to one version")
    if package.ecosystem != PYTHON:
        return Question(package.ecosystem, package.name, package.version)
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - not for `--help`

    try:
        return Question(PYTHON, package.name, str(Version(package.version)))
    except InvalidVersion:
        return _missing(package, Gap.UNPARSABLE_VERSION, "its version is not valid for PyPI")


def _missing(package: Package, gap: Gap, why: str) -> Missing:
    return Missing(subject=package.key, gap=gap, why=why, location=package.location)


def _batches(lock: Lock, options: Options) -> Iterator[tuple[Question, ...]]:
    """The Python questions of a lock that were answered, each name once per batch."""
    versions: dict[str, set[Question]] = defaultdict(set)
    for package in lock.packages:
        question = _question(package)
        if isinstance(question, Question) and question.ecosystem == PYTHON:
            answer = options.answers.get(question)
            if answer is not None and answer.gap is None:
                versions[question.name].add(question)
    rows = [sorted(versions[name]) for name in sorted(versions)]
    for depth in range(max(map(len, rows), default=0)):
        yield tuple(row[depth] for row in rows if depth < len(row))


def _job(pins: Iterable[Question], options: Options) -> Job:
    pins = (CANARY, *pins)
    text = "".join(f"{pin.name}=={pin.version}\n" for pin in pins)
    return Job(
        name="pins-" + hashlib.sha256(text.encode()).hexdigest()[:16],
        arguments=(
            *("--requirement", "pins.txt", "--no-deps", "--disable-pip"),
            *("--vulnerability-service", "osv", "--osv-url", options.relay_url),
            *("--cache-dir", "cache", "--progress-spinner", "off"),
            *("--format", "json", "--aliases", "on", "--desc", "off", "--output", "audit.json"),
        ),
        inputs={"pins.txt": text.encode()},
        outputs=("audit.json",),
        # 1 means findings, and the canary is always one. 0 would mean that it went unnoticed.
        accept=frozenset({1}),
        timeout=TIMEOUT + len(pins) * 0.5,
    )


# ----------------------------------------------------------------------------- what came back


def _audited(run: Ran, options: Options) -> dict[Question, str]:
    """Each pin of a run with "" when it was answered in full, else with what is wrong.

    Raises `UnreadableOutputError` when the output is no answer to what was asked.
    """
    rows = _rows(run)
    reported = {
        (row.get("name"), row.get("version")): row for row in rows if "skip_reason" not in row
    }
    skipped = {row.get("name"): row["skip_reason"] for row in rows if "skip_reason" in row}
    asked = [
        Question(PYTHON, *line.split("==", 1))
        for line in run.job.inputs["pins.txt"].decode().splitlines()
    ]
    surplus = reported.keys() - {(pin.name, pin.version) for pin in asked}
    if surplus or len(rows) != len(reported) + len(skipped):
        raise UnreadableOutputError("pip-audit answers for packages that it was not asked about")
    canary, *pins = asked
    row = reported.get((canary.name, canary.version))
    if row is None or not _ids(row):
        raise UnreadableOutputError(
            "pip-audit did not report the canary, so its silence about others means nothing"
        )
    problems = {}
    for pin in pins:
        row = reported.get((pin.name, pin.version))
        if row is None:
            reason = skipped.get(pin.name, "it is not in the output")
            problems[pin] = f"pip-audit gave no answer: {reason}"
            continue
        ids = _ids(row)
        known = [_known(record) for record in options.answers[pin].records]
        unseen = [min(group) for group in known if not group & ids]
        if ids - frozenset().union(*known):
            raise UnreadableOutputError("pip-audit reports an advisory that it was not given")
        problems[pin] = f"pip-audit left out {', '.join(unseen)}" if unseen else ""
    return problems


def _rows(run: Ran) -> list[dict[str, Any]]:
    """The dependency entries of pip-audit's JSON, checked for shape."""
    content = run.outputs.get("audit.json")
    if content is None:
        raise UnreadableOutputError("pip-audit wrote no output")
    try:
        rows = json.loads(content)["dependencies"]
        shaped = all(
            isinstance(row["name"], str)
            and (
                isinstance(row["skip_reason"], str)
                if "skip_reason" in row
                else isinstance(row["version"], str)
                and all(isinstance(vuln["id"], str) for vuln in row["vulns"])
            )
            for row in rows
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableOutputError("pip-audit's output is not the JSON it promises") from error
    if not shaped:
        raise UnreadableOutputError("pip-audit's output is not the JSON it promises")
    return list(rows)


def _ids(row: Mapping[str, Any]) -> frozenset[str]:
    """Every id under which a package's advisories were reported."""
    return frozenset(id_ for vuln in row["vulns"] for id_ in (vuln["id"], *vuln.get("aliases", ())))


def _known(record: Mapping[str, Any]) -> frozenset[str]:
    """The ids of an OSV record: its own and its aliases."""
    return frozenset((record["id"], *record.get("aliases", ())))


def _cover(
    lock: Lock, options: Options, answered: set[Question], unaccounted: Mapping[Question, str]
) -> Coverage:
    """Every package of the lock against what was answered; forks of one version count once."""
    evaluated: set[str] = set()
    missing: dict[str, Missing] = {}
    for package in lock.packages:
        question = _question(package)
        if question is None:
            continue
        if isinstance(question, Missing):
            missing.setdefault(package.key, question)
        elif question in answered:
            evaluated.add(package.key)
        else:
            answer = options.answers.get(question)
            if question in unaccounted:
                gap, why = Gap.NOT_ACCOUNTED_FOR, unaccounted[question]
            elif answer is not None and answer.gap is not None:
                gap, why = answer.gap, answer.why
            else:
                gap, why = Gap.DATA_MISSING, "the advisory source gave no answer"
            missing.setdefault(package.key, _missing(package, gap, why))
    unread = [
        Missing(
            subject=f"line {part.location.line}" if part.location.line else part.location.path,
            gap=part.gap,
            why=part.why,
            location=part.location,
        )
        for part in lock.unread
    ]
    # One key can be both: the same version from the registry and from elsewhere.
    left_out = [*missing.values(), *unread]
    return Coverage(
        scope=lock.path,
        unit="packages",
        expected=len(evaluated) + len(left_out),
        evaluated=len(evaluated),
        missing=tuple(left_out),
    )


def _unlocked(target: Target) -> Iterator[Coverage]:
    """Manifests and locks that nobody could read packages from: each one is a gap."""
    read_locks = {file for lock in target.locks for file in (lock.path, *lock.files)}
    told: set[str] = set()
    for project in target.projects:
        for path in project.locks:
            if path not in read_locks and path not in told:
                told.add(path)
                yield _gap(path, Gap.UNSUPPORTED_INPUT, "no reader knows this lock format yet")
        if project.locks:
            continue
        for manifest in project.manifests:
            if manifest.declared != 0 and manifest.path not in read_locks:
                why = (
                    "its dependencies have no lockfile, so nobody knows their versions"
                    if manifest.declared
                    else "it may have dependencies, and there is no lockfile"
                )
                yield _gap(manifest.path, Gap.INPUT_MISSING, why)


def _gap(path: str, gap: Gap, why: str) -> Coverage:
    missing = Missing(subject=path, gap=gap, why=why, location=Location(path=path))
    return Coverage(scope=path, unit="files", expected=1, evaluated=0, missing=(missing,))


# ------------------------------------------------------------------------------ what it means


def _findings(lock: Lock, options: Options, asked: Iterable[Question]) -> Iterator[Finding]:
    """One finding per advisory and package version, on every line where the version stands."""
    places: dict[Question, list[Package]] = defaultdict(list)
    for package in lock.packages:
        question = _question(package)
        if isinstance(question, Question):
            places[question].append(package)
    graph = Graph.of(lock)
    for question in sorted(asked):
        advisories = osv.group(options.answers[question].records, PYTHON, question.name)
        if not advisories:
            continue
        packages = places[question]
        paths = shortest(graph.paths(package.key) for package in packages)
        for advisory in advisories:
            yield _finding(advisory, packages, paths, options)


def _finding(
    advisory: Advisory,
    packages: Sequence[Package],
    paths: tuple[tuple[str, ...], ...],
    options: Options,
) -> Finding:
    package = packages[0]
    ids = (advisory.id, *advisory.aliases)
    fixed = advisory.fixed_after(package.version or "")
    if advisory.kind is Kind.MALWARE:
        fix = f"remove {package.name} and treat every machine that installed it as compromised"
    elif fixed:
        fix = f"upgrade {package.name} from {package.version} to {fixed[0]} or later"
    else:
        fix = f"no fixed version of {package.name} is known: replace it, or record a waiver"
    return Finding(
        check="dependencies",
        rule=advisory.id,
        kind=advisory.kind,
        severity=advisory.severity,
        title=advisory.title,
        subject=package.purl,
        locations=tuple(sorted({package.location for package in packages})),
        detail=advisory.detail,
        fix=fix,
        url=advisory.url,
        aliases=advisory.aliases,
        fixed_versions=fixed,
        paths=paths,
        cvss=advisory.cvss,
        score=advisory.score,
        epss=max((options.epss[id_] for id_ in ids if id_ in options.epss), default=None),
        exploited=next((options.exploited[id_] for id_ in ids if id_ in options.exploited), None),
        seen_by=("pip-audit",),
    )


def _merge(one: Finding, other: Finding) -> Finding:
    """The same problem in two locks."""
    return replace(
        one,
        locations=tuple(sorted({*one.locations, *other.locations})),
        paths=shortest((one.paths, other.paths)),
    )
