"""Waivers that match nothing, and what may be said of them."""

from __future__ import annotations

import pytest

from pipeline.model import Evidence, Policy, Severity, Status
from tests.policy.builders import (
    NOTHING_TO_DO,
    PARTIAL,
    evidence,
    finding,
    own_rules,
    report,
    waiver,
)


@pytest.mark.parametrize(
    ("id_", "items", "planned", "unused", "unsure"),
    [
        ("CVE-9", [evidence()], ["dependencies"], True, False),
        ("CVE-9", [evidence(finding("CVE-9"))], ["dependencies"], False, False),
        ("CVE-9", [evidence(finding("CVE-9", Severity.LOW))], ["dependencies"], False, False),
        ("CVE-9", [evidence(coverage=PARTIAL)], ["dependencies"], False, True),
        ("CVE-9", [evidence(status=Status.ERRORED)], ["dependencies"], False, True),
        ("CVE-9", [NOTHING_TO_DO], ["dependencies"], True, False),
        ("CVE-9", [], ["dependencies"], False, True),
        ("CVE-9", [evidence(check="secrets")], ["secrets"], False, False),
        ("CVE-9", [evidence(), evidence(check="container", coverage=PARTIAL)],
         ["dependencies", "container"], False, True),
        ("secrets/token", [evidence(), evidence(check="secrets")],
         ["dependencies", "secrets"], True, False),
        ("secrets/token", [evidence(coverage=PARTIAL), evidence(check="secrets")],
         ["dependencies", "secrets"], True, False),
        ("secrets/token", [evidence()], ["dependencies"], False, False),
        ("dependencies/x", [evidence(), evidence(status=Status.ERRORED)],
         ["dependencies"], False, True),
    ],
)  # fmt: skip
def test_a_waiver_is_unused_only_when_its_check_was_complete(
    id_: str, items: list[Evidence], planned: list[str], unused: bool, unsure: bool
) -> None:
    made = report(*items, planned=tuple(planned), policy=Policy(waivers=(waiver(id_),)))
    assert own_rules(made.findings) == (["policy/waiver-unused"] if unused else [])
    told = [line for line in made.unevaluated if line.what.startswith("policy: ")]
    assert [line.blocking for line in told] == ([False] if unsure else [])


def test_not_knowing_whether_a_waiver_is_used_blocks_where_an_unused_one_would() -> None:
    policy = Policy(fail_on=Severity.LOW, waivers=(waiver("CVE-9"),), required=("secrets",))
    planned = ("dependencies", "secrets")
    other = evidence(check="secrets")
    assert report(evidence(), other, policy=policy, planned=planned).verdict.exit_code == 1
    partial = report(evidence(coverage=PARTIAL), other, policy=policy, planned=planned)
    assert partial.verdict.exit_code == 3


def test_an_expired_waiver_is_not_called_unused_as_well() -> None:
    made = report(evidence(), policy=Policy(waivers=(waiver("CVE-9", days=-1),)))
    assert own_rules(made.findings) == ["policy/waiver-expired"]
