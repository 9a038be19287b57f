"""Programs written in Go, built from their released modules and kept by version.

The folder is `supply-chain-kit` in the user's cache. A build happens once, behind a lock; what
cannot be built is `UnavailableError`, and tests skip with its reason.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

PATIENCE = 1800
"""Seconds for one build from nothing, and for waiting until somebody else has done it."""

FLAGS = ("-trimpath", "-buildvcs=false")


class UnavailableError(Exception):
    """Something a test needs is not here and cannot be made; the message says what."""


class Program(NamedTuple):
    """A command of a Go module. `folder` holds a module of our own, instead of a released one."""

    name: str
    package: str
    version: str
    folder: Path | None = None


def cache() -> Path:
    """`$XDG_CACHE_HOME/supply-chain-kit`, or the same in `~/.cache`."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".cache") / "supply-chain-kit"


def built(program: Program) -> Path:
    """The program, built now if it is not kept; raises `UnavailableError`."""
    path = cache() / f"{program.name}-{program.version}" / program.name
    if path.is_file():
        return path
    go = shutil.which("go")
    if go is None:
        raise UnavailableError(f"{program.name} is built with Go, which is not installed")
    with locked(path.parent.with_suffix(".lock")):
        if not path.is_file():
            _build(go, program, path)
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time, on this machine; who waits too long gets `UnavailableError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + PATIENCE
    with path.open("w") as file:
        while not _taken(file):
            if time.monotonic() > end:
                raise UnavailableError(f"another process has held {path} for {PATIENCE} s")
            time.sleep(0.1)
        yield


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _build(go: str, program: Program, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        if program.folder:
            made = Path(scratch, program.name)
            arguments = [go, "build", *FLAGS, "-mod=readonly", "-o", str(made), program.package]
        else:
            made = Path(scratch, program.package.rpartition("/")[2])
            arguments = [go, "install", *FLAGS, f"{program.package}@{program.version}"]
        _run(arguments, program, Path(scratch))
        made.replace(path)


def _run(arguments: Sequence[str], program: Program, scratch: Path) -> None:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(scratch)}
    try:
        result = subprocess.run(
            arguments,
            cwd=program.folder or scratch,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{program.name} was not built within {PATIENCE} s") from None
    if result.returncode:
        said = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UnavailableError(f"{program.name} cannot be built from its Go module: {said}")
