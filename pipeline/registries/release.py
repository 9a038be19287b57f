"""One release of one package, as its registry tells it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pipeline.model import Gap, Origin

if TYPE_CHECKING:
    from pipeline.model import Lock, Package

ASKED = ("PyPI", "npm")
"""The ecosystems whose registries can be asked."""


class Pin(NamedTuple):
    """A release by OSV's name of its ecosystem, its normalised name and its version."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is known of a release.

    `published` is the day (UTC) of its first file. `yanked` and `deprecated` hold the reason, or
    "no reason given"; "" means neither. `licence` is what its metadata declare, as written, and
    "" where they declare none or the registry was not asked. With a `gap` nothing is known, and
    `why` says why.
    """

    published: date | None = None
    yanked: str = ""
    deprecated: str = ""
    licence: str = ""
    gap: Gap | None = None
    why: str = ""


NO_REASON = "no reason given"


def pins(lock: Lock) -> dict[Pin, list[Package]]:
    """The locked releases that come from a public registry, with the packages that are of them."""
    wanted: dict[Pin, list[Package]] = defaultdict(list)
    for package in lock.packages:
        if package.source.origin is Origin.REGISTRY and package.version:
            wanted[Pin(package.ecosystem, package.name, package.version)].append(package)
    return wanted
