"""The laws that no combination of evidence may break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Coverage,
    DataRecord,
    Decision,
    Disposition,
    Evidence,
    Finding,
    Gap,
    Judged,
    Kind,
    Missing,
    Outcome,
    Report,
    Severity,
    Status,
)
from pipeline.policy import NOTHING, Baseline, decide, judge, settled, unevaluated, weigh
from tests.policy.builders import TARGET, TODAY, V
from tests.policy.strategies import cases

laws = settings(deadline=None, max_examples=300)


def judged_of(case: dict[str, Any], baseline: Baseline = NOTHING) -> tuple[Judged, ...]:
    found = [finding for item in case["evidence"] for finding in item.findings]
    return weigh(found, case["policy"], TODAY, baseline=baseline)


def report_of(
    case: dict[str, Any],
    *,
    judged: tuple[Judged, ...] | None = None,
    baseline: Baseline = NOTHING,
) -> Report:
    return judge(
        version="1",
        as_of=TODAY,
        frameworks=(),
        judged=judged_of(case, baseline) if judged is None else judged,
        baseline=baseline,
        **case,
    )


WORSE = ("gap", "stale", "gone", "errored", "skipped", "partial")


def worsened(item: Evidence, how: str) -> Evidence | None:
    """The same evidence with something less known; `None` when it is gone."""
    match how:
        case "gap":
            part = Coverage(
                scope="z",
                unit="packages",
                expected=1,
                evaluated=0,
                missing=(Missing(subject="z", gap=Gap.NO_VERSION, why="-"),),
            )
            return replace(item, coverage=(*item.coverage, part))
        case "stale":
            old = DataRecord(name="osv", origin="z", fresh=False)
            return replace(item, data=(*item.data, old))
        case "gone":
            return None
        case _:
            return replace(item, status=Status(how))


@laws
@given(case=cases(), how=st.sampled_from(WORSE), pick=st.randoms(use_true_random=False))
def test_knowing_less_never_makes_it_compliant(case: dict[str, Any], how: str, pick: Any) -> None:
    if not case["evidence"] or report_of(case).verdict.exit_code == 0:
        return
    chosen = pick.randrange(len(case["evidence"]))
    items = [
        worsened(item, how) if number == chosen else item
        for number, item in enumerate(case["evidence"])
    ]
    worse = case | {"evidence": tuple(item for item in items if item)}
    assert report_of(worse).verdict.exit_code != 0


@laws
@given(case=cases())
def test_no_required_check_is_left_open_in_a_compliant_verdict(case: dict[str, Any]) -> None:
    made = report_of(case)
    if made.verdict.exit_code != 0:
        return
    by_check = {item.check: item for item in case["evidence"]}
    assert set(case["planned"]) <= by_check.keys()
    for name in case["policy"].required or case["planned"]:
        assert settled(by_check[name])
        assert by_check[name].status in {Status.CLEAN, Status.FOUND, Status.NOT_APPLICABLE}
    assert any(item.evaluated for item in case["evidence"])
    answers = {item.control.id: item.answer.outcome for item in case["controls"]}
    for name in case["policy"].required_controls:
        assert answers[name] not in {Outcome.FAIL, Outcome.NOT_EVALUATED, Outcome.ERROR}


@laws
@given(case=cases())
def test_a_finding_at_the_threshold_without_a_waiver_is_never_compliant(
    case: dict[str, Any],
) -> None:
    policy = case["policy"]
    ids = {waiver.id.lower() for waiver in policy.waivers if waiver.expires >= TODAY}
    order = [*(s for s in Severity if s is not Severity.UNKNOWN)]

    def grave(found: Finding) -> bool:
        if found.kind is Kind.MALWARE or found.exploited:
            return True
        if found.severity is Severity.UNKNOWN:
            return bool(policy.fail_on_unknown)
        limit = policy.fail_on
        return limit is not None and order.index(found.severity) <= order.index(limit)

    bare = [
        found
        for item in case["evidence"]
        for found in item.findings
        if grave(found)
        and (found.kind is Kind.MALWARE or not {id_.lower() for id_ in found.ids} & ids)
    ]
    verdict = report_of(case).verdict
    if bare:
        assert verdict.exit_code == 1
    assert (verdict.exit_code == 0) == (verdict.decision is Decision.COMPLIANT)


@laws
@given(case=cases(), pick=st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(case: dict[str, Any], pick: Any) -> None:
    def shuffled(items: Any) -> tuple[Any, ...]:
        return tuple(pick.sample(list(items), len(items)))

    other = case | {
        "evidence": tuple(
            replace(
                item,
                findings=shuffled(item.findings),
                coverage=shuffled(item.coverage),
                data=shuffled(item.data),
                tools=shuffled(item.tools),
                artefacts=shuffled(item.artefacts),
            )
            for item in shuffled(case["evidence"])
        ),
        "planned": shuffled(case["planned"]),
        "controls": shuffled(case["controls"]),
    }
    assert report_of(other, judged=shuffled(judged_of(other))) == report_of(case)


@laws
@given(case=cases())
def test_nothing_vanishes(case: dict[str, Any]) -> None:
    made = report_of(case)
    given_ = [found for item in case["evidence"] for found in item.findings]
    kept = [item.finding for item in made.findings if item.finding.check != "policy"]
    assert sorted(map(repr, kept)) == sorted(map(repr, given_))
    assert len(made.evidence) == len(case["evidence"])
    assert all(not item.findings for item in made.evidence)


@laws
@given(case=cases())
def test_the_verdict_follows_from_the_lines_of_the_report(case: dict[str, Any]) -> None:
    made = report_of(case)
    again = decide(
        judged=made.findings,
        unevaluated=made.unevaluated,
        controls=made.controls,
        policy=case["policy"],
    )
    assert again == made.verdict
    blocking = [line for line in made.unevaluated if line.blocking]
    if made.verdict.exit_code == 0:
        assert not blocking
        assert not any(item.disposition is V for item in made.findings)
    else:
        assert made.verdict.reasons
    own = unevaluated(
        target=TARGET,
        evidence=case["evidence"],
        controls=case["controls"],
        planned=case["planned"],
        policy=case["policy"],
    )
    assert set(own) <= set(made.unevaluated)


def baseline_of(items: tuple[Evidence, ...]) -> Baseline:
    return Baseline.of(
        items,
        base=TARGET,
        head=TARGET,
        renamed={},
        unchanged=frozenset({"a/uv.lock", "b/uv.lock"}),
    )


@laws
@given(case=cases(), base=cases() | st.none())
def test_a_base_never_makes_a_new_violation_compliant(
    case: dict[str, Any], base: dict[str, Any] | None
) -> None:
    """The base's evidence is any, or the very same as the change's."""
    before = case["evidence"] if base is None else base["evidence"]
    known = {found.fingerprint for item in before for found in item.findings}
    plain, made = report_of(case), report_of(case, baseline=baseline_of(before))
    told = {id(item.finding): item for item in made.findings}
    for item in plain.findings:
        finding = item.finding
        harm = finding.kind is Kind.MALWARE or finding.exploited is not None
        if item.disposition is not V:
            continue
        if finding.check == "policy" or finding.fingerprint not in known or harm:
            again = [one for one in made.findings if one.finding == finding]
            assert again
            assert all(one.disposition is V for one in again)
            assert made.verdict.exit_code == 1
        else:
            assert told[id(finding)].disposition in {V, Disposition.EXISTING}
    # A base only ever takes away what it held; nobody is worse off for having one.
    assert len(made.unevaluated) == len(plain.unevaluated)
    assert made.verdict.exit_code == 0 or plain.verdict.exit_code != 0


@laws
@given(case=cases(), how=st.sampled_from([Status.ERRORED, Status.SKIPPED]))
def test_a_base_of_which_nothing_is_known_changes_nothing(
    case: dict[str, Any], how: Status
) -> None:
    broken = tuple(replace(item, status=how) for item in case["evidence"])
    assert report_of(case, baseline=baseline_of(broken)) == report_of(case)
    assert report_of(case, baseline=baseline_of(())) == report_of(case)


def test_the_cases_reach_every_verdict() -> None:
    """The laws would hold of a strategy that only makes one kind of report: this one does not."""
    seen: set[int] = set()

    @settings(deadline=None, max_examples=500, database=None, derandomize=True)
    @given(case=cases())
    def look(case: dict[str, Any]) -> None:
        seen.add(report_of(case).verdict.exit_code)

    look()
    assert seen == {0, 1, 3}
