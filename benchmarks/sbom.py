"""How fast SBOMs are made, over made-up locks that are always the same."""

from __future__ import annotations

import base64
import hashlib
import json
import statistics
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measure import PIPELINE, judged, timed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON, NPM = 1000, 1500
"""Packages of each kind."""

CHAIN = 10
"""npm packages of which each requires all that follow, before the next such group."""


def speed(folder: Path) -> Iterator[str]:
    """All of it, validation included, against cyclonedx-bom with its own on the Python part."""
    repository = write_locks(folder / "repository", python=PYTHON, npm=NPM)
    ours = [*PIPELINE, "sbom", str(repository), "--output", str(folder / "bom.json")]
    theirs = [
        *(sys.executable, "-I", "-m", "cyclonedx_py", "requirements"),
        *(str(repository / "requirements.txt"), "--output-file", str(folder / "theirs.json")),
    ]
    timed(ours, None)
    seconds = statistics.median(timed(ours, None) for _ in range(5))
    yield judged(f"{PYTHON + NPM:,} packages, validated", seconds, at_most=3, unit="s")
    # Once: it takes half a minute.
    yield judged("cyclonedx-bom on the Python part", timed(theirs, None) / seconds, at_least=10)


def write_locks(root: Path, *, python: int, npm: int) -> Path:
    """A repository with a hashed requirements file, and an npm project in the folder `web`."""
    (root / "web").mkdir(parents=True, exist_ok=True)
    lines = (
        f"package-{number}==1.{number} \\\n"
        f"    --hash=sha256:{_digest('sha256', f'{number}-wheel').hex()} \\\n"
        f"    --hash=sha256:{_digest('sha256', f'{number}-sdist').hex()}\n"
        for number in range(python)
    )
    (root / "requirements.txt").write_text("".join(lines))
    manifest = {
        "name": "web",
        "version": "1.0.0",
        "dependencies": {f"pkg-{number}": "*" for number in range(0, npm, CHAIN)},
    }
    entries = {f"node_modules/pkg-{number}": _entry(number, npm) for number in range(npm)}
    lock = {"name": "web", "lockfileVersion": 3, "packages": {"": manifest, **entries}}
    (root / "web" / "package.json").write_text(json.dumps(manifest))
    (root / "web" / "package-lock.json").write_text(json.dumps(lock, indent=2))
    return root


def _entry(number: int, count: int) -> dict[str, Any]:
    integrity = base64.b64encode(_digest("sha512", str(number))).decode()
    end = min(count, number - number % CHAIN + CHAIN)
    return {
        "version": f"1.0.{number}",
        "resolved": f"https://registry.npmjs.org/pkg-{number}/-/pkg-{number}-1.0.{number}.tgz",
        "integrity": f"sha512-{integrity}",
        "license": "MIT",
        "dependencies": {f"pkg-{other}": "*" for other in range(number + 1, end)},
    }


def _digest(algorithm: str, text: str) -> bytes:
    return hashlib.new(algorithm, text.encode()).digest()
