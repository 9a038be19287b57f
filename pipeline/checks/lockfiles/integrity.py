"""Is each locked file proven, and is it the file of the package that it stands for?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pipeline.checks.lockfiles.presence import BUNDLED
from pipeline.checks.lockfiles.rules import found
from pipeline.model import Origin, Severity
from pipeline.policy import some
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Finding, Lock, Package

_WITHOUT = {"gradle.lockfile", "composer.lock"}
"""Formats that hold no hashes, or none that could be better."""

_OPTIONAL = {"Gemfile.lock"}
"""Formats in which a project decides whether there are any."""

_FETCHED = {Origin.REGISTRY, Origin.INDEX, Origin.URL}
_WEAK = {"md5", "sha1"}


def findings(lock: Lock) -> Iterator[Finding]:
    """Missing and weak hashes, and files that belong to another package."""
    if lock.format not in _WITHOUT:
        yield from _missing(lock)
        yield from _weak(lock)
    for package in lock.packages:
        if other := package.misnamed or _mismatch(package):
            what = f"the entry of {package.key} fetches {plain(other, limit=200)}"
            place = [package.location]
            yield found("name-mismatch", Severity.HIGH, package.purl, place, what)


def _missing(lock: Lock) -> Iterator[Finding]:
    fetched = [package for package in lock.packages if _needs_hash(package, lock)]
    bare = [package for package in fetched if not package.hashes]
    if not bare or (lock.format in _OPTIONAL and len(bare) == len(fetched)):
        return
    # One entry without among many with is no habit: somebody may have taken it out.
    severity = Severity.LOW if len(bare) == len(fetched) else Severity.MEDIUM
    what = f"{len(bare)} of {len(fetched)} packages have none: {some([one.key for one in bare])}"
    yield found("missing-hash", severity, lock.path, [one.location for one in bare], what)


def _needs_hash(package: Package, lock: Lock) -> bool:
    """Whether an installer fetches a file for the package and could hold it against a hash.

    Yarn locks no checksum for what only some platforms get.
    """
    if package.source.origin not in _FETCHED or BUNDLED in package.groups:
        return False
    if package.version is None and package.source.origin is not Origin.URL:
        return False  # it is not pinned, which is told of as such
    return not (lock.format == "yarn.lock" and package.markers)


def _weak(lock: Lock) -> Iterator[Finding]:
    weak = [
        package
        for package in lock.packages
        if package.hashes and {value.partition(":")[0] for value in package.hashes} <= _WEAK
    ]
    if weak:
        what = f"MD5 or SHA-1 alone: {some([package.key for package in weak])}"
        places = [package.location for package in weak]
        yield found("weak-hash", Severity.MEDIUM, lock.path, places, what)


def _mismatch(package: Package) -> str:
    """What the address of an npm package's file names instead of it, or "".

    Registries serve "<name>/-/<last part of the name>-<version>.tgz", some of them with the scope
    again before the file. An address of another form says nothing.
    """
    if package.ecosystem != "npm" or package.source.origin not in {Origin.REGISTRY, Origin.INDEX}:
        return ""
    try:
        path = unquote(urlsplit(package.source.url).path)
    except ValueError:
        return ""
    left, mark, file = path.partition("/-/")
    if not mark or not file.endswith(".tgz") or package.version is None:
        return ""
    base = package.name.rpartition("/")[2]
    version = package.version.partition("+")[0]
    stem = re.sub(r"\+[0-9A-Za-z.-]+\Z", "", file.removesuffix(".tgz")).rpartition("/")[2]
    same_name = left == f"/{package.name}" or left.endswith(f"/{package.name}")
    return "" if same_name and stem == f"{base}-{version}" else path.lstrip("/")
