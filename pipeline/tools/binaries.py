"""Programs from outside the package index: which one runs, and why it may.

In this order: the path that the policy or the environment names; our own folder of installed
programs, by digest; the program in `PATH`. Each is held against the pin before it is ever
started: its digest, or the module, version and checksum in its build information. What does not
match never runs: a named or installed one is an error, one in `PATH` is passed over. A denied
release is an error wherever it stands. What stands in the scanned repository can have been made
to match all of this but a digest, and nothing else counts there. Nothing is installed on the way:
that is `supply-chain tools install`, see `pipeline.tools.install`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import cache_folder
from pipeline.model import ToolRecord
from pipeline.tools import buildinfo
from pipeline.tools.pins import pin

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.tools.buildinfo import BuildInfo
    from pipeline.tools.pins import Pin

RECEIPT = "receipt.json"
"""Beside an installed program: how it was obtained and verified."""


class RefusedError(IncompleteError):
    """A program that is there must not run."""


class DeniedError(RefusedError):
    """A program that is known to be malicious stands on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """A verified program: its absolute path, and what the report says of it."""

    path: Path
    record: ToolRecord


def find(
    name: str, *, path: str = "", accepted: Collection[str] = (), root: str = ""
) -> Binary | None:
    """The program `name` that may run, or `None` when there is none on this machine.

    `path` is where the trusted policy says it is. `accepted` are SHA-256 digests in hexadecimal
    that the policy vouches for, beside the pin. `root` is the scanned repository. Raises
    `RefusedError` for a named or installed one that does not match, `DeniedError` for a denied
    one, and `IncompleteError` for a named one that cannot be read.
    """
    found = _look(name, path, accepted, root)
    return found if isinstance(found, Binary) else None


def need(name: str, *, path: str = "", accepted: Collection[str] = (), root: str = "") -> Binary:
    """As `find`; raises `IncompleteError` where there is none, with what is wrong with another."""
    found = _look(name, path, accepted, root)
    if isinstance(found, Binary):
        return found
    other = f", and the one at {found.where} is not used: {found.what}" if found else ""
    raise IncompleteError(
        f"{name} is not installed{other}",
        fix=found.fix if found else f"run `supply-chain tools install {name}`",
    )


def _look(
    name: str, path: str, accepted: Collection[str], root: str
) -> Binary | RefusedError | None:
    """The program that may run, else why the one in `PATH` may not."""
    wanted = pin(name)
    for named, by in (
        (path, "the policy"),
        (os.environ.get(wanted.environment, ""), wanted.environment),
    ):
        if named:
            found = check(wanted, Path(named), accepted, obtained=f"named by {by}")
            return _outside(wanted, found, accepted, root)
    if (own := installed(wanted)) is not None:
        return _outside(wanted, own, accepted, root)
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())
    if (other := shutil.which(name, path=absolute)) is None:
        return None
    try:
        found = check(wanted, Path(other), accepted, obtained="PATH")
        return _outside(wanted, found, accepted, root)
    except DeniedError:
        raise
    except RefusedError as error:
        return error


def folder(wanted: Pin) -> Path:
    """Where installed programs of the pinned version are, each in a folder named by its digest."""
    return cache_folder() / "tools" / wanted.name / wanted.version


def check(wanted: Pin, path: Path, accepted: Collection[str], *, obtained: str) -> Binary:
    """The program at `path`, if it may run; raises as `find`."""
    path = path.absolute()
    digest = sha256(path)
    info = buildinfo.read(path)
    version = refuse_denied(wanted, path, digest, info)
    if digest in _programs(wanted):
        verified = f"its digest, that of the program in the release {wanted.version}"
        return _binary(wanted, path, wanted.version, digest, obtained, verified)
    if info is None or not version:
        raise RefusedError(
            "its version cannot be told from its build information, so it may be a denied one",
            where=str(path),
            fix=_install(wanted),
        )
    if digest in accepted:
        verified = "its digest, which the policy names"
    elif _is_pinned(wanted, info):
        verified = f"its build information: {wanted.module.path} v{wanted.version} {info.sum}"
    else:
        raise RefusedError(
            _difference(wanted, info, version),
            where=str(path),
            fix=f"{_install(wanted)}, or accept this one in a policy outside the scanned"
            f" repository: tools.{wanted.name}.sha256: [{digest}]",
        )
    return _binary(wanted, path, version, digest, obtained, verified)


