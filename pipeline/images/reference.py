"""What an image is called: a registry's reference, an OCI layout, or a docker archive.

    debian:12   ghcr.io/example/app@sha256:…   localhost:5000/app:1.0      a registry
    ./build/app   ./build/app:1.0   ./build/app@sha256:…                   an OCI layout (folder)
    ./app.tar   ./app.tar:1.0   ./app.tar:shop/api:1.0                     a docker archive

A name on disk begins with "./", "../" or "/". Without that rule a folder named `debian` in the
scanned repository could stand in for the image `debian:12` of a registry.

Grammar: https://github.com/distribution/reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCKER_HUB = "docker.io"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_MAX_LENGTH = 1000
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
)
_FIX = "write registry/name:tag, ./folder[:tag], ./folder@sha256:… or ./archive.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class InRegistry:
    """An image in a registry; `tag` is "" where a digest names it."""

    text: str
    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def pinned(self, digest: str) -> str:
        """The same image by a digest, in full: what a tool is given."""
        return f"{self.host}/{self.repository}@{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """A layout or an archive. `tag` and `digest` are "" where all of it is meant."""

    text: str
    path: Path
    tag: str = ""
    digest: str = ""


def parse(text: str, folder: Path) -> InRegistry | OnDisk:
    """The reference in `text`; paths are seen from `folder`. Raises `UsageError`."""
    if len(text) > _MAX_LENGTH or text != text.strip() or not text.isprintable() or not text:
        raise UsageError(f"not an image: {plain(text, limit=200)!r}", fix=_FIX)
    if text.startswith(("./", "../", "/")):
        return _on_disk(text, folder)
    return _in_registry(text)


def is_kept_in(text: str, places: Iterable[str]) -> bool:
    """Whether an image is kept in one of these: a registry, or a part of one such as ghcr.io/acme.

    A name without a registry means Docker Hub. What is no name of an image is kept nowhere.
    """
    try:
        named = parse(text.partition("@")[0], Path())
    except UsageError:
        return False
    if not isinstance(named, InRegistry):
        return False
    whole = f"{named.host.lower()}/{named.repository}/"
    return any(whole.startswith(place.rstrip("/").lower() + "/") for place in places)


def _on_disk(text: str, folder: Path) -> OnDisk:
    path, tag, digest = text, "", ""
    before, at, after = text.rpartition("@")
    if at and DIGEST.fullmatch(after):
        path, digest = before, after
    else:
        before, colon, after = text.rpartition(":")
        # A tag has no slash; a colon further up belongs to a folder's name. In an archive images
        # have names before their tags.
        if (folder / text).exists():
            pass
        elif file := _file_before(text, folder):
            path, tag = file, text[len(file) + 1 :]
        elif colon and "/" not in after:
            path, tag = before, after
    return OnDisk(text=text, path=(folder / path).absolute(), tag=tag, digest=digest)


def _file_before(text: str, folder: Path) -> str:
    """The file whose name stands before a colon, the shortest one; "" for none."""
    ends = (number for number, letter in enumerate(text) if letter == ":")
    return next((text[:end] for end in ends if (folder / text[:end]).is_file()), "")


def _in_registry(text: str) -> InRegistry:
    rest, at, digest = text.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise UsageError(f"not a sha256 digest: {plain(text, limit=200)!r}", fix=_FIX)
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        head, tag = rest, ""
    first, slash, others = head.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first.startswith("[")):
        host, repository = first, others
    else:
        host, repository = DOCKER_HUB, head
    if host == "index.docker.io":
        host = DOCKER_HUB
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if (
        not _HOST.fullmatch(host)
        or not _REPOSITORY.fullmatch(repository)
        or (colon and tag and not _TAG.fullmatch(tag))
        or text.endswith(":")
    ):
        raise UsageError(f"not an image: {plain(text, limit=200)!r}", fix=_FIX)
    if not tag and not digest:
        tag = "latest"
    return InRegistry(
        text=text, host=host, repository=repository, tag="" if digest else tag, digest=digest
    )
