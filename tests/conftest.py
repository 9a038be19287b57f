"""What every test may use: golden files, a server, the switch for tests that need the internet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from pipeline.checks.job import Job, Ran
from pipeline.collect import jobs
from tests.fake import Fake, serving
from tests.kit.sigstore.fixtures import any_sigstore, real_sigstore, sigstore_stack, witness
from tests.kit.trivy import trivy, trivy_program

__all__ = ["any_sigstore", "real_sigstore", "sigstore_stack", "trivy", "trivy_program", "witness"]

TESTS = Path(__file__).parent
DATA = TESTS / "data"


class Golden(Protocol):
    """Compares `content` with the recorded file `name`, or records it under `--record`."""

    def __call__(self, name: str, content: str | bytes) -> None: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="write golden files anew; review them as a diff"
    )
    parser.addoption(
        "--online", action="store_true", help="also run tests that need services on the internet"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--online"):
        return
    skip = pytest.mark.skip(reason="needs the internet: give --online to run it")
    for item in items:
        if item.get_closest_marker("online"):
            item.add_marker(skip)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Packed bytes hold the second they were made in: in a name they would part the workers."""
    packed = isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable())
    return argname if packed else None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(name, content)`: the file stands in tests/data/<folder of the test>/<name>.

    A missing file fails like a different one: only `--record` creates it.
    """
    folder = DATA / request.path.parent.relative_to(TESTS)
    return _comparer(folder, record=bool(request.config.getoption("--record")))


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A server on loopback that answers as it is told to."""
    with serving() as server:
        yield server


@pytest.fixture
def pauses() -> list[float]:
    """Give `pauses.append` as `sleep`: pauses are written down instead of waited for."""
    return []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The labels of the jobs that checks start: forget those so far with `started.clear()`."""
    labels: list[str] = []

    run_one = jobs._run_one

    def listen(job: Job, *more: Any) -> Ran | None:
        labels.append(job.name)
        return run_one(job, *more)

    monkeypatch.setattr(jobs, "_run_one", listen)
    return labels


def _comparer(folder: Path, *, record: bool) -> Golden:
    def compare(name: str, content: str | bytes) -> None:
        file = Path(os.path.normpath(folder / name))  # the folder itself may hold nothing
        found = content.encode() if isinstance(content, str) else content
        if record:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(found)
            return
        if not file.is_file():
            pytest.fail(f"no golden file {file.relative_to(TESTS)}: run pytest with --record")
        wanted = file.read_bytes()
        if found != wanted:
            line = _first_difference(found, wanted)
            assert found.decode(errors="replace") == wanted.decode(errors="replace"), (
                f"{file.relative_to(TESTS)} differs from line {line} on;"
                " if that is meant, run pytest with --record and review the diff"
            )
            pytest.fail(f"{file.relative_to(TESTS)} differs in bytes that are not text")

    return compare


def _first_difference(found: bytes, wanted: bytes) -> int:
    pairs = zip(re.split(rb"(?<=\n)", found), re.split(rb"(?<=\n)", wanted), strict=False)
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 1)
