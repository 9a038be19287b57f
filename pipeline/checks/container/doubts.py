"""What a scan leaves open: everything for which silence would pass as "nothing found".

Trivy ends well when it does not know an operating system, finds no packages, has no advisories
for a release, or could not read a file. Each of these is a gap here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.container.scan import OS
from pipeline.checks.container.systems import can_order, knows_language, knows_system
from pipeline.discover.names import printable
from pipeline.images.layers import DATABASES, JAVA, RELEASES
from pipeline.model import Coverage, Gap, Location, Missing
from pipeline.policy import some
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pipeline.checks.container.scan import Found, Scan
    from pipeline.model import Image

MAX_NAMED = 20
"""Unknown archives that are named; the others are counted."""


def unseen(image: Image, gap: Gap, why: str) -> Coverage:
    """An image that was not looked at at all."""
    missing = Missing(subject=image.title, gap=gap, why=why, location=Location(path=image.name))
    return Coverage(scope=image.title, unit="images", expected=1, evaluated=0, missing=(missing,))


def cover(
    image: Image,
    scan: Scan,
    names: Collection[str],
    sources: Collection[str],
    *,
    no_java: str = "",
) -> Iterator[Coverage]:
    """What was looked at in an image, and what was not.

    `names` are those worth knowing of its layers, `sources` what the database holds. `no_java`
    says why archives of Java were left out.
    """
    place = Location(path=image.name)
    doubts = tuple(
        Missing(subject=image.title, gap=gap, why=why, location=place)
        for gap, why in (*_doubts(scan, names), *_without_java(names, no_java))
    )
    yield Coverage(
        scope=image.title,
        unit="images",
        expected=1,
        evaluated=0 if doubts else 1,
        missing=doubts,
    )
    unknown = list(_unknown(scan, sources))
    yield Coverage(
        scope=image.title,
        unit="packages",
        expected=len(scan.packages),
        evaluated=len(scan.packages) - sum(number for number, _, _ in unknown),
        missing=tuple(
            Missing(subject=image.title, gap=gap, why=why, location=place)
            for _, gap, why in unknown
        ),
    )
    if not no_java:
        yield from _archives(image, scan, names)


def _without_java(names: Collection[str], why: str) -> Iterator[tuple[Gap, str]]:
    archives = sorted(name for name in names if JAVA.fullmatch(name))
    if why and archives:
        told = f"{archives[0]} and other archives of Java" if archives[1:] else archives[0]
        yield Gap.DATA_MISSING, f"{plain(told, limit=300)} cannot be told apart: {why}"


def _doubts(scan: Scan, names: Collection[str]) -> Iterator[tuple[Gap, str]]:
    databases = sorted(name for name in names if DATABASES.fullmatch(name))
    of_system = [package for package in scan.packages if package.kind == OS]
    if not scan.packages:
        yield Gap.NOT_ACCOUNTED_FOR, "no package was found in it, so nothing was compared"
    if not scan.family and any(RELEASES.fullmatch(name) for name in names):
        yield Gap.UNSUPPORTED_INPUT, "it has an operating system that Trivy does not know"
    elif not scan.family and databases:
        yield Gap.UNSUPPORTED_INPUT, f"{databases[0]} is there, but no operating system is known"
    elif scan.family and not of_system and scan.packages:
        yield Gap.INPUT_MISSING, f"it is {_system(scan)}, but without a database of its packages"
    elif databases and not of_system and scan.family:
        yield Gap.NOT_ACCOUNTED_FOR, f"{databases[0]} is there, but no package was read from it"
    if scan.end_of_life:
        yield (
            Gap.DATA_MISSING,
            f"{_system(scan)} is past its end of life: nobody records its vulnerabilities",
        )
    unversioned = [part.name for part in scan.packages if not (part.version or part.is_product)]
    if unversioned:
        told = plain(", ".join(sorted(unversioned)[:3]), limit=300)
        yield Gap.NO_VERSION, f"{len(unversioned)} of its packages have no version: {told}"
    for text in scan.warnings:
        yield Gap.PARSE_ERROR, f"Trivy: {text}"


def _unknown(scan: Scan, sources: Collection[str]) -> Iterator[tuple[int, Gap, str]]:
    """How many packages were compared with nothing, and why."""
    left = [*scan.packages]
    if not knows_system(scan.family, scan.release, sources):
        own, left = _split(left, lambda package: package.kind == OS)
        why = f"the database holds nothing for {_system(scan)}"
        yield from _lacking(own, Gap.DATA_MISSING, why)
    foreign, left = _split(left, lambda package: package.is_foreign)
    yield from _lacking(foreign, Gap.NOT_FROM_REGISTRY, f"others than {scan.family} packaged them")
    odd, left = _split(left, lambda package: not can_order(scan.family, package))
    yield from _lacking(odd, Gap.UNPARSABLE_VERSION, "their versions cannot be ordered")
    for kind in sorted({package.kind for package in left} - {OS}):
        if not knows_language(kind, sources):
            own = [package for package in left if package.kind == kind]
            yield from _lacking(own, Gap.DATA_MISSING, f"the database holds nothing for {kind}")


def _lacking(packages: Sequence[Found], gap: Gap, why: str) -> Iterator[tuple[int, Gap, str]]:
    if packages:
        names = [plain(package.name, limit=100) for package in packages]
        yield len(packages), gap, f"{why} ({some(names)})"


def _split(
    packages: Sequence[Found], speaks: Callable[[Found], bool]
) -> tuple[list[Found], list[Found]]:
    found = [package for package in packages if speaks(package)]
    return found, [package for package in packages if not speaks(package)]


def _system(scan: Scan) -> str:
    return f"{scan.family} {scan.release}".strip() or "an unknown operating system"


def _archives(image: Image, scan: Scan, names: Collection[str]) -> Iterator[Coverage]:
    """Archives of Java in which nothing was recognised: often the product's own, but who knows."""
    seen = {path for package in scan.packages for path in _above(package.path)}
    archives = sorted(name for name in names if JAVA.fullmatch(name))
    unknown = [name for name in archives if name not in seen]
    if unknown:
        yield Coverage(
            scope=image.title,
            unit="archives of Java",
            expected=len(archives),
            evaluated=len(archives) - len(unknown),
            missing=tuple(
                Missing(
                    subject=plain(name, limit=300),
                    gap=Gap.NOT_ACCOUNTED_FOR,
                    why="nobody knows what this archive is: it does not say so itself",
                    location=Location(path=f"{image.name}!/{printable(name)}"),
                )
                for name in unknown[:MAX_NAMED]
            ),
            required=False,
        )


def _above(path: str) -> Iterator[str]:
    """A path, and those of the archives that it lies in."""
    parts = path.split("/")
    yield from ("/".join(parts[:number]) for number in range(len(parts), 0, -1))
