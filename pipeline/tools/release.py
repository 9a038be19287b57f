"""A program from its release: fetched, held against its digest and its signature, unpacked.

Nothing of the archive is looked at before both hold: the SHA-256 that is pinned, so that nobody
can exchange the file, and the Sigstore bundle beside it, signed by the project's own release
workflow, so that a wrong pin is noticed, too. Then one regular file is taken out of it.
"""

from __future__ import annotations

import hashlib
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import IncompleteError, PipelineError
from pipeline.tools import binaries
from pipeline.tools.binaries import RefusedError
from pipeline.tools.pins import here
from pipeline.trust.refused import library
from pipeline.web import shown

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.tools.pins import Pin
    from pipeline.trust.roots import Root
    from pipeline.web import Web

MAX_ARCHIVE = 256 << 20
MAX_PROGRAM = 1 << 30
"""Bytes of the archive, and of the program in it."""
_CHUNK = 1 << 20


class UnavailableError(IncompleteError):
    """The route does not lead to the program here; another may. Nothing suspicious was seen."""


class Obtained(NamedTuple):
    """A program that was had, in a scratch folder: where it came from, and what was verified."""

    path: Path
    obtained: str
    verified: str


def fetch(wanted: Pin, scratch: Path, *, web: Web, root: Root) -> Obtained:
    """The program from its release; `root` holds whose signatures are believed.

    Raises `UnavailableError` where there is no pinned release for this platform,
    `pipeline.web.WebError` where it cannot be had, and `RefusedError` for one that is not what
    it has to be.
    """
    file = wanted.release.files.get(here())
    if file is None or not file.sha256:
        raise UnavailableError(f"no release of {wanted.name} is pinned for {here()}")
    try:
        with library():
            import sigstore  # noqa: F401, PLC0415 - before anything is fetched in vain
    except PipelineError as error:
        raise UnavailableError(error.what, fix=error.fix) from error
    archive = scratch / "archive"
    digest = _download(web, file.url, archive)
    if digest in wanted.denied.sha256:
        raise RefusedError(
            f"this release must never run: {wanted.denied.why}", where=shown(file.url)
        )
    if digest != file.sha256:
        raise RefusedError(
            f"its digest is sha256:{digest}, pinned is sha256:{file.sha256}",
            where=shown(file.url),
            fix="do not use it; if the pinned version was released anew, wait for a new pin",
        )
    _check_signature(wanted, file.url, digest, web, root)
    program = scratch / wanted.name
    _take(archive, wanted.release.member, program, where=shown(file.url))
    if file.program and binaries.sha256(program) != file.program:
        raise RefusedError(
            "the program in the archive is not the one that is pinned", where=shown(file.url)
        )
    archive.unlink()
    return Obtained(
        path=program,
        obtained=f"its release, {file.url}",
        verified=f"the pinned sha256:{digest} of the archive,"
        f" and its signature by {wanted.release.identity}",
    )


def _download(web: Web, url: str, path: Path) -> str:
    """Write what is at `url` to `path`; answers its SHA-256 in hexadecimal digits."""
    for attempt in web.retrying(url):
        with attempt, web.open("GET", url) as response, path.open("wb") as file:
            if response.status_code != 200:  # noqa: PLR2004  HTTP's number for "here it is"
                raise UnavailableError(f"it answered {response.status_code}", where=shown(url))
            digest, size = hashlib.sha256(), 0
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > MAX_ARCHIVE:
                    raise RefusedError(f"it is larger than {MAX_ARCHIVE} bytes", where=shown(url))
                digest.update(chunk)
                file.write(chunk)
                web.remaining(url)
            return digest.hexdigest()
    raise AssertionError  # the last attempt raises


def _check_signature(wanted: Pin, url: str, digest: str, web: Web, root: Root) -> None:
    from pipeline.trust.expect import Expected  # noqa: PLC0415 - only who installs verifies
    from pipeline.trust.verify import verify_release  # noqa: PLC0415 - as above

    place = f"{url}.sigstore.json"
    reply = web.get(place)
    if reply.status != 200:  # noqa: PLR2004  as above
        raise RefusedError(
            f"its signature is not there: {reply.status}", where=shown(place), fix="do not use it"
        )
    expected = Expected(identity=wanted.release.identity, issuer=wanted.release.issuer)
    try:
        verify_release(reply.body, digest, root, expected, where=shown(place))
    except PipelineError as error:
        raise RefusedError(
            f"its signature does not hold: {error.what}",
            where=shown(place),
            fix=error.fix or "do not use it",
        ) from error


def _take(archive: Path, member: str, program: Path, *, where: str) -> None:
    """Copy the one regular file called `member` out of a compressed tar archive.

    No path of the archive is ever written to. An archive with a path that leads out of it, or
    with two such members, was not made by an honest hand, and is refused as a whole.
    """
    found = 0
    try:
        with tarfile.open(archive, "r|gz") as content:
            for item in content:
                if item.name.startswith("/") or ".." in item.name.split("/"):
                    raise RefusedError("a path in the archive leads out of it", where=where)
                if item.name != member:
                    continue
                found += 1
                stream = content.extractfile(item) if item.isreg() else None
                if stream is None or found > 1 or item.size > MAX_PROGRAM:
                    raise RefusedError(f"its {member} is not one plain file", where=where)
                with program.open("wb") as file:
                    while chunk := stream.read(_CHUNK):
                        file.write(chunk)
    # TypeError is what tarfile makes of a gzip header that is cut short.
    except (tarfile.TarError, EOFError, OSError, TypeError) as error:
        raise RefusedError("the archive cannot be read to its end", where=where) from error
    if not found:
        raise RefusedError(f"the archive holds no {member}", where=where)
    program.chmod(0o755)
