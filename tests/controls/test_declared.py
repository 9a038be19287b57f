"""When a repository takes nothing from others, and when nobody may say so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.controls.declared import nothing_declared
from pipeline.discover.unlocked import is_empty
from pipeline.model import Lock, Origin, Target
from tests.controls.builders import EMPTY, LOCKED, UNREAD, lock, package, project, target

OWN = lock(package(None, Origin.WORKSPACE), path="uv.lock")


@pytest.mark.parametrize(
    ("scanned", "rule"),
    [
        (EMPTY, "no dependency manifest"),
        (target(project(("pyproject.toml", 0))), "no manifest declares"),
        (target(project(("pyproject.toml", 0), locks=("uv.lock",)), locks=(OWN,)), "no lockfile"),
        (LOCKED, ""),
        (target(project(("pyproject.toml", 1))), ""),
        # What cannot be counted, or was not read, may be anything.
        (target(project(("setup.py", None))), ""),
        (target(project(("pyproject.toml", 0), locks=("gradle.lockfile",))), ""),
        (replace(EMPTY, unread=(UNREAD,)), ""),
        # A lock counts without a project that it belongs to.
        (target(locks=(lock(package()),)), ""),
    ],
)
def test_nothing_is_declared_only_when_all_was_read(scanned: Target, rule: str) -> None:
    found = nothing_declared(scanned)
    assert rule in found
    assert bool(found) is bool(rule)


@pytest.mark.parametrize(
    ("one", "empty"),
    [
        (lock(), True),
        (OWN, True),
        (lock(package()), False),
        (lock(unread=(UNREAD,)), False),
        (None, False),
    ],
)
def test_a_lock_is_empty_only_when_it_was_read(one: Lock | None, empty: bool) -> None:
    assert is_empty(one) is empty
