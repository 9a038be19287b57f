"""Fetching Trivy's databases through Trivy, and patience with registries that are asked a lot."""

from __future__ import annotations

import filecmp
import random
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import explained, write
from pipeline.tools import trivy
from pipeline.tools.run import Command, run
from pipeline.tools.trivyparts import JAVA, dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.tools.run import Run
    from pipeline.tools.trivyparts import Part

PAUSES = (5.0, 20.0, 60.0)
"""Seconds before each new attempt, where a registry asks for fewer questions."""

_DOWNLOAD_SECONDS = 900.0
_LIMITED = ("TOOMANYREQUESTS", "429 Too Many Requests", "status code 429")
_SCRATCH = ".fetching-"


def fetch(
    part: Part, store: Path, program: Path, repository: str, sleep: Callable[[float], None]
) -> Path:
    """Let Trivy fetch a database into `store`, and name its folder by the database's own date.

    `repository` is a mirror, "" for the public one. Nobody else may be fetching into `store`.
    Raises `IncompleteError` when it cannot be had or is not what it has to be.
    """
    for left in store.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    with explained(store):
        scratch = Path(tempfile.mkdtemp(dir=store, prefix=_SCRATCH))
    try:
        cache = scratch / "cache"
        call = trivy.download_database(cache=str(cache), repository=repository, java=part is JAVA)
        _ask(program, call, scratch, sleep)
        made = dates(part, cache, datetime.now(UTC).date()).made
        found = store / f"{made:%Y%m%dT%H%M%S}"
        with explained(found):
            _put(cache / part.folder, found / part.folder, part.file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return found


def _put(new: Path, place: Path, file: str) -> None:
    """Move a database to its place. The same one there only learns when it was asked for."""
    if (place / file).is_file() and filecmp.cmp(new / file, place / file, shallow=False):
        write(place / "metadata.json", (new / "metadata.json").read_bytes())
        return
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(exist_ok=True)
    new.rename(place)


def _ask(program: Path, call: trivy.Call, scratch: Path, sleep: Callable[[float], None]) -> None:
    """Run the download; a registry that asks for fewer questions is asked again, more slowly."""
    work, home = scratch / "work", scratch / "home"
    for folder in (work, home):
        folder.mkdir()
    for name, content in call.inputs.items():
        (work / name).write_bytes(content)
    for pause in (*PAUSES, None):
        done = run(
            Command(
                argv=(str(program), *call.arguments),
                timeout=_DOWNLOAD_SECONDS,
                env=call.env,
                network=True,
                label="Trivy's database",
            ),
            cwd=work,
            home=home,
        )
        if done.ok:
            return
        limited = any(word in done.stderr for word in _LIMITED)
        if not limited or pause is None:
            raise _failure(done, limited=limited)
        # The jitter keeps many sessions from coming back at the same moment.
        sleep(pause * (1 + random.random() / 4))  # noqa: S311


def _failure(done: Run, *, limited: bool) -> IncompleteError:
    if limited:
        return IncompleteError(
            "the registry of Trivy's database asks for fewer questions (429), also after"
            f" {len(PAUSES)} pauses",
            fix="try again later, or name a mirror: tools.trivy.database-repository",
        )
    said = [line for line in done.stderr.strip().splitlines() if line.strip()]
    return IncompleteError(
        ": ".join((f"Trivy's database could not be fetched: {done.detail}", *said[-1:]))[:500],
        fix="look at the network, or name a mirror (tools.trivy.database-repository) or a folder"
        " with a database (--trivy-db)",
    )
