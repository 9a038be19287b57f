from __future__ import annotations

from pipeline.model import Finding, Kind, Location, Severity


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
