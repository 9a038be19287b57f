"""Is every locked package in the SBOM, and nothing else?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.model import Package
from pipeline.sbom.document import every_component
from pipeline.sbom.identity import bare, identify
from pipeline.sbom.images import outside_images
from pipeline.sbom.parts import is_own, name_own
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.model import Target
    from pipeline.sbom import Json


_COUNTED = frozenset({"library", "framework", "application"})
"""Component types by which tools list packages; files, devices, data and the like are none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Packages of locks that the SBOM lacks, and components that no lock has, by name."""

    missing: tuple[Package, ...]
    surplus: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus)


def compare(document: Json, target: Target, *, exact: bool = False) -> Difference:
    """An SBOM against the locks of the target.

    What stands in images is not held against locks: they did not put it there.
    In a document that was just made here, which `exact` says, every component goes by its full
    package URL. In others qualifiers may be missing or different, so name and version decide;
    and the repository's own packages may be there or not, at whatever commit.
    """
    found = _found(outside_images(document))
    packages: dict[str, Package] = {}
    own: Collection[str] = name_own(target)
    for package in (package for lock in target.locks for package in lock.packages):
        if not is_own(package):
            packages.setdefault(identify(package), package)
    if not exact:
        found = {
            key if key.startswith("name:") else bare(key): label
            for key, label in found.items()
            # That names no package of any registry, but somebody's own software.
            if not key.startswith("pkg:generic/")
        }
        packages = {bare(purl): package for purl, package in sorted(packages.items())}
        own = {
            _unversioned(package.purl)
            for lock in target.locks
            for package in lock.packages
            if is_own(package)
        }
    missing = [packages[purl] for purl in sorted(packages.keys() - found.keys())]
    surplus = sorted(
        found[key]
        for key in found.keys() - packages.keys()
        if (key if exact else _unversioned(key)) not in own
    )
    return Difference(tuple(missing), tuple(surplus))


def _unversioned(purl: str) -> str:
    return bare(purl).partition("@")[0]


def _found(document: Json) -> dict[str, str]:
    """Each component by its package URL, or by its name where it has none, and how to call it."""
    found = {}
    for component in every_component(document):
        name = "@".join(str(component[key]) for key in ("name", "version") if component.get(key))
        if purl := component.get("purl"):
            found[str(purl)] = plain(str(purl), limit=500)
        elif component.get("type") in _COUNTED:
            found[f"name:{name}"] = plain(name, limit=500)
    return found
