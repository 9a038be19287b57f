"""`supply-chain tools`: programs from outside the package index, and their data.

`status` looks, `install` puts a verified program into the cache, `update` fetches the database.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ExitCode, IncompleteError
from pipeline.files import cache_folder
from pipeline.model import ToolRecord
from pipeline.progress import Progress
from pipeline.store import Output
from pipeline.text import plain
from pipeline.tools import binaries
from pipeline.tools.pins import Pin, pin, pins

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline.model import TrivySettings
    from pipeline.settings import Settings
    from pipeline.store import Plan
    from pipeline.tools.binaries import Binary


def execute(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 3 where a program is missing or refused, or the data are old."""
    settings = _settings(arguments.config)
    if arguments.action == "update":
        return _update(arguments, settings)
    trivy, names = settings.trivy, arguments.names or pins()
    is_install = arguments.action == "install"
    if is_install and arguments.planned:
        from pipeline.stages import refuse_brought  # noqa: PLC0415 - only for a planned run
        from pipeline.stages.request import checkout_of  # noqa: PLC0415 - as above
        from pipeline.tools.surroundings import shun  # noqa: PLC0415 - as above

        refuse_brought(Output(arguments.planned))
        plan = Output(arguments.planned).plan()
        shun(checkout_of(Path(plan.root)))
        trivy, names = plan.trivy, _missing(plan)
    wanted = [pin(name) for name in dict.fromkeys(names)]
    if is_install:
        is_quiet = arguments.quiet or arguments.json
        with Progress(quiet=is_quiet) as progress:
            for one in wanted:
                _install(one, arguments.route, progress, is_quiet=is_quiet)
    states = [_state(one, trivy) for one in wanted]
    if arguments.json:
        told = {"tools": [state.as_json() for state in states]}
        sys.stdout.write(json.dumps(told, indent=1, sort_keys=True) + "\n")
    else:
        for state in states:
            if state.record is None or not arguments.quiet:
                sys.stdout.write(state.as_text())
    is_ready = all(state.record for state in states)
    return ExitCode.COMPLIANT if is_ready else ExitCode.INCOMPLETE


def _missing(plan: Plan) -> list[str]:
    """The programs that a planned run has work for, and that are not here.

    None where the run is to use no network.
    """
    from pipeline.collect.wanted import programs  # noqa: PLC0415 - not to look only

    if plan.offline:
        return []
    return [
        name for name in programs(plan.checks, plan) if not _state(pin(name), plan.trivy).record
    ]


def _settings(config: Path | None) -> Settings:
    """What the policy in the file `config` says; the defaults without one."""
    from pipeline.settings import DEFAULTS, load  # noqa: PLC0415 - few ask for a policy

    return load(config) if config else DEFAULTS


def _update(arguments: argparse.Namespace, settings: Settings) -> int:
    """Have today's database in the cache, for runs that go on at once or without a network."""
    from pipeline.stages import today  # noqa: PLC0415 - not to look only
    from pipeline.store import encode  # noqa: PLC0415 - as above
    from pipeline.tools.trivydb import Request, ready  # noqa: PLC0415 - as above

    trivy = settings.trivy
    program = binaries.need("trivy", path=trivy.path, accepted=trivy.sha256)
    with Progress(quiet=arguments.quiet or arguments.json) as progress:
        progress.start("database")
        found = ready(
            Request(
                program=program.path,
                settings=trivy,
                today=today(),
                max_age_days=settings.policy.advisories_max_age_days,
                java=arguments.java,
            )
        )
        progress.done("database", f"in {found.cache}")
    if arguments.json:
        told = {"cache": found.cache, "records": found.records, "sources": sorted(found.sources)}
        sys.stdout.write(encode(told).decode())
    elif not arguments.quiet:
        for record in found.records:
            age = "fresh" if record.fresh else "too old"
            line = f"{record.name}: {record.note}, {age}, from {record.origin}, {record.digest}"
            sys.stdout.write(f"{plain(line)}\n")
    is_fresh = all(record.fresh for record in found.records)
    return ExitCode.COMPLIANT if is_fresh else ExitCode.INCOMPLETE


def _install(wanted: Pin, route: str | None, progress: Progress, *, is_quiet: bool) -> Binary:
    from pipeline.tools.install import ROUTES, install  # noqa: PLC0415 - not to look only
    from pipeline.trust.roots import newest  # noqa: PLC0415 - as above

    routes: Sequence[str] = (route,) if route else ROUTES

    def tell(what: str) -> None:
        progress.detail(wanted.name, what)
        if not (is_quiet or sys.stderr.isatty()):
            # A log shows no moving line, and a build is silent for minutes.
            sys.stderr.write(f"{what}\n")

    progress.start(wanted.name)
    found = install(wanted, root=newest(cache_folder() / "trust"), routes=routes, tell=tell)
    progress.done(wanted.name, f"{found.record.version}, {found.record.obtained}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What is known of one program: the record of the one that would run, or why none would."""

    wanted: Pin
    status: str
    record: ToolRecord | None = None
    path: str = ""
    why: str = ""
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        record = self.record
        return {
            "name": self.wanted.name,
            "pinned": self.wanted.version,
            "status": self.status,
            "path": self.path,
            "version": record.version if record else "",
            "digest": record.digest if record else "",
            "obtained": record.obtained if record else "",
            "verified": record.verified if record else "",
            "why": self.why,
            "fix": self.fix,
        }

    def as_text(self) -> str:
        head = f"{self.wanted.name} {self.wanted.version} (pinned): {self.status}"
        if self.record is None:
            lines = [f"why: {self.why}", f"to mend it: {self.fix}"]
        else:
            record = self.record
            lines = [
                f"{record.name} {record.version} at {self.path}",
                record.digest,
                f"obtained from: {record.obtained}",
                f"verified by: {record.verified}",
            ]
        return "".join(f"{line}\n" for line in (head, *(f"  {plain(line)}" for line in lines)))


def _state(wanted: Pin, trivy: TrivySettings) -> _State:
    try:
        found = binaries.need(wanted.name, path=trivy.path, accepted=trivy.sha256)
    except IncompleteError as error:
        where = f"{error.where}: " if error.where else ""
        is_refused = isinstance(error, binaries.RefusedError)
        return _State(
            wanted=wanted,
            status="refused" if is_refused else "missing",
            why=f"{where}{error.what}",
            fix=error.fix,
        )
    return _State(wanted=wanted, status="ready", record=found.record, path=str(found.path))
