"""What is pinned, and what is written in plain text: the same questions in every CI system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.workflows.denied import denied_image
from pipeline.checks.workflows.problem import Problem
from pipeline.checks.written import blind_downloads, is_digest
from pipeline.model import Severity
from pipeline.suspicious import Secret, secret_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Location

COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
"""A full git object id: SHA-1, or SHA-256 in repositories that use it."""
_VARIABLE = re.compile(r"\$\{\{|\$\[|\$\(|\$\{?\w|%\w+%")


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
    if at and not is_digest(digest):
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
    found = None if is_open(value) else secret_in(name, value)
    if found is None:
        return None
    is_strong = found is Secret.STRONG
    return Problem(
        rule="plain-secret",
        severity=Severity.HIGH if is_strong else Severity.LOW,
        place=place,
        detail="a variable that is named like a secret holds a value in plain text"
        + ("" if is_strong else ", which looks like a throwaway one"),
    )


def piped_lines(script: str) -> Iterator[int]:
    """The lines of a script, from 0, that run what they download without looking at it."""
    for offset in blind_downloads(script):
        yield script.count("\n", 0, offset)


def piped_problem(place: Location) -> Problem:
    """A script that is run as it comes from the network."""
    return Problem(
        rule="piped-script",
        severity=Severity.MEDIUM,
        place=place,
        detail="a download is handed to a shell and never checked",
    )
