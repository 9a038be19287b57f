"""What the tests of requirements files share."""

from __future__ import annotations

from pipeline.model import Gap, Lock, Package
from tests.locks.conftest import Reading

__all__ = ["NAME", "PROJECT", "A", "Reading", "gaps", "one", "one_package"]

NAME = "requirements.txt"
A = "a" * 64
PROJECT = """[project]
name = "My.App"
version = "1"
dependencies = ["B_x>1"]
[project.optional-dependencies]
cli = ["c"]
"""


def one(lock: Lock) -> Package:
    assert lock.unread == ()
    (package,) = lock.packages
    return package


def one_package(lock: Lock) -> Package:
    (package,) = lock.packages
    return package


def gaps(lock: Lock) -> list[tuple[int | None, Gap]]:
    return [(unread.location.line, unread.gap) for unread in lock.unread]
