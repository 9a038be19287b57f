"""Names of container images as they are written: what is pinned, and what moves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.checks.hardening.problem import Problem
from pipeline.checks.written import is_digest
from pipeline.images.reference import is_kept_in
from pipeline.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pipeline.model import Location

_HUB = re.compile(r"^(?:(?:index\.)?docker\.io|registry-1\.docker\.io|public\.ecr\.aws/docker)/")
"""Docker Hub under its names, and Amazon's copy of its official images."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's name in parts. `repository` has no host where it is one of Docker Hub's."""

    repository: str
    tag: str
    digest: str

    @property
    def is_moving(self) -> bool:
        """Whether its name says no version at all."""
        return self.tag in {"", "latest"}


def reference(image: str) -> Reference | None:
    """The parts of an image's name; `None` for what is no name.

    Grammar: https://github.com/distribution/reference, as far as it matters here.
    """
    rest, _, digest = image.partition("@")
    if not _NAME.fullmatch(rest):
        return None
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, tag = rest, ""
    return Reference(_HUB.sub("", name).removeprefix("library/"), tag, digest)


def pin_problems(image: str, place: Location) -> Iterator[Problem]:
    """What is wrong with the name of an image that comes from a registry."""
    named = reference(image)
    if named is None or is_digest(named.digest):
        return
    if named.digest:
        why = "what follows the @ is no digest, which has sha256: and 64 hexadecimal digits"
        yield Problem(rule="unpinned-image", severity=Severity.MEDIUM, place=place, detail=why)
    elif named.is_moving:
        why = "its name has neither a digest nor a version"
        yield Problem(rule="latest-image", severity=Severity.MEDIUM, place=place, detail=why)
    else:
        why = "its name has no digest, and the tag may be moved"
        yield Problem(rule="unpinned-image", severity=Severity.MEDIUM, place=place, detail=why)


def origin_problems(
    named: Iterable[tuple[str, Location]], trusted: Collection[str]
) -> Iterator[Problem]:
    """Images from elsewhere than the policy allows; `trusted` is empty where it does not say."""
    for image, place in named:
        if trusted and not is_kept_in(image, trusted):
            why = "where the image comes from is not among `policy.image-registries`"
            yield Problem(rule="foreign-registry", severity=Severity.HIGH, place=place, detail=why)
