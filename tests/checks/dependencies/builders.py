"""Locks, records and pip-audit's output, as small as they can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.advisories.source import CANARY, Answer, Question
from pipeline.checks import dependencies
from pipeline.checks.job import Job, Options, Ran, Skip, Wanted
from pipeline.model import Location, Lock, Package, Reading, Target

Row = dict[str, Any]


def package(name: str, version: str | None = "1.0", line: int = 1, **changes: Any) -> Package:
    return Package(
        **{
            "ecosystem": "PyPI",
            "name": name,
            "version": version,
            "location": Location(path="requirements.txt", line=line),
            **changes,
        }
    )


def lock(*packages: Package, path: str = "requirements.txt", **changes: Any) -> Lock:
    return Lock(
        **{
            "path": path,
            "format": "requirements.txt",
            "ecosystem": "PyPI",
            "digest": "sha256:0",
            "packages": packages,
            "files": (path,),
            **changes,
        }
    )


def target(*locks: Lock, **changes: Any) -> Target:
    return Target(**{"name": "t", "git": None, "files": 1, "locks": locks, **changes})


def record(
    id_: str,
    name: str,
    *aliases: str,
    fixed: str = "2.0",
    ecosystem: str = "PyPI",
    **changes: Any,
) -> Row:
    return {
        "id": id_,
        "aliases": list(aliases),
        "summary": f"{name} is broken",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
        ],
        **changes,
    }


def options(of: Target, known: Mapping[str, Sequence[Row]], **changes: Any) -> Options:
    answers = {
        question: Answer(records=tuple(known.get(question.name, ())))
        for question in dependencies.questions(of)
    }
    facts = {"relay_url": "http://127.0.0.1:1/q", "answers": answers, "answered_by": "a source"}
    return Options(**{**facts, **changes})


def audit(job: Job, with_: Options) -> list[Row]:
    """What pip-audit writes for a job when everything goes well (shape of 2.10.1)."""
    rows = []
    for line in job.inputs["pins.txt"].decode().splitlines():
        name, version = line.split("==", 1)
        if (name, version) == CANARY[1:]:
            vulns = [{"id": "SUPPLY-CHAIN-CANARY", "fix_versions": [], "aliases": []}]
        else:
            vulns = [
                {"id": one["id"], "fix_versions": ["2.0"], "aliases": one["aliases"]}
                for one in with_.answers[Question("PyPI", name, version)].records
            ]
        rows.append({"name": name, "version": version, "vulns": vulns})
    return rows


def ran(job: Job, rows: Any) -> Ran:
    content = json.dumps({"dependencies": rows, "fixes": []}).encode()
    return Ran(job=job, exit_code=1, outputs={"audit.json": content})


def read(
    of: Target, with_: Options, spoil: Callable[[list[Row]], Any] = lambda rows: rows
) -> Reading:
    jobs = dependencies.plan(of, with_)
    assert not isinstance(jobs, Skip | Wanted)
    return dependencies.read(of, with_, [ran(job, spoil(audit(job, with_))) for job in jobs])
