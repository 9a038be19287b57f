"""From what Trivy saw to findings: one for each problem, however many images and layers have it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks import inside
from pipeline.checks.container.configuration import CHECK
from pipeline.checks.container.rules import RULES
from pipeline.checks.container.scan import OS
from pipeline.model import Finding, Kind, Location, Severity
from pipeline.policy import some
from pipeline.sbom.denied import is_denied
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pipeline.checks.container.scan import Flaw, Found, Scan
    from pipeline.model import Image

TOOL = "trivy"
_MAX_TOLD = 10
"""Places of one finding that are described; the others are counted."""
_BUILD_TOOLS = frozenset(
    {
        *("build-base", "build-essential", "autoconf", "automake", "cmake", "make", "meson"),
        *("clang", "g++", "gcc", "gcc-c++", "gfortran", "golang", "golang-go", "go", "nasm"),
        *("cargo", "rust", "rustc", "default-jdk", "default-jdk-headless", "maven", "gradle"),
    }
)
"""Packages of operating systems that are needed to build, and never to run."""
_UNFIXED = {
    "will_not_fix": "its vendor will not mend it",
    "fix_deferred": "its vendor put the repair off",
    "end_of_life": "its vendor does not look after it any more",
    "under_investigation": "its vendor is still looking into it",
    "affected": "there is no fixed version yet",
}


def judge(image: Image, scan: Scan, denied: Collection[str]) -> Iterator[Finding]:
    """Findings of one image; `denied` are the licences that the policy denies."""
    for flaw in scan.flaws:
        yield _flaw(image, flaw)
    if scan.end_of_life:
        yield _end_of_life(image, scan)
    if tools := sorted(_BUILD_TOOLS & {one.name for one in scan.packages if one.kind == OS}):
        yield _build_tools(image, tools)
    for package in scan.packages:
        for licence in package.licences:
            if denied and is_denied(licence, denied):
                yield _licence(image, package, licence)


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each problem and subject, with every place and every layer that has it."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.subject)
        found[key] = _joined(found[key], finding) if key in found else finding
    return tuple(found[key] for key in sorted(found))


def _joined(one: Finding, other: Finding) -> Finding:
    told = dict.fromkeys((*one.detail.split("\n"), *other.detail.split("\n")))
    return replace(
        one,
        severity=min(one.severity, other.severity, key=lambda item: item.rank),
        locations=tuple(sorted({*one.locations, *other.locations})),
        aliases=tuple(sorted({*one.aliases, *other.aliases})),
        detail="\n".join(list(told)[:_MAX_TOLD]),
    )


def _flaw(image: Image, flaw: Flaw) -> Finding:
    package = flaw.package
    label = f"{package.name} {package.version}".strip()
    rated = f"Rated {flaw.severity} by {plain(flaw.source)}. " if flaw.source else ""
    return Finding(
        check=CHECK,
        rule=flaw.id,
        kind=Kind.VULNERABILITY,
        severity=flaw.severity,
        title=flaw.title or f"{flaw.id} in {plain(label)}",
        subject=package.subject,
        locations=(inside.place(image, package.path),),
        detail=f"{rated}{plain(label)}{inside.where(image, package.layer)}.",
        fix=_mend(flaw, image),
        url=flaw.url,
        aliases=flaw.aliases,
        fixed_versions=flaw.fixed,
        cvss=flaw.cvss,
        score=flaw.score,
        seen_by=(TOOL,),
    )


def _mend(flaw: Flaw, image: Image) -> str:
    package = flaw.package
    if flaw.fixed:
        how = f"upgrade {package.name} from {package.version} to {flaw.fixed[0]} or later"
        base = f" ({image.base})" if image.base else ""
        again = f": rebuild on a newer base image{base}" if package.kind == OS else ""
        return plain(f"{how}{again}")
    why = _UNFIXED.get(flaw.status, _UNFIXED["affected"])
    return plain(f"{why}: leave {package.name} out of the image, or record a waiver")


def _end_of_life(image: Image, scan: Scan) -> Finding:
    system = plain(f"{scan.family} {scan.release}")
    return _by_rule(
        "end-of-life",
        severity=Severity.HIGH,
        title=f"{image.name} is built on {system}, which is past its end of life",
        subject=f"{image.name}: {system}",
        place=Location(path=image.name),
        detail=f"Image {image.config}.",
    )


def _build_tools(image: Image, tools: Sequence[str]) -> Finding:
    return _by_rule(
        "build-tools",
        severity=Severity.LOW,
        title=f"{image.name} holds {some(tools)}",
        subject=f"{image.name}: build tools",
        place=Location(path=image.name),
        detail=f"Image {image.config}.",
    )


def _licence(image: Image, package: Found, licence: str) -> Finding:
    label = plain(f"{package.name} {package.version}")
    return _by_rule(
        "denied-licence",
        severity=Severity.HIGH,
        title=f"{label} is licensed under {plain(licence)}",
        subject=package.subject,
        place=inside.place(image, package.path),
        detail=f"{label}{inside.where(image, package.layer)}.",
    )


def _by_rule(  # noqa: PLR0913 - one argument for each field that differs
    name: str, *, severity: Severity, title: str, subject: str, place: Location, detail: str
) -> Finding:
    rule = f"{CHECK}/{name}"
    return Finding(
        check=CHECK,
        rule=rule,
        kind=Kind.RULE,
        severity=severity,
        title=title,
        subject=subject,
        locations=(place,),
        detail=detail,
        fix=RULES[rule].fix,
        seen_by=(TOOL,),
    )
