"""What `pins.toml` says of each program: its release, its signer, its Go module, what is denied."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError

FILE = Path(__file__).with_name("pins.toml")
MODULES = Path(__file__).with_name("go")
"""The folder of the build modules, one per program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFile:
    """One platform's archive. `sha256` is in hexadecimal digits, "" where none is pinned.

    `program` is the digest of the program in it, "" where it is not known.
    """

    url: str
    sha256: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Where the archives are, who signed them, and which member of them is the program."""

    identity: str
    issuer: str
    member: str
    files: Mapping[str, ReleaseFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The released Go module, and how its `package` is built. `go` is the oldest Go that can."""

    path: str
    package: str
    sum: str
    go: str
    experiment: str
    ldflags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Releases that never run, by version or by the digest of archive or program."""

    why: str
    versions: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One program at one version. `environment` is the variable that may name its path."""

    name: str
    version: str
    homepage: str
    environment: str
    release: Release
    module: Module
    denied: Denied


@cache
def pins() -> Mapping[str, Pin]:
    """Every pinned program by its name."""
    return parse(FILE.read_text(encoding="utf-8"))


def pin(name: str) -> Pin:
    """The pin of one program; raises `UsageError` for a name that is none."""
    known = pins()
    if name not in known:
        raise UsageError(f"{name!r} is no pinned tool", fix=f"choose one of {', '.join(known)}")
    return known[name]


def parse(text: str) -> dict[str, Pin]:
    """Pins in TOML; raises `ValueError`, `TypeError` or `KeyError` for a file of another shape."""
    return {name: _pin(name, dict(entry)) for name, entry in tomllib.loads(text).items()}


def here() -> str:
    """The key of this machine among a release's files: "linux-x86_64"."""
    return f"{platform.system()}-{platform.machine()}".lower()


def _pin(name: str, entry: dict[str, Any]) -> Pin:
    release, denied = dict(entry.pop("release")), entry.pop("denied")
    files = {key: ReleaseFile(**file) for key, file in release.pop("files").items()}
    return Pin(
        name=name,
        release=Release(files=files, **release),
        module=Module(**entry.pop("module")),
        denied=Denied(
            why=denied["why"],
            versions=tuple(denied["versions"]),
            sha256=tuple(denied["sha256"]),
        ),
        **entry,
    )
