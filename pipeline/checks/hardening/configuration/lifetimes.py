"""Until when the publisher of a base image fixes it, from `end-of-life.toml`.

An image may hold two products whose support ends: `node:20-bookworm` is Node.js 20 on Debian 12.
What the table does not know is not known to be supported, and said so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.checks.hardening.problem import Problem
from pipeline.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.checks.hardening.configuration.images import Reference
    from pipeline.model import Location

TABLE = Path(__file__).with_name("end-of-life.toml")

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")
_ON_ALPINE = re.compile(r"alpine(\d+\.\d+)")
_ON_DEBIAN = re.compile(r"-debian(\d+)$")
_DISTROLESS = "gcr.io/distroless/"


@dataclass(frozen=True, slots=True)
class Product:
    """A product whose releases end. `until` is the last day of each, `names` their code names."""

    title: str
    source: str
    until: Mapping[str, date]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One release of a product in an image, and its last day of support."""

    title: str
    release: str
    until: date
    source: str


@cache
def products() -> tuple[date, dict[str, Product], dict[str, str]]:
    """When the table was checked, the products, and the product that each image is made of."""
    import tomllib  # noqa: PLC0415 - only a check of containers reads the table

    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    checked = table.pop("checked")
    known = {
        name: Product(entry["title"], entry["source"], entry["until"], entry.get("names", {}))
        for name, entry in table.items()
    }
    return checked, known, {image: name for name in known for image in table[name]["images"]}


def lifetimes(named: Reference) -> tuple[Lifetime, ...]:
    """What the table knows of an image: the product itself, and the system below it."""
    _, known, images = products()
    found: dict[str, str] = {}
    own = images.get(named.repository)
    first, *parts = named.tag.split("-")
    if own and (release := _release(known[own], first)):
        found[own] = release
    for part in [first, *parts]:
        for system in ("debian", "ubuntu"):
            if release := known[system].names.get(part):
                found.setdefault(system, release)
        if alpine := _ON_ALPINE.fullmatch(part):
            found.setdefault("alpine", alpine[1])
    if named.repository.startswith(_DISTROLESS) and (debian := _ON_DEBIAN.search(named.repository)):
        found.setdefault("debian", debian[1])
    return tuple(
        Lifetime(known[name].title, release, known[name].until[release], known[name].source)
        for name, release in found.items()
        if release in known[name].until
    )


def problems(named: Reference, place: Location, today: date) -> Iterator[Problem]:
    """The releases in an image that get no fixes any more on that day."""
    for one in lifetimes(named):
        if one.until < today:
            yield Problem(
                rule="end-of-life-image",
                severity=Severity.HIGH,
                place=place,
                detail=f"{one.title} {one.release} had its last day of support on {one.until}",
                url=one.source,
            )


def _release(product: Product, text: str) -> str | None:
    """The longest release of the product that a tag begins with: "20.11.1" is one of "20"."""
    if text in product.names:
        return product.names[text]
    version = _VERSION.fullmatch(text)
    parts = version[1].split(".") if version else []
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((one for one in candidates if one in product.until), None)
