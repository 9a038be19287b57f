"""The verdict as a table: what makes it violated, incomplete or compliant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model import (
    Coverage,
    Decision,
    Disposition,
    Gap,
    Gate,
    Kind,
    Missing,
    Outcome,
    Policy,
    Severity,
    Status,
    Verdict,
)
from pipeline.policy import decide
from tests.policy.builders import KEV, PARTIAL, evidence, finding, report, result, weighed


@pytest.mark.parametrize(
    ("outcome", "gate", "required", "code"),
    [
        (Outcome.PASS, Gate.BLOCK, True, 0),
        (Outcome.WAIVED, Gate.BLOCK, True, 0),
        (Outcome.ATTESTED, Gate.BLOCK, True, 0),
        (Outcome.NOT_APPLICABLE, Gate.BLOCK, True, 0),
        (Outcome.FAIL, Gate.BLOCK, False, 1),
        (Outcome.FAIL, Gate.WARN, True, 1),
        (Outcome.FAIL, Gate.WARN, False, 0),
        (Outcome.FAIL, Gate.INFO, False, 0),
        (Outcome.NOT_EVALUATED, Gate.BLOCK, True, 3),
        (Outcome.ERROR, Gate.BLOCK, True, 3),
        (Outcome.NOT_EVALUATED, Gate.BLOCK, False, 0),
        (Outcome.ERROR, Gate.INFO, True, 3),
    ],
)
def test_what_a_control_does_to_the_verdict(
    outcome: Outcome, gate: Gate, required: bool, code: int
) -> None:
    policy = Policy(required_controls=("DEP-03",) if required else ())
    made = report(evidence(), controls=(result(outcome, gate=gate),), policy=policy)
    assert made.verdict.exit_code == code


@pytest.mark.parametrize("required", [(), ("DEP-03",)])
def test_a_control_that_fails_for_what_the_base_held_does_not_stop(
    required: tuple[str, ...],
) -> None:
    failed = result(Outcome.FAIL)
    existing = replace(failed, answer=replace(failed.answer, existing=True))
    policy = Policy(required_controls=required)
    made = report(evidence(), controls=(existing,), policy=policy)
    assert made.verdict.exit_code == 0
    assert "1 control failed without blocking" in made.verdict.headline
    assert report(evidence(), controls=(failed,), policy=policy).verdict.exit_code == 1


def test_a_compliant_verdict_counts_what_the_base_held() -> None:
    held = replace(weighed(finding()), disposition=Disposition.EXISTING)
    verdict = decide(judged=[held], unevaluated=(), controls=(), policy=Policy())
    assert verdict.headline == "Compliant; 1 finding is in the base already."
    verdict = decide(judged=[held, held], unevaluated=(), controls=(), policy=Policy())
    assert verdict.headline == "Compliant; 2 findings are in the base already."


@pytest.mark.parametrize("required", [(), ("GATE-01",)])
def test_a_failed_integrity_control_means_that_we_do_not_know(required: tuple[str, ...]) -> None:
    made = report(
        evidence(),
        controls=(result(Outcome.FAIL, "GATE-01"),),
        policy=Policy(required_controls=required),
    )
    assert made.verdict == Verdict(
        decision=Decision.INCOMPLETE,
        exit_code=3,
        headline="Incomplete: see the reasons.",
        reasons=("GATE-01 failed: because",),
    )


def test_a_required_control_that_does_not_exist_is_incomplete() -> None:
    made = report(evidence(), policy=Policy(required_controls=("DEP-99",)))
    assert made.verdict.exit_code == 3
    assert "DEP-99" in made.verdict.reasons[0]


def test_found_and_unknown_together_is_violated_and_tells_both() -> None:
    made = report(
        evidence(finding(), coverage=PARTIAL, status=Status.PARTIAL),
        controls=(result(Outcome.FAIL), result(Outcome.FAIL, "GATE-01")),
    )
    assert made.verdict == Verdict(
        decision=Decision.VIOLATED,
        exit_code=1,
        headline=("Policy violated: 1 finding and 1 control; 1 required part was not evaluated."),
        reasons=(
            "1 finding is of high severity: CVE-2026-1",
            "DEP-03 failed: because",
            "dependencies: left-pad in requirements.txt: not pinned",
        ),
    )


def test_reasons_are_grouped_worst_first() -> None:
    found = [
        finding("MAL-1", Severity.UNKNOWN, kind=Kind.MALWARE),
        finding("CVE-kev", Severity.LOW, exploited=KEV),
        *(finding(f"CVE-{number}", Severity.CRITICAL) for number in range(5)),
        finding("CVE-u", Severity.UNKNOWN),
    ]
    assert report(evidence(*found)).verdict.reasons == (
        "1 finding is malicious: MAL-1",
        "1 finding is known to be exploited: CVE-kev",
        "5 findings are of critical severity: CVE-0, CVE-1, CVE-2 and 2 more",
        "1 finding is rated by nobody: CVE-u",
    )


def test_many_gaps_of_one_kind_are_one_reason() -> None:
    missing = tuple(
        Missing(subject=f"p{number}", gap=Gap.NO_VERSION, why="-") for number in range(9)
    )
    coverage = (Coverage(scope="r", unit="packages", expected=10, evaluated=1, missing=missing),)
    verdict = report(evidence(coverage=coverage)).verdict
    assert verdict.headline == "Incomplete: 9 required parts were not evaluated."
    (reason,) = verdict.reasons
    assert reason == (
        "9 parts (no version): dependencies: p0 in r, dependencies: p1 in r,"
        " dependencies: p2 in r and 6 more"
    )


def test_compliant_still_counts_what_was_not_evaluated() -> None:
    made = report(
        evidence(),
        evidence(check="secrets", status=Status.ERRORED),
        planned=("dependencies", "secrets"),
        policy=Policy(required=("dependencies",)),
        controls=(
            result(Outcome.NOT_EVALUATED, "DEP-04"),
            result(Outcome.ERROR, "DEP-05"),
            result(Outcome.FAIL, "DEP-12", Gate.WARN),
        ),
    )
    assert made.verdict == Verdict(
        decision=Decision.COMPLIANT,
        exit_code=0,
        headline=(
            "Compliant; 1 control failed without blocking; 2 controls were not evaluated;"
            " 1 optional part was not evaluated."
        ),
        reasons=("DEP-12 failed: because",),
    )


def test_compliant_with_nothing_left_open_says_just_that() -> None:
    assert report(evidence()).verdict == Verdict(
        decision=Decision.COMPLIANT, exit_code=0, headline="Compliant.", reasons=()
    )