def refuse_denied(wanted: Pin, path: Path, digest: str, info: BuildInfo | None) -> str:
    """The version in a program's build information, "" where it tells none.

    Raises `DeniedError` for a denied release, and `RefusedError` for a program of another name.
    """
    # A release's version leads those of builds after it: "0.69.4+dirty", "0.69.5-0.2026…".
    told = re.match(r"v(\d+\.\d+\.\d+)", info.version) if info else None
    version = told[1] if told else ""
    if version in wanted.denied.versions or digest in wanted.denied.sha256:
        raise DeniedError(
            f"{wanted.name} {version or digest} must never run: {wanted.denied.why}",
            where=str(path),
            fix="remove it, and look into what it did on this machine",
        )
    if info is not None and info.module != wanted.module.path:
        raise RefusedError(
            f"it is not {wanted.name}, but built from {info.module or 'an unknown module'}",
            where=str(path),
            fix=_install(wanted),
        )
    return version


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits; raises `IncompleteError`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise IncompleteError(
            f"the program cannot be read: {error.strerror or error}",
            where=str(path),
            fix="correct the path",
        ) from error


def installed(wanted: Pin) -> Binary | None:
    """What we installed ourselves and is still the same; raises `RefusedError` if it is not."""
    for place in sorted(folder(wanted).glob(f"*/{RECEIPT}")):
        path = place.with_name(wanted.name)
        digest = sha256(path)
        try:
            receipt = json.loads(place.read_bytes())
            record = ToolRecord(**receipt)
        except (OSError, ValueError, TypeError):
            record = None
        told = record and (record.name, record.version, record.digest)
        same = (wanted.name, wanted.version, f"sha256:{digest}")
        if record is None or told != same or digest != path.parent.name:
            raise RefusedError(
                "it is not what was installed there",
                where=str(path),
                fix=f"remove that folder and run `supply-chain tools install {wanted.name}`",
            )
        refuse_denied(wanted, path, digest, buildinfo.read(path))
        return Binary(path=path, record=record)
    return None


def _binary(  # noqa: PLR0913, PLR0917  the fields of one record
    wanted: Pin, path: Path, version: str, digest: str, obtained: str, verified: str
) -> Binary:
    record = ToolRecord(
        name=wanted.name,
        version=version,
        digest=f"sha256:{digest}",
        obtained=obtained,
        verified=verified,
    )
    return Binary(path=path, record=record)


def _outside(wanted: Pin, found: Binary, accepted: Collection[str], root: str) -> Binary:
    """`found`, unless it stands in the scanned repository and nobody else knows its digest."""
    digest = found.record.digest.removeprefix("sha256:")
    is_inside = root and found.path.resolve().is_relative_to(Path(root).resolve())
    if is_inside and digest not in {*accepted, *_programs(wanted)}:
        raise RefusedError(
            "it stands in the scanned repository, which could have written it with all that it"
            " says of itself",
            where=str(found.path),
            fix=f"keep programs outside the repository (XDG_CACHE_HOME), then {_install(wanted)}",
        )
    return found


def _programs(wanted: Pin) -> set[str]:
    """The digests of the programs in the pinned release, as far as they are known."""
    return {file.program for file in wanted.release.files.values()}


def _is_pinned(wanted: Pin, info: BuildInfo) -> bool:
    """Whether it says that it was built from the released module, and from nothing else."""
    module = wanted.module
    told = (info.package, info.module, info.version, info.sum)
    return told == (module.package, module.path, f"v{wanted.version}", module.sum) and (
        not info.replaced
    )


def _difference(wanted: Pin, info: BuildInfo, version: str) -> str:
    if version != wanted.version:
        return f"{wanted.name} {version} is not the pinned {wanted.version}"
    if info.replaced:
        return "by its build information, other code stands in for one of its modules"
    return (
        "its digest is not known, and its build information does not tell"
        f" that it was built from the released module ({wanted.module.sum})"
    )


def _install(wanted: Pin) -> str:
    return f"run `supply-chain tools install {wanted.name}`"
