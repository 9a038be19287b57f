"""From what Trivy saw to findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.checks.container import findings
from pipeline.checks.container.scan import Scan, read
from pipeline.model import Finding, Image, Kind, Severity
from tests.checks.container.cases import APP, image, ran
from tests.kit.images import digest


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


@pytest.fixture
def scan(found: Image) -> Scan:
    return read(ran(found), found)


def judged(found: Image, scan: Scan, *denied: str) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings.judge(found, scan, denied)}


def test_a_vulnerability_in_full(found: Image, scan: Scan) -> None:
    finding = judged(found, scan)["CVE-2026-0001"]
    assert finding.kind is Kind.VULNERABILITY
    assert finding.subject == "pkg:deb/debian/libssl3@3.0.11-1~deb12u1"
    assert finding.detail == (
        "Rated critical by debian. libssl3 3.0.11-1~deb12u1 in layer 1 of 2"
        f" ({digest(APP.layers[0])}, made by `COPY rootfs /`) of ./app:1.0 (linux/amd64), image"
        f" {APP.id}, built on docker.io/library/debian:12."
    )
    assert finding.fix == (
        "upgrade libssl3 from 3.0.11-1~deb12u1 to 3.0.12-1 or later: rebuild on a newer base"
        " image (docker.io/library/debian:12)"
    )
    assert [place.path for place in finding.locations] == ["./app:1.0"]
    assert finding.seen_by == ("trivy",)


def test_what_is_not_mended(found: Image, scan: Scan) -> None:
    (flaw,) = (flaw for flaw in scan.flaws if flaw.id == "CVE-2026-0002")
    for status, why in (
        ("affected", "no fixed version yet"),
        ("will_not_fix", "will not mend it"),
        ("odd", "no fixed version yet"),
    ):
        only = replace(scan, flaws=(replace(flaw, status=status, title=""),))
        finding = judged(found, only)[flaw.id]
        assert why in finding.fix
        assert finding.title == "CVE-2026-0002 in libssl3 3.0.11-1~deb12u1"


def test_end_of_life_and_licences(found: Image, scan: Scan) -> None:
    only = replace(scan, flaws=())
    assert judged(found, only) == {}
    old = judged(found, replace(only, end_of_life=True))["container/end-of-life"]
    assert "debian 12.5" in old.title
    denied = judged(found, only, "BSD-3-Clause")["container/denied-licence"]
    assert denied.subject == "pkg:pypi/jinja2@2.4.1"
    assert denied.locations[0].path.endswith("METADATA")


@pytest.mark.parametrize(
    ("licence", "is_denied"),
    [
        ("GPL-3.0", True),
        ("gpl-3.0-only", True),
        ("MIT AND GPL-3.0-only", True),
        ("MIT OR GPL-3.0-only", False),
        ("free for all", False),
    ],
)
def test_a_denied_licence_by_any_name(
    found: Image, scan: Scan, licence: str, is_denied: bool
) -> None:
    package = replace(scan.packages[0], licences=(licence,))
    only = replace(scan, flaws=(), packages=(package,))
    assert bool(judged(found, only, "GPL-3.0-only")) is is_denied


def test_what_an_image_was_built_with(found: Image, scan: Scan) -> None:
    def told(*names: str) -> list[str]:
        packages = tuple(replace(scan.packages[0], name=name) for name in names)
        only = replace(scan, flaws=(), packages=packages)
        return [one.title for one in findings.judge(found, only, ())]

    assert told("make", "gcc", "gcc-12-base") == ["./app:1.0 holds gcc, make"]
    assert told("gcc-12-base", "libgo22") == []


def test_one_problem_in_two_images_is_one_finding(found: Image, scan: Scan) -> None:
    other = replace(found, name="other:1.0")
    both = [
        *findings.judge(found, scan, ()),
        *findings.judge(other, scan, ()),
        *findings.judge(found, scan, ()),
    ]
    merged = {finding.rule: finding for finding in findings.merge(both)}
    finding = merged["CVE-2026-0001"]
    assert [place.path for place in finding.locations] == ["./app:1.0", "other:1.0"]
    assert len(finding.detail.split("\n")) == 2
    milder = replace(finding, severity=Severity.LOW, aliases=("X-1",))
    (again,) = findings.merge([milder, finding])
    assert (again.severity, again.aliases) == (Severity.CRITICAL, ("X-1",))


def test_a_package_without_a_url(found: Image, scan: Scan) -> None:
    (flaw,) = (flaw for flaw in scan.flaws if flaw.id == "CVE-2026-0001")
    odd = replace(flaw, package=replace(flaw.package, purl="", layer=""), source="")
    finding = judged(replace(found, base=""), replace(scan, flaws=(odd,)))["CVE-2026-0001"]
    assert finding.subject == "pkg:generic/libssl3@3.0.11-1~deb12u1"
    assert finding.detail.startswith("libssl3 3.0.11-1~deb12u1 of ./app:1.0")
