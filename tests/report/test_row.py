from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.model import Kind, Location, Lock, Package, Target
from pipeline.report.row import is_direct, package_of, packages_by_location
from tests.report.findings import finding, with_findings

if TYPE_CHECKING:
    from pipeline.model import Report


@pytest.mark.parametrize(
    ("changes", "direct"),
    [
        ({"paths": (("a==1",), ("b==1", "a==1"))}, True),
        ({"paths": (("b==1", "a==1"),)}, False),
        ({}, True),
        ({"locations": (Location(path="uv.lock", line=2),)}, False),
        ({"locations": (Location(path="uv.lock", line=3),)}, None),
        ({"locations": (Location(path="uv.lock", line=9),)}, None),
        ({"subject": "pkg:pypi/other@1"}, None),
    ],
)
def test_a_chain_tells_a_direct_dependency_or_the_lock(
    changes: dict[str, Any], direct: bool | None
) -> None:
    packages = tuple(
        Package(
            ecosystem="PyPI",
            name="a",
            version="1",
            location=Location(path="uv.lock", line=line),
            direct=known,
        )
        for line, known in ((1, True), (2, False), (3, None))
    )
    lock = Lock(path="uv.lock", format="uv.lock", ecosystem="PyPI", digest="", packages=packages)
    target = Target(name="t", git=None, files=1, locks=(lock,))
    known = packages_by_location(target)
    assert is_direct(finding(**changes), known) is direct


@pytest.mark.parametrize(
    ("subject", "parts"),
    [
        ("pkg:pypi/requests@2.31.0", ("requests", "2.31.0")),
        ("pkg:npm/%40babel/core@7.0.0", ("@babel/core", "7.0.0")),
        ("pkg:pypi/a@1%2Blocal?x=y@z#s", ("a", "1+local")),
        ("pkg:pypi/a", ("a", "")),
        ("pkg:broken", ("pkg:broken", "")),
        ("src/a@1.txt", ("src/a@1.txt", "")),
    ],
)
def test_a_package_url_is_read_as_name_and_version(subject: str, parts: tuple[str, str]) -> None:
    assert package_of(subject) == parts


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"fix": "Do `it`.", "fixed_versions": ("2",)}, "Do `it`."),
        ({"fixed_versions": ("1.1", "2")}, "Update a to 1.1 or 2."),
        ({"kind": Kind.MALWARE}, "Remove it, and replace every secret that it could reach."),
        ({}, "No fixed version is known: replace the package, or waive it until there is one."),
        ({"kind": Kind.RULE}, ""),
    ],
)
def test_each_finding_says_how_to_mend_it(
    reports: dict[str, Report], changes: dict[str, Any], mend: str
) -> None:
    (row,) = with_findings(reports["compliant"], finding(**changes)).open
    assert row.mend == mend
