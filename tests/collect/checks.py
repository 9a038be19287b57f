"""Checks that want, plan and read what a test needs, and a target for them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from pipeline.advisories.source import Question
from pipeline.checks.job import Job, Network, Options, Ran, Rule, Wanted
from pipeline.model import (
    Coverage,
    File,
    Location,
    Lock,
    Missing,
    Package,
    Reading,
    Table,
    Target,
    ToolRecord,
    Unread,
)


def target(*names: str) -> Target:
    packages = tuple(
        Package(
            ecosystem="PyPI",
            name=name,
            version=version,
            location=Location(path="requirements.txt", line=number),
        )
        for number, (name, version) in enumerate((one.split("==") for one in names), 1)
    )
    lock = Lock(
        path="requirements.txt",
        format="requirements.txt",
        ecosystem="PyPI",
        digest="sha256:0",
        packages=packages,
    )
    return Target(name="t", git=None, files=1, locks=(lock,))


class Curious:
    """A check that wants `first`, then what that names, and tells what it was given."""

    TOOL = None
    NETWORK = Network.NONE
    RULES: ClassVar[dict[str, Rule]] = {}

    def questions(self, target: Target) -> tuple[Question, ...]:
        return ()

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        first = options.files.get("first")
        if first is None:
            return Wanted(files=("first", "missing"))
        assert isinstance(first, bytes)
        names = tuple(first.decode().split())
        return () if set(names) <= options.files.keys() else Wanted(files=names)

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        missing = tuple(
            Missing(subject=path, gap=content.gap, why=content.why)
            for path, content in options.files.items()
            if isinstance(content, Unread)
        )
        count = len(options.files)
        return Reading(
            coverage=(
                Coverage(
                    scope="files",
                    unit="files",
                    expected=count,
                    evaluated=count - len(missing),
                    missing=missing,
                ),
            )
        )


class Helped(Curious):
    """A check that asks another program, and keeps what it said."""

    def __init__(self, script: str, *, optional: bool) -> None:
        self.job = Job(
            name="helper",
            arguments=("-I", "-c", script),
            program=sys.executable,
            optional=optional,
        )

    def plan(self, target: Target, options: Options) -> tuple[Job, ...] | Wanted:
        return (self.job,)

    def read(self, target: Target, options: Options, runs: Sequence[Ran]) -> Reading:
        assert options.as_of == date(2026, 11, 1)
        said = b"".join(run.stdout for run in runs)
        return Reading(
            coverage=(Coverage(scope="x", unit="words", expected=1, evaluated=1),),
            files=(File(path="said.txt", content=said, media_type="text/plain"),),
            tables=(Table(title="Words", columns=("Runs",), rows=((len(runs),),)),),
            tools=(ToolRecord(name="helper", version="1"),),
        )
