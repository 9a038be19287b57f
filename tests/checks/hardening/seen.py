"""Targets and the files in them, as the rules see them."""

from __future__ import annotations

from typing import Any

from pipeline.checks.hardening.configuration.inputs import Inputs
from pipeline.checks.job import Options
from pipeline.model import Coverage, Gap, Location, Missing, Target, Unread
from tests.checks.hardening.cases import DAY


def inputs(files: dict[str, bytes | Unread], **kinds: Any) -> Inputs:
    target = Target(name="t", git=None, files=1, **kinds)
    return Inputs.of(target, Options(files=files, as_of=DAY))


def unread(path: str, gap: Gap = Gap.TOO_LARGE) -> Unread:
    return Unread(location=Location(path=path), why="too large", gap=gap)


def required(parts: tuple[Coverage, ...]) -> dict[str, tuple[int, int, tuple[str, ...]]]:
    return {
        part.unit: (part.evaluated, part.expected, tuple(one.subject for one in part.missing))
        for part in parts
        if part.required
    }


def gaps(parts: tuple[Coverage, ...]) -> list[Missing]:
    return [one for part in parts for one in part.missing]
