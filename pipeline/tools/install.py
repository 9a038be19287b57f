"""Installing a pinned program: by its release, else by its Go module; and what is there already.

    <cache>/tools/<name>/<version>/<sha256 of the program>/<name>, receipt.json

A program that something is wrong with is refused, and no other route is tried: a mismatch is
for people to look into. Only what cannot be reached or does not exist here leads to the next.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.files import explained, locked, write
from pipeline.model import ToolRecord
from pipeline.tools import binaries, buildinfo, gomodule, release
from pipeline.tools.binaries import RECEIPT, Binary, RefusedError, folder
from pipeline.tools.release import UnavailableError
from pipeline.web import Web, WebError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.tools.pins import Pin
    from pipeline.tools.release import Obtained
    from pipeline.trust.roots import Root

ROUTES = ("release", "go-module")

_DOWNLOAD_SECONDS = 1800.0


def install(
    wanted: Pin,
    *,
    root: Root,
    routes: Sequence[str] = ROUTES,
    tell: Callable[[str], None] = lambda _: None,
) -> Binary:
    """The pinned program in our own folder, put there now if it is not there yet.

    `root` holds whose signatures are believed. `routes` are tried in this order. `tell` is given
    what is being done, for people. Raises `RefusedError` for what must not be used, and
    `IncompleteError` with the reason of each route when none leads there.
    """
    place = folder(wanted)
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
    with locked(place / ".lock"):
        if (found := binaries.installed(wanted)) is not None:
            return found
        with tempfile.TemporaryDirectory(dir=place, prefix=".installing-") as name:
            return _keep(wanted, _obtain(wanted, Path(name), root, routes, tell))


def _obtain(
    wanted: Pin,
    scratch: Path,
    root: Root,
    routes: Sequence[str],
    tell: Callable[[str], None],
) -> Obtained:
    reasons = []
    for route in routes:
        own = scratch / route
        own.mkdir()
        try:
            if route == "release":
                tell(f"fetching the release of {wanted.name} {wanted.version}")
                with Web(deadline=_DOWNLOAD_SECONDS) as web:
                    return release.fetch(wanted, own, web=web, root=root)
            return gomodule.build(wanted, own, tell=tell)
        except (UnavailableError, WebError) as error:
            reasons.append(f"{route}: {f'{error.where}: ' if error.where else ''}{error.what}")
    raise IncompleteError(
        f"{wanted.name} {wanted.version} cannot be installed here: {'; '.join(reasons)}",
        fix=f"install Go {wanted.module.go} or newer, or set {wanted.environment} to a program"
        " that was built from the released module",
    )


def _keep(wanted: Pin, obtained: Obtained) -> Binary:
    """Move what was had to its place, whole or not at all."""
    digest = binaries.sha256(obtained.path)
    info = buildinfo.read(obtained.path)
    try:
        told = binaries.refuse_denied(wanted, obtained.path, digest, info)
    except RefusedError as error:
        raise RefusedError(error.what, where=obtained.obtained, fix="do not use it") from error
    if told not in {"", wanted.version}:
        raise RefusedError(
            f"what was had is {wanted.name} {told}, not the pinned {wanted.version}",
            where=obtained.obtained,
            fix="do not use it",
        )
    record = ToolRecord(
        name=wanted.name,
        version=wanted.version,
        digest=f"sha256:{digest}",
        obtained=obtained.obtained,
        verified=obtained.verified,
    )
    place = folder(wanted) / digest
    made = obtained.path.parent / "made"
    with explained(place):
        made.mkdir()
        obtained.path.rename(made / wanted.name)
        write(made / RECEIPT, json.dumps(asdict(record), indent=1).encode() + b"\n")
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    return Binary(path=place / wanted.name, record=record)
