"""What is pinned, and what is written in plain text: the same questions in every CI system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.workflows.denied import denied_image
from pipeline.checks.workflows.problem import Problem
from pipeline.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Location

COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
"""A full git object id: SHA-1, or SHA-256 in repositories that use it."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
"""Source: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests."""
_VARIABLE = re.compile(r"\$\{\{|\$\[|\$\(|\$\{?\w|%\w+%")

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PWD|PASSPHRASE|SECRET|TOKEN|API[_-]?KEY|ACCESS[_-]?KEY|SECRET[_-]?KEY"
    r"|PRIVATE[_-]?KEY|CREDENTIALS?)$",
    re.IGNORECASE,
)
_NO_VALUE = re.compile(
    r"|true|false|yes|no|null|none|~|\d{1,3}|(?:\.{0,2}/|[A-Z]:\\).*", re.IGNORECASE
)
"""What such a name may hold without being a secret: nothing, a switch, a number, a path."""
_STRONG = 12
"""Characters from which on a value of several kinds of them is taken for a real secret."""
_KINDS = ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
_SHELL = r"(?:ba|z|da|k)?sh\b"
_PIPED = re.compile(
    r"\b(?:curl|wget)\b[^\n|;&]{0,500}\|[ \t]{0,9}"
    rf"(?:sudo[ \t]{{1,9}}(?:-\S{{1,50}}[ \t]{{1,9}}){{0,5}})?(?:env[ \t]{{1,9}})?{_SHELL}"
    rf"|\b{_SHELL}[ \t]{{1,9}}(?:-c[ \t]{{1,9}})?[\"']?(?:<\(|\$\()[ \t]{{0,9}}(?:curl|wget)\b"
    r"|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod|DownloadString)\b[^\n]{0,500}\|[ \t]{0,9}"
    r"(?:iex|Invoke-Expression)\b",
    re.IGNORECASE,
)
"""Every repetition has a bound: the text is a stranger's."""


def image_problems(image: str, place: Location, *, tags: bool) -> Iterator[Problem]:
    """What is wrong with a container image as written.

    `tags` says whether an image without a digest is ours to report. An image that a variable
    names is left alone here: see `is_open`.
    """
    name, at, digest = image.strip().partition("@")
    if denied := denied_image(image.strip()):
        yield Problem(rule="denied-action", severity=Severity.CRITICAL, place=place, detail=denied)
    if _VARIABLE.search(image) or name in {"", "scratch"}:
        return
    if at and not _DIGEST.fullmatch(digest):
        why = "what follows the @ is no digest, which has sha256: and 64 hexadecimal digits"
        yield Problem(rule="unpinned-images", severity=Severity.MEDIUM, place=place, detail=why)
    elif tags and not at:
        is_moving = ":" not in name.rpartition("/")[2] or name.endswith(":latest")
        yield Problem(
            rule="unpinned-images",
            severity=Severity.HIGH if is_moving else Severity.MEDIUM,
            place=place,
            detail="the image has no digest"
            + (" and no version" if is_moving else ": its tag may be moved"),
        )


def is_open(text: str) -> bool:
    """Whether a variable is part of a text, so that nobody can tell what it will be."""
    return bool(_VARIABLE.search(text))


def secret_problem(name: str, value: str, place: Location) -> Problem | None:
    """A variable that is named like a secret and holds one in plain text.

    The value itself is never told. One that looks like a throwaway password of a test service is
    rated low, but not hidden.
    """
    value = value.strip()
    if not _SECRET_NAME.search(name) or _NO_VALUE.fullmatch(value) or is_open(value):
        return None
    kinds = sum(bool(re.search(kind, value)) for kind in _KINDS)
    is_strong = len(value) >= _STRONG and kinds > 1 and not re.search(r"\s", value)
    return Problem(
        rule="plain-secret",
        severity=Severity.HIGH if is_strong else Severity.LOW,
        place=place,
        detail="a variable that is named like a secret holds a value in plain text"
        + ("" if is_strong else ", which looks like a throwaway one"),
    )


def piped_lines(script: str) -> Iterator[int]:
    """The lines of a script, from 0, that run what they download without looking at it."""
    for match in _PIPED.finditer(script):
        yield script.count("\n", 0, match.start())


def piped_problem(place: Location) -> Problem:
    """A script that is run as it comes from the network."""
    return Problem(
        rule="piped-script",
        severity=Severity.MEDIUM,
        place=place,
        detail="a download is handed to a shell and never checked",
    )
