"""What tools answer to the sbom check, and the check asked with that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pipeline.checks import sbom
from pipeline.checks.job import Job, Options, Ran
from pipeline.model import (
    Reading,
    Target,
    ToolRecord,
)
from pipeline.sbom import Json, pins
from tests.sbom.polyglot import DAY, lock, package, target

TOOL = ToolRecord(name="cyclonedx-bom", version="7.5.0", digest="sha256:" + "0" * 64)


def spelled(job: Job) -> Json:
    """What cyclonedx-py writes for a job (shape of 7.5.0)."""
    rows = [line.split("==") for line in job.inputs[pins.INPUT].decode().splitlines()]
    return {
        "metadata": {
            "tools": {
                "components": [
                    {"type": "application", "name": "cyclonedx-py", "version": "7.5.0"},
                    {"type": "library", "name": "cyclonedx-python-lib", "version": "11.12.0"},
                ]
            }
        },
        "components": [
            {
                "bom-ref": f"requirements-L{number}",
                "type": "library",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "description": "requirements line",
                "externalReferences": [
                    {"type": "distribution", "url": f"https://pypi.org/simple/{name}/"}
                ],
            }
            for number, (name, version) in enumerate(rows, 1)
        ],
    }


def read(of: Target, spoil: Callable[[Json], Any] = lambda _: None, **more: Any) -> Reading:
    options = Options(as_of=DAY, tool=TOOL, **more)
    jobs = sbom.plan(of, options)
    assert isinstance(jobs, tuple)
    runs = []
    for job in jobs:
        document = spelled(job)
        spoil(document)
        runs.append(Ran(job=job, exit_code=0, outputs={pins.OUTPUT: json.dumps(document).encode()}))
    return sbom.read(of, options, runs)


def merged(reading: Reading, version: str = "1.7") -> Json:
    (file,) = (one for one in reading.files if one.path == f"{version}/{sbom.MERGED}")
    return dict(json.loads(file.content))


OF = target(lock(package("a", direct=True, requires=("b",)), package("b", direct=False)))
