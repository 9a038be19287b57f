"""Which part of the database speaks of a system, or of a language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.checks.container.scan import Found
from pipeline.checks.container.systems import can_order, knows_language, knows_system, system


@pytest.mark.parametrize(
    ("family", "release", "name"),
    [
        ("debian", "12.5", "debian 12"),
        ("ubuntu", "22.04", "ubuntu 22.04"),
        ("alpine", "3.19.1", "alpine 3.19"),
        ("rocky", "9.3", "rocky 9"),
        ("alma", "8.9", "alma 8"),
        ("oracle", "8.9", "Oracle Linux 8"),
        ("amazon", "2023.4 (Amazon Linux)", "amazon linux 2023"),
        ("amazon", "2 (Karoo)", "amazon linux 2"),
        ("amazon", "AMI release 2018.03", "amazon linux 1"),
        ("redhat", "9.4", "Red Hat"),
        ("centos", "7.9", "Red Hat"),
        ("azurelinux", "3.0.20240824", "Azure Linux 3.0"),
        ("cbl-mariner", "2.0", "CBL-Mariner 2.0"),
        ("photon", "4.0", "Photon OS 4.0"),
        ("sles", "15.5", "SUSE Linux Enterprise 15.5"),
        ("opensuse-leap", "15.5", "openSUSE Leap 15.5"),
        ("wolfi", "20230201", "wolfi"),
        ("fedora", "40", ""),
        ("debian", "", ""),
        ("debian", "trixie/sid", ""),
    ],
)
def test_the_source_of_a_release(family: str, release: str, name: str) -> None:
    assert system(family, release) == name
    assert knows_system(family, release, {name, "debian 1"}) is bool(name)
    assert not knows_system(family, release, {"debian 1", "redhat"})


def test_the_sources_of_a_language() -> None:
    sources = {"pip::GitHub Security Advisory pip", "npm-other"}
    assert knows_language("python-pkg", sources)
    assert not knows_language("node-pkg", sources)
    assert not knows_language("conda-pkg", {"conda::x"})


@pytest.mark.parametrize(
    ("family", "version", "is_sound"),
    [
        ("debian", "1:2.3.4+dfsg-1~deb12u1", True),
        ("debian", "unknown", False),
        ("ubuntu", "", False),
        ("alpine", "1.2.5_git20240101-r3", True),
        ("alpine", "3.0.0_rc1~abc123-r0", True),
        ("alpine", "v1.2", False),
        ("redhat", "whatever", True),
    ],
)
def test_versions_that_can_be_ordered(family: str, version: str, is_sound: bool) -> None:
    package = Found(name="a", version=version, kind="os", purl="")
    assert can_order(family, package) is is_sound
    assert can_order(family, replace(package, kind="jar"))
