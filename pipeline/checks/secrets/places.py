"""From a hit to a place: what is kept of it, which is all but its value.

A file whose purpose is to hold secrets is a place, too, with its path for the secret's name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks import fixture
from pipeline.checks.secrets import fingerprint
from pipeline.checks.secrets.remember import Seen
from pipeline.discover.names import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checks.secrets.credentials import Sort
    from pipeline.checks.secrets.engine import Hit

    Place = tuple[Hit, Seen]

_FILE = "file:"
"""What stands for the secret's name where a whole file is one."""


def place(hit: Hit, path: str, *, in_commit: bool = False) -> Place:
    """A place at `path`, as yet without the name of its secret and the day of its commit."""
    return hit, Seen(
        secret="",
        preview=fingerprint.preview(hit.value),
        made_up=fixture.by_content(hit.value),
        rule=hit.rule,
        name=hit.name,
        confidence=hit.confidence,
        path=printable(path),
        line=hit.line,
        commit=hit.commit if in_commit else "",
        day=None,
    )


def named(places: Sequence[Place], names: fingerprint.Names) -> list[Seen]:
    """The places with the names of their secrets."""
    found = names.of({hit.value for hit, _ in places})
    return [replace(seen, secret=found[hit.value]) for hit, seen in places]


def of_file(sort: Sort, path: str, line: int) -> Seen:
    """A file of a sort that is made to hold secrets, and the line of its first one."""
    return Seen(
        secret=f"{_FILE}{printable(path)}",
        preview="",
        made_up="",
        rule=sort.rule,
        name=sort.what,
        confidence="high",
        path=printable(path),
        line=line if line > 1 else None,
        commit="",
        day=None,
    )


def is_file(seen: Seen) -> bool:
    """Whether a place is a whole file."""
    return seen.secret.startswith(_FILE)
