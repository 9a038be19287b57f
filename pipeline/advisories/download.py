"""Large files over HTTPS: resumed where they stopped, whole or not at all."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError
from pipeline.web import Passing, WebError, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from requests import Response

    from pipeline.web import Web

    Progress = Callable[[str, int], None]

MAX_BYTES = 4 << 30
_CHUNK = 1 << 18
_PARTIAL, _OK, _UNSATISFIABLE = 206, 200, 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


def download(web: Web, url: str, target: Path, *, progress: Progress | None = None) -> Path:
    """Fetches `url` to `target`.

    What an earlier attempt left in `target`.part is continued (RFC 9110, `Range` with
    `If-Range`), but only where the server vouches by a strong `ETag` that the file is still the
    same. `progress` is told the URL and the bytes so far. Raises `WebError` when the file cannot
    be had, `IncompleteError` when it cannot be written.
    """
    part = target.with_name(target.name + ".part")
    tag = target.with_name(target.name + ".etag")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for attempt in web.retrying(url):
            with attempt:
                _continue(web, url, part, tag, progress)
        part.replace(target)
        tag.unlink(missing_ok=True)
    except OSError as error:
        raise IncompleteError(
            f"cannot be written: {error.strerror}", where=str(target), fix="free the disk"
        ) from error
    return target


def _continue(web: Web, url: str, part: Path, tag: Path, progress: Progress | None) -> None:
    """One attempt: leaves the whole file in `part`, or as much of it as came."""
    known = _read(tag)
    have = part.stat().st_size if known and part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known}
    with web.open("GET", url, headers=headers) as response:
        if response.status_code == _UNSATISFIABLE:
            part.unlink(missing_ok=True)
            raise Passing("the earlier part fits no longer", 0.0)
        if response.status_code not in (_OK, _PARTIAL):
            raise WebError(f"it answered {response.status_code}", where=shown(url))
        start, total = _extent(response, have)
        if total is not None and total > MAX_BYTES:
            raise WebError(f"it is larger than {MAX_BYTES} bytes", where=shown(url))
        etag = response.headers.get("ETag", "")
        # A weak tag does not promise the same bytes.
        tag.write_text("" if etag.startswith("W/") else etag, encoding="utf-8")
        size = start
        with part.open("ab" if start else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise WebError(f"it is larger than {MAX_BYTES} bytes", where=shown(url))
                file.write(chunk)
                web.remaining(url)
                if progress:
                    progress(url, size)
    if total is not None and size != total:
        raise Passing(f"{size} of {total} bytes came", None)


def _extent(response: Response, have: int) -> tuple[int, int | None]:
    """At which byte the answer starts, and how many bytes the whole file has, if that is told."""
    if response.status_code == _OK:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isascii() and length.isdigit() else None
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != have:
        raise Passing("it sent another part than was asked for", 0.0)
    return have, int(found[2])


def _read(file: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8").strip()
    return ""
