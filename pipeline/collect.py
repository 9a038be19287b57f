"""From a plan to evidence: run what the checks plan, read what the tools left.

The one place where a fault becomes a status. A check that did not do its whole work never comes
out `clean`: a missing tool, an exit code nobody expects, a time limit, output that makes no
sense and a fault of our own are `errored`; inputs that nobody answered for are `partial`.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks import CHECKS
from pipeline.checks.equipment import Tools
from pipeline.checks.job import Network, Options, Ran, Skip, Wanted
from pipeline.errors import IncompleteError, PipelineError, UsageError
from pipeline.model import Evidence, Gap, Kind, Location, Reading, Status, Unread, tally
from pipeline.tools.run import Command, run
from pipeline.tree import FileTooLargeError, Tree, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipeline.checks import Check
    from pipeline.checks.job import Job
    from pipeline.model import DataRecord, Exploited, Finding
    from pipeline.registries.ask import Heard
    from pipeline.registries.release import Pin
    from pipeline.store import Output, Plan
    from pipeline.tools.trivy import Database

MAX_PROCESSES = 4
"""Tools of one check that run at the same time, at most."""

MAX_WANTED_FILE = 4 * 1024 * 1024
MAX_WANTED = 64 * 1024 * 1024
"""Bytes of one file that a check may want to see before it plans, and of all of them together."""


def collect(name: str, plan: Plan, output: Output, *, heard: Heard | None = None) -> Evidence:
    """Run the check `name` and record its evidence in the output folder.

    Checks of one run that are given the same `heard` ask the registries nothing twice.
    Raises `UsageError` for a name that is no check or is not planned, and `IncompleteError`
    when the evidence cannot be written.
    """
    if name not in plan.checks:
        raise UsageError(
            f"{name!r} is not planned", fix=f"choose one of {', '.join(sorted(plan.checks))}"
        )
    started = time.monotonic()
    evidence = _evidence(name, CHECKS[name], plan, output, heard)
    output.record(plan, evidence, seconds=time.monotonic() - started)
    return evidence


def perform(name: str, plan: Plan) -> Reading | Skip:
    """What the check `name` reads, with nothing recorded; raises `PipelineError` for its faults."""
    check = CHECKS[name]
    return _run(check, plan, Tools(check.TOOL, plan.trivy, plan.root))


def _evidence(name: str, check: Check, plan: Plan, output: Output, heard: Heard | None) -> Evidence:
    tools = Tools(check.TOOL, plan.trivy, plan.root)

    def errored(reason: str) -> Evidence:
        return Evidence(check=name, status=Status.ERRORED, reason=reason, tools=tools.records)

    try:
        found = _run(check, plan, tools, heard)
        kept = output.keep(name, found.files) if isinstance(found, Reading) else ()
    except PipelineError as error:
        where = f"{error.where}: " if error.where else ""
        mend = f" (to mend it: {error.fix})" if error.fix else ""
        return errored(" ".join(f"{where}{error.what}{mend}".split()))
    # A defect of ours must not take the other checks and the report with it. It is loud on
    # standard error and `errored` in the evidence, so it cannot pass for an answer.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc(file=sys.stderr)
        return errored(f"a fault in the pipeline itself: {type(error).__name__}")
    if isinstance(found, Skip):
        return Evidence(check=name, status=found.status, reason=found.reason, tools=tools.records)
    status, reason = _status(found)
    return Evidence(
        check=name,
        status=status,
        reason=reason,
        findings=found.findings,
        coverage=found.coverage,
        tools=(*tools.records, *found.tools),
        data=found.data,
        artefacts=(*found.artefacts, *kept),
        tables=found.tables,
    )


def _status(reading: Reading) -> tuple[Status, str]:
    """`clean` needs something to have been expected, and all of it evaluated."""
    required = [part for part in reading.coverage if part.required]
    if not required and any(not part.complete for part in reading.coverage):
        return Status.NOT_APPLICABLE, "nothing could be evaluated, and nothing requires it"
    if not required:
        return Status.NOT_APPLICABLE, "there is nothing of its kind to look at"
    if not all(part.complete for part in required):
        return Status.PARTIAL, f"{tally(required)} were evaluated"
    if reading.findings:
        return Status.FOUND, ""
    if not sum(part.expected for part in required):
        return Status.NOT_APPLICABLE, f"there are no {required[0].unit} to look at"
    return Status.CLEAN, ""


def _run(check: Check, plan: Plan, tools: Tools, heard: Heard | None = None) -> Reading | Skip:
    with ExitStack() as stack:
        options = Options(
            root=plan.root,
            as_of=plan.as_of,
            tool=tools.record(),
            policy=plan.policy,
            secrets=plan.secrets,
            provenance=plan.provenance,
            offline=plan.offline,
        )
        if check.NETWORK is Network.ADVISORIES:
            options = _advised(check, plan, options, stack)
        elif check.NETWORK in {Network.REGISTRY, Network.LICENCES}:
            options = _released(check, plan, options, heard)
        elif check.NETWORK is Network.ATTESTATIONS:
            options = _attested(plan, options)
        jobs, options = _planned(check, plan, options, tools)
        if isinstance(jobs, Skip):
            return jobs
        runs = _run_jobs(jobs, tools.commands(jobs)) if jobs else []
        return _ranked(check.read(plan.target, replace(options, tool=tools.record()), runs), plan)


def _planned(
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


def _released(check: Check, plan: Plan, options: Options, heard: Heard | None) -> Options:
    """Ask the registries about every release at once; what they do not tell is a gap of its own.

    Only names leave the machine, and nothing does when the run is offline.
    """
    from pipeline.registries.ask import ask  # noqa: PLC0415 - only a run asks
    from pipeline.registries.release import Pin  # noqa: PLC0415

    pins = [Pin(*question) for question in check.questions(plan.target)]
    if plan.offline or not pins:
        return options
    told = ask(
        pins,
        urls={"PyPI": plan.pypi_url, "npm": plan.npm_url},
        licences=check.NETWORK is Network.LICENCES or bool(plan.policy.denied_licences),
        heard=heard,
    )
    return replace(options, releases=told.releases, data=told.data)


def _attested(plan: Plan, options: Options) -> Options:
    """Ask the registries what proves each locked release, and read the files that are given.

    Only names leave the machine, and nothing does when the run is offline.
    """
    from pipeline.registries.attested import ASKING, provenance_files  # noqa: PLC0415 - as above
    from pipeline.registries.attesters import ask_attested  # noqa: PLC0415
    from pipeline.registries.release import pins  # noqa: PLC0415

    wanted: dict[Pin, frozenset[str]] = {}
    for lock in plan.target.locks:
        for pin, packages in pins(lock).items():
            if pin.ecosystem in ASKING:
                hashes = (one for package in packages for one in package.hashes)
                wanted[pin] = wanted.get(pin, frozenset()).union(hashes)
    if folder := plan.provenance.folder:
        given = provenance_files(Path(plan.root, folder))
        options = replace(options, provenance_files=given)
    if plan.offline or not wanted:
        return options
    told = ask_attested(wanted, urls={"PyPI": plan.pypi_url, "npm": plan.npm_url})
    return replace(options, attested=told.attested, data=told.data)


def _advised(check: Check, plan: Plan, options: Options, stack: ExitStack) -> Options:
    """Ask the advisory source everything at once, and offer its answers to tools on loopback.

    The relay lives until `stack` is closed.
    """
    from pipeline.advisories import osv  # noqa: PLC0415 - only a run asks
    from pipeline.advisories.choose import choose  # noqa: PLC0415
    from pipeline.advisories.relay import serve  # noqa: PLC0415

    questions = check.questions(plan.target)
    if not questions:
        return options
    days = plan.policy.advisories_max_age_days
    given = Path(plan.advisories) if plan.advisories else None
    source = choose(
        today=plan.as_of,
        max_age_days=days,
        advisories=given,
        offline=plan.offline,
        ecosystems=sorted({question.ecosystem for question in questions}),
        **{key: url for key in ("osv_url", "pypi_url") if (url := getattr(plan, key))},
    )
    stack.enter_context(source)
    answers = source.ask(questions)
    ids = {
        id_ for answer in answers.values() for record in answer.records for id_ in osv.ids(record)
    }
    exploited, epss, records = _ranks(plan, ids)
    relay = stack.enter_context(serve(answers))
    return replace(
        options,
        relay_url=relay.query_url,
        answers=answers,
        answered_by=source.name,
        exploited=exploited,
        epss=epss,
        data=(*source.records, *records),
    )


def _ranks(
    plan: Plan, ids: Collection[str]
) -> tuple[Mapping[str, Exploited], Mapping[str, float], tuple[DataRecord, ...]]:
    """What KEV and EPSS say of these ids; both stand beside the store that is used."""
    from pipeline.advisories import feeds  # noqa: PLC0415 - only a run asks
    from pipeline.advisories.snapshot import is_snapshot  # noqa: PLC0415
    from pipeline.advisories.store import database_path  # noqa: PLC0415

    given = Path(plan.advisories) if plan.advisories else None
    database = given if given and is_snapshot(given) else database_path()
    days = plan.policy.kev_max_age_days
    exploited, kev = feeds.kev(database, ids, today=plan.as_of, max_age_days=days)
    epss, scores = feeds.epss(database, ids, today=plan.as_of, max_age_days=days)
    return exploited, epss, tuple(record for record in (kev, scores) if record)


def _ranked(reading: Reading, plan: Plan) -> Reading:
    """A reading whose vulnerabilities say whether they are exploited, and how likely that is.

    For what a tool's own advisories tell of, which know nothing of either list; a check that asked
    the advisory source has ranked what that told.
    """

    def is_open(finding: Finding) -> bool:
        ranks = (finding.exploited, finding.epss)
        return finding.kind is Kind.VULNERABILITY and ranks == (None, None)

    ids = {id_ for finding in reading.findings if is_open(finding) for id_ in finding.ids}
    if not ids:
        return reading
    exploited, epss, records = _ranks(plan, ids)

    def ranked(finding: Finding) -> Finding:
        if not is_open(finding):
            return finding
        names = (finding.rule, *finding.aliases)
        return replace(
            finding,
            exploited=next((exploited[id_] for id_ in names if id_ in exploited), None),
            epss=max((epss[id_] for id_ in names if id_ in epss), default=None),
        )

    findings = tuple(map(ranked, reading.findings))
    data = tuple(dict.fromkeys((*reading.data, *records)))
    return replace(reading, findings=findings, data=data)


def _run_jobs(jobs: Sequence[Job], commands: Sequence[tuple[str, ...]]) -> list[Ran]:
    with (
        tempfile.TemporaryDirectory(prefix="supply-chain-") as scratch,
        ThreadPoolExecutor(max_workers=min(len(jobs), MAX_PROCESSES)) as pool,
    ):
        folders = [Path(scratch, str(number)) for number in range(len(jobs))]
        runs = pool.map(_run_job, jobs, commands, folders)
        return [run for run in runs if run is not None]


def _run_job(job: Job, command: tuple[str, ...], folder: Path) -> Ran | None:
    """Run one job in a folder of its own.

    Raises `IncompleteError` for every way to fail; `None` stands for an optional job's failure.
    """
    if not command:
        return None
    work, home = folder / "work", folder / "home"
    work.mkdir(parents=True)
    home.mkdir()
    for name, content in job.inputs.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(content)
    for name, place in job.links.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).symlink_to(place)
    result = run(
        Command(
            argv=(*command, *job.arguments),
            accept=job.accept,
            timeout=job.timeout,
            env=job.env,
            network=job.network,
            label=job.name,
        ),
        cwd=work,
        home=home,
    )
    if result.fault and job.optional:
        return None
    if result.fault:
        said = [] if job.private else result.stderr.strip().splitlines()
        raise IncompleteError(f"{result.detail}{': ' + said[-1][:300] if said else ''}")
    outputs = {name: (work / name).read_bytes() for name in job.outputs if (work / name).is_file()}
    assert result.exit_code is not None
    return Ran(
        job=job,
        exit_code=result.exit_code,
        outputs=outputs,
        stdout=result.stdout,
        stderr=result.stderr,
    )
