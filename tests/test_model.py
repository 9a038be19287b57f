from __future__ import annotations

import pytest

from pipeline.model import (
    Coverage,
    Evidence,
    Finding,
    Gap,
    Image,
    Kind,
    Location,
    Missing,
    Package,
    Severity,
    Status,
    Target,
    purl,
    tally,
)


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "wanted"),
    [
        ("PyPI", "jinja2", "2.10", "pkg:pypi/jinja2@2.10"),
        ("PyPI", "torch", "2.1.0+cu118", "pkg:pypi/torch@2.1.0%2Bcu118"),
        ("npm", "@angular/core", "1.0.0", "pkg:npm/%40angular/core@1.0.0"),
        ("Go", "golang.org/x/text", "v0.3.0", "pkg:golang/golang.org/x/text@v0.3.0"),
        ("crates.io", "serde", None, "pkg:cargo/serde"),
        ("RubyGems", "rack", "3.0.0.rc1", "pkg:gem/rack@3.0.0.rc1"),
        ("Packagist", "symfony/console", "v7.0.1", "pkg:composer/symfony/console@v7.0.1"),
        ("NuGet", "newtonsoft.json", "13.0.3", "pkg:nuget/newtonsoft.json@13.0.3"),
        ("Maven", "org.a/x:b", "1.0", "pkg:maven/org.a%2Fx/b@1.0"),
        ("Red Hat", "x", "1:2", "pkg:red-hat/x@1:2"),
    ],
)
def test_purl(ecosystem: str, name: str, version: str | None, wanted: str) -> None:
    assert purl(ecosystem, name, version) == wanted


def test_severities_are_ordered_worst_first() -> None:
    assert [s.value for s in sorted(Severity, key=lambda severity: severity.rank)] == [
        "critical",
        "high",
        "unknown",
        "medium",
        "low",
        "none",
    ]


def test_a_package_knows_its_key_and_purl() -> None:
    package = Package(
        ecosystem="PyPI", name="flask", version=None, location=Location(path="r.txt", line=1)
    )
    assert (package.key, package.purl) == ("flask", "pkg:pypi/flask")


def finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "check": "dependencies",
        "rule": "CVE-2020-1",
        "kind": Kind.VULNERABILITY,
        "severity": Severity.HIGH,
        "title": "x",
        "subject": "pkg:pypi/x@1",
        "locations": (Location(path="a", line=3),),
        **changes,
    }
    return Finding(**values)  # type: ignore[arg-type]


def test_a_fingerprint_survives_moves_and_tells_problems_apart() -> None:
    one = finding()
    assert one.fingerprint == finding(locations=(Location(path="b", line=9),)).fingerprint
    assert one.fingerprint != finding(rule="CVE-2020-2").fingerprint
    assert one.fingerprint != finding(subject="pkg:pypi/x@2").fingerprint
    assert len(one.fingerprint) == 32


def test_ids_are_the_rule_and_its_aliases() -> None:
    assert finding(aliases=("GHSA-x",)).ids == {"CVE-2020-1", "GHSA-x"}


def test_coverage_is_complete_only_when_all_is_accounted_for() -> None:
    gap = Missing(subject="x", gap=Gap.NO_VERSION, why="it is not pinned")
    whole = Coverage(scope="a", unit="packages", expected=2, evaluated=2)
    short = Coverage(scope="b", unit="packages", expected=2, evaluated=1, missing=(gap,))
    unnamed = Coverage(scope="b", unit="packages", expected=2, evaluated=1)
    assert whole.complete
    assert not short.complete
    assert not unnamed.complete
    evidence = Evidence(check="x", status=Status.PARTIAL, coverage=(whole, short))
    assert (evidence.expected, evidence.evaluated) == (4, 3)


def test_a_tally_keeps_kinds_apart_and_leaves_out_what_is_beside_the_question() -> None:
    parts = (
        Coverage(scope="a", unit="files", expected=2, evaluated=2),
        Coverage(scope="b", unit="files", expected=1_000, evaluated=999),
        Coverage(scope="c", unit="commits", expected=3, evaluated=3),
        Coverage(scope="d", unit="parts", expected=9, evaluated=0, required=False),
    )
    assert tally(parts) == "1,001 of 1,002 files, 3 of 3 commits"
    assert tally(()) == ""


def test_a_path_in_an_image_is_told_from_one_in_the_repository() -> None:
    target = Target(name="t", git=None, files=1, images=(Image(name="./a:1", transport="layout"),))
    assert [target.is_in_image(path) for path in ("./a:1", "./a:1!/etc/x", "./a:2", "a", "")] == [
        *(True, True, False, False, False)
    ]
