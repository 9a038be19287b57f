"""Policy as tables of cases, and the laws that no combination of evidence may break."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Answer,
    Artefact,
    Control,
    ControlResult,
    Coverage,
    DataRecord,
    Decision,
    Disposition,
    Evidence,
    Excluded,
    Exploited,
    Finding,
    FrameworkCount,
    Gap,
    Gate,
    Git,
    Judged,
    Kind,
    Location,
    Missing,
    Outcome,
    Policy,
    Report,
    Severity,
    Status,
    Target,
    ToolRecord,
    Unread,
    Verdict,
    Waiver,
)
from pipeline.policy import FIXES, RULES, decide, judge, settled, unevaluated, weigh

TODAY = date(2026, 11, 22)
LOCK = Location(path="requirements.txt", line=3)
GIT = Git(commit="a" * 40, branch="main", dirty=False, remote=None, shallow=False)
TARGET = Target(name="shop", git=GIT, files=9)
KEV = Exploited(added=date(2026, 11, 1), due=TODAY + timedelta(days=5), ransomware=False)


def finding(rule: str = "CVE-2026-1", severity: Severity = Severity.HIGH, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "dependencies",
        "rule": rule,
        "kind": Kind.VULNERABILITY,
        "severity": severity,
        "title": "a problem",
        "subject": "pkg:pypi/jinja2@2.4.1",
        "locations": (LOCK,),
    }
    return Finding(**(values | more))


def evidence(
    *findings: Finding, check: str = "dependencies", status: Status | None = None, **more: Any
) -> Evidence:
    values: dict[str, Any] = {
        "check": check,
        "status": status or (Status.FOUND if findings else Status.CLEAN),
        "findings": findings,
        "coverage": (Coverage(scope="requirements.txt", unit="packages", expected=4, evaluated=4),),
    }
    return Evidence(**(values | more))


def waiver(id_: str = "CVE-2026-1", *, days: int = 30, **more: Any) -> Waiver:
    values: dict[str, Any] = {
        "id": id_,
        "reason": "not reachable",
        "owner": "platform",
        "expires": TODAY + timedelta(days=days),
    }
    return Waiver(**(values | more))


def result(
    outcome: Outcome, name: str = "DEP-03", gate: Gate = Gate.BLOCK, gap: Gap | None = None
) -> ControlResult:
    control = Control(
        id=name,
        title="a question",
        rationale="-",
        how="-",
        fix="Mend it.",
        severity=Severity.HIGH,
        gate=gate,
        checks=("dependencies",),
        requirements=(),
    )
    return ControlResult(control=control, answer=Answer(outcome=outcome, reason="because", gap=gap))


def report(
    *items: Evidence,
    policy: Policy | None = None,
    planned: tuple[str, ...] = ("dependencies",),
    controls: tuple[ControlResult, ...] = (),
    target: Target = TARGET,
    frameworks: tuple[FrameworkCount, ...] = (),
    notices: tuple[str, ...] = (),
) -> Report:
    policy = policy or Policy()
    findings = [found for item in items for found in item.findings]
    return judge(
        version="1",
        target=target,
        evidence=items,
        judged=weigh(findings, policy, TODAY),
        controls=controls,
        frameworks=frameworks,
        policy=policy,
        planned=planned,
        as_of=TODAY,
        notices=notices,
    )


def weighed(found: Finding, **policy: Any) -> Judged:
    """What policy makes of one finding; policy's own findings are left out."""
    all_ = weigh([found], Policy(**policy), TODAY)
    (one,) = [item for item in all_ if item.finding is found]
    return one


def own_rules(judged: tuple[Judged, ...]) -> list[str]:
    return [item.finding.rule for item in judged if item.finding.check == "policy"]


# --------------------------------------------------------------------------------- thresholds

V, B = Disposition.VIOLATION, Disposition.BELOW_THRESHOLD


@pytest.mark.parametrize(
    ("severity", "fail_on", "on_unknown", "wanted"),
    [
        (Severity.CRITICAL, Severity.HIGH, True, V),
        (Severity.HIGH, Severity.HIGH, True, V),
        (Severity.MEDIUM, Severity.HIGH, True, B),
        (Severity.HIGH, Severity.CRITICAL, True, B),
        (Severity.CRITICAL, None, True, B),
        (Severity.LOW, Severity.LOW, True, V),
        (Severity.NONE, Severity.LOW, True, B),
        (Severity.NONE, Severity.NONE, True, V),
        (Severity.UNKNOWN, Severity.CRITICAL, True, V),
        (Severity.UNKNOWN, None, True, V),
        (Severity.UNKNOWN, Severity.NONE, False, B),
        (Severity.UNKNOWN, None, False, B),
    ],
)
@pytest.mark.parametrize("kind", [Kind.VULNERABILITY, Kind.RULE])
def test_thresholds(
    severity: Severity,
    fail_on: Severity | None,
    on_unknown: bool,
    wanted: Disposition,
    kind: Kind,
) -> None:
    found = finding(severity=severity, kind=kind)
    judged = weighed(found, fail_on=fail_on, fail_on_unknown=on_unknown)
    assert judged.disposition is wanted
    assert judged.why


@pytest.mark.parametrize(
    "more", [{"kind": Kind.MALWARE}, {"exploited": KEV}], ids=["malware", "exploited"]
)
def test_harm_violates_whatever_its_severity(more: dict[str, Any]) -> None:
    found = finding(severity=Severity.NONE, **more)
    assert weighed(found, fail_on=None, fail_on_unknown=False).disposition is V


# ------------------------------------------------------------------------------------- waivers


@pytest.mark.parametrize(
    ("fields", "subject", "holds"),
    [
        ({}, "pkg:pypi/jinja2@2.4.1", True),
        ({"id": "cve-2026-1"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"id": "ghsa-AAAA"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"id": "CVE-2026-11"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "jinja2"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"package": "Jinja2==2.4.1"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"package": "jinja2@2.4.1"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"package": "jinja2==2.4.2"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "jinja"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "zope_interface"}, "pkg:pypi/zope-interface@1", True),
        ({"package": "pkg:pypi/Zope.Interface"}, "pkg:pypi/zope-interface@1", True),
        ({"package": "pkg:pypi/jinja2"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"package": "pkg:pypi/jinja2@2.4.1"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"package": "pkg:pypi/jinja2@2.4.2"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "pkg:npm/jinja2"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "pkg:PyPI/jinja2@1%212.0"}, "pkg:pypi/jinja2@1%212.0", True),
        ({"package": "jsonstream"}, "pkg:npm/JSONStream@1.0.0", False),
        ({"package": "@types/node"}, "pkg:npm/%40types/node@20.0.0", True),
        ({"package": "@types/node@20.0.0"}, "pkg:npm/%40types/node@20.0.0", True),
        ({"package": "@types/node@21.0.0"}, "pkg:npm/%40types/node@20.0.0", False),
        ({"package": "pkg:npm/@types/node"}, "pkg:npm/%40types/node@20.0.0", True),
        ({"package": "node"}, "pkg:npm/%40types/node@20.0.0", False),
        ({"package": "pkg:deb/debian/tar@1"}, "pkg:deb/debian/tar@1?distro=bookworm", True),
        ({"package": "pkg:deb/debian/tar?distro=sid"}, "pkg:deb/debian/tar@1?distro=sid", False),
        ({"package": "pkg:deb/debian/tar@1?distro=x"}, "pkg:deb/debian/tar@1?distro=x", True),
        ({"package": "jinja2"}, "src/jinja2", False),
        ({"package": "src/app.py"}, "src/app.py", True),
        ({"path": "requirements.txt"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"path": "*.txt"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"path": "**/requirements.txt"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"path": "requirements?txt"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"path": "**"}, "pkg:pypi/jinja2@2.4.1", True),
        ({"path": "other/*"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"path": "requirements.tx"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"path": "requirements.[t]xt"}, "pkg:pypi/jinja2@2.4.1", False),
        ({"package": "jinja2", "path": "other/*"}, "pkg:pypi/jinja2@2.4.1", False),
    ],
)
def test_what_a_waiver_matches(fields: dict[str, str], subject: str, holds: bool) -> None:
    found = finding(subject=subject, aliases=("GHSA-aaaa",))
    accepted = replace(waiver(), **fields)  # type: ignore[arg-type]
    judged = weighed(found, waivers=(accepted,))
    assert judged.disposition is (Disposition.WAIVED if holds else V)
    assert judged.waiver == (accepted if holds else None)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("**/*.py", "deep/er/x.py", True),
        ("a.c", "abc", False),
    ],
)
def test_globs(pattern: str, path: str, matches: bool) -> None:
    found = finding(locations=(Location(path=path),))
    judged = weighed(found, waivers=(waiver(path=pattern),))
    assert (judged.disposition is Disposition.WAIVED) is matches


def test_a_waiver_for_a_path_must_cover_every_place() -> None:
    found = finding(locations=(Location(path="a/uv.lock"), Location(path="b/uv.lock")))
    judged = weighed(found, waivers=(waiver(path="a/*"),))
    assert judged.disposition is V
    assert "some of its places" in judged.why
    assert weighed(found, waivers=(waiver(path="*/uv.lock"),)).disposition is Disposition.WAIVED


def test_a_waiver_for_a_path_does_not_match_a_finding_without_a_place() -> None:
    assert weighed(finding(locations=()), waivers=(waiver(path="**"),)).disposition is V


@pytest.mark.parametrize(("days", "holds"), [(1, True), (0, True), (-1, False)])
def test_a_waiver_holds_through_its_last_day(days: int, holds: bool) -> None:
    judged = weighed(finding(), waivers=(waiver(days=days),))
    assert (judged.disposition is Disposition.WAIVED) is holds
    if not holds:
        assert "2026-11-21" in judged.why


@pytest.mark.parametrize(("due", "holds"), [(1, True), (0, True), (-1, False)])
def test_a_waiver_ends_with_the_due_date_of_an_exploited_vulnerability(
    due: int, holds: bool
) -> None:
    known = replace(KEV, due=TODAY + timedelta(days=due))
    judged = weighed(finding(exploited=known), waivers=(waiver(days=90),))
    assert (judged.disposition is Disposition.WAIVED) is holds
    assert str(known.due) in judged.why


def test_no_waiver_accepts_malware() -> None:
    judged = weighed(finding(kind=Kind.MALWARE), waivers=(waiver(),))
    assert judged.disposition is V
    assert "no waiver" in judged.why


def test_of_several_waivers_the_one_that_lasts_longest_holds() -> None:
    short, long, over = waiver(days=5), waiver(days=50), waiver(days=-5)
    assert weighed(finding(), waivers=(short, long, over)).waiver == long
    assert weighed(finding(), waivers=(over, long, short)).waiver == long


def test_a_finding_below_the_threshold_needs_no_waiver() -> None:
    judged = weighed(finding(severity=Severity.LOW), waivers=(waiver(),))
    assert judged.disposition is B
    assert judged.waiver is None


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(-1, "policy/waiver-expired"), (0, ""), (366, ""), (367, "policy/waiver-too-long")],
)
def test_a_waiver_that_ended_or_lasts_too_long_is_a_finding(days: int, wanted: str) -> None:
    place = Location(path="supply-chain.yml", line=7)
    policy = Policy(waivers=(waiver(days=days, location=place),))
    judged = weigh([finding()], policy, TODAY)
    assert own_rules(judged) == ([wanted] if wanted else [])
    for item in judged:
        if item.finding.check == "policy":
            assert item.finding.locations == (place,)
            assert item.finding.fix
            assert item.disposition is (V if wanted == "policy/waiver-expired" else B)


def test_policys_own_findings_cannot_be_waived() -> None:
    waivers = (waiver(days=-1), waiver("policy/waiver-expired", days=5))
    made = report(evidence(finding()), policy=Policy(waivers=waivers))
    expired = [item for item in made.findings if item.finding.rule == "policy/waiver-expired"]
    assert [item.disposition for item in expired] == [V]
    assert "policy/waiver-unused" in own_rules(made.findings)


def test_a_waiver_without_a_place_points_at_the_settings() -> None:
    (judged,) = weigh([], Policy(waivers=(waiver(days=-1),)), TODAY)
    assert judged.finding.locations == (Location(path="supply-chain.yml"),)


def test_findings_about_two_waivers_are_told_apart() -> None:
    policy = Policy(waivers=(waiver(days=-1, package="a"), waiver(days=-1, package="b")))
    judged = weigh([], policy, TODAY)
    assert len({item.finding.fingerprint for item in judged}) == 2


PARTIAL = (
    Coverage(
        scope="requirements.txt",
        unit="packages",
        expected=4,
        evaluated=3,
        missing=(Missing(subject="left-pad", gap=Gap.NO_VERSION, why="not pinned"),),
    ),
)
NOTHING_TO_DO = evidence(status=Status.NOT_APPLICABLE, coverage=())


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


def test_every_rule_of_policys_own_explains_itself() -> None:
    assert set(RULES) == {f"policy/waiver-{what}" for what in ("expired", "too-long", "unused")}
    assert all(rule.title and rule.why and rule.fix for rule in RULES.values())


# ------------------------------------------------------------------------------ reading order


def test_findings_are_read_worst_first() -> None:
    below = finding("b", Severity.LOW)
    ordered = [
        finding("z", Severity.NONE, exploited=KEV),
        finding("a", Severity.CRITICAL),
        finding("f", Severity.HIGH, fixed_versions=("3",), paths=(("jinja2",),)),
        finding("e", Severity.HIGH, fixed_versions=("3",), paths=(("x", "jinja2"),)),
        finding("d", Severity.HIGH, epss=0.9),
        finding("b", Severity.HIGH),
        finding("c", Severity.HIGH, subject="pkg:pypi/a@1"),
        finding("c", Severity.HIGH, subject="pkg:pypi/b@1"),
        finding("q", Severity.UNKNOWN),
        below,
        finding("CVE-2026-1", Severity.HIGH),
    ]
    policy = Policy(waivers=(waiver(),))
    judged = weigh(reversed(ordered), policy, TODAY)
    assert [item.finding for item in judged] == ordered


# --------------------------------------------------------------------- what was not evaluated


def lines(*items: Evidence, **more: Any) -> list[tuple[str, Gap, bool]]:
    """What was not evaluated, without what policy says of the whole repository."""
    made = report(*items, **more)
    return [
        (line.what, line.gap, line.blocking)
        for line in made.unevaluated
        if line.what != "the whole repository"
    ]


WHOLE = "dependencies: the whole check"


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        (evidence(), []),
        (evidence(finding()), []),
        (evidence(status=Status.NOT_APPLICABLE, coverage=()), []),
        (evidence(status=Status.ERRORED, reason="boom"), [(WHOLE, Gap.TOOL_FAILED)]),
        (evidence(status=Status.SKIPPED, reason="offline"), [(WHOLE, Gap.NOT_CONFIGURED)]),
        (
            evidence(status=Status.PARTIAL, coverage=PARTIAL),
            [("dependencies: left-pad in requirements.txt", Gap.NO_VERSION)],
        ),
        # The status says more than the coverage bears out: the coverage is believed.
        (
            evidence(status=Status.CLEAN, coverage=PARTIAL),
            [("dependencies: left-pad in requirements.txt", Gap.NO_VERSION)],
        ),
        (
            evidence(status=Status.NOT_APPLICABLE, coverage=PARTIAL),
            [("dependencies: left-pad in requirements.txt", Gap.NO_VERSION)],
        ),
        (
            evidence(status=Status.PARTIAL),
            [("dependencies: a part of the check", Gap.NOT_ACCOUNTED_FOR)],
        ),
        (evidence(coverage=()), [(WHOLE, Gap.INPUT_MISSING)]),
        (evidence(status=Status.NOT_APPLICABLE), [(WHOLE, Gap.NOT_ACCOUNTED_FOR)]),
        (
            evidence(coverage=(Coverage(scope="a", unit="files", expected=3, evaluated=2),)),
            [("dependencies: files in a", Gap.NOT_ACCOUNTED_FOR)],
        ),
        (
            evidence(coverage=(Coverage(scope="a", unit="files", expected=2, evaluated=3),)),
            [("dependencies: files in a", Gap.NOT_ACCOUNTED_FOR)],
        ),
        (
            evidence(coverage=(replace(PARTIAL[0], expected=9),)),
            [
                ("dependencies: left-pad in requirements.txt", Gap.NO_VERSION),
                ("dependencies: packages in requirements.txt", Gap.NOT_ACCOUNTED_FOR),
            ],
        ),
        (
            evidence(data=(DataRecord(name="OSV advisories", origin="zip", fresh=False),)),
            [("dependencies: with fresh OSV advisories data", Gap.DATA_STALE)],
        ),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_every_gap_is_a_line(item: Evidence, wanted: list[tuple[str, Gap]], required: bool) -> None:
    policy = Policy(required=() if required else ("secrets",))
    planned = ("dependencies", "secrets")
    found = lines(item, evidence(check="secrets"), policy=policy, planned=planned)
    assert found == [(*line, required) for line in wanted]
    assert settled(item) is (not wanted)


@pytest.mark.parametrize("name", ["kev", "epss"])
def test_old_data_that_only_rank_do_not_block(name: str) -> None:
    old = DataRecord(name=name, origin="feed", as_of=date(2026, 1, 1), fresh=False)
    item = evidence(data=(old,))
    assert lines(item) == [(f"dependencies: with fresh {name} data", Gap.DATA_STALE, False)]
    assert settled(item)
    assert report(item).verdict.exit_code == 0


def test_data_of_a_check_with_nothing_to_do_may_be_old() -> None:
    old = DataRecord(name="OSV advisories", origin="zip", fresh=False)
    assert lines(evidence(status=Status.NOT_APPLICABLE, coverage=(), data=(old,))) == []


def test_a_planned_check_without_evidence_blocks_even_when_it_is_optional() -> None:
    policy = Policy(required=("dependencies",))
    planned = ("dependencies", "secrets")
    wanted = [("secrets: the whole check", Gap.INPUT_MISSING, True)]
    assert lines(evidence(), policy=policy, planned=planned) == wanted


def test_a_required_check_that_was_not_planned_blocks() -> None:
    wanted = [("sbom: the whole check", Gap.INPUT_MISSING, True)]
    assert lines(evidence(), policy=Policy(required=("dependencies", "sbom"))) == wanted


def test_what_discovery_could_not_read_blocks() -> None:
    part = Unread(location=Location(path="a/pyproject.toml"), why="not TOML")
    made = report(evidence(), target=replace(TARGET, unread=(part,)))
    (line,) = made.unevaluated
    assert (line.what, line.why, line.location) == (
        "a/pyproject.toml (discovery)",
        "not TOML",
        part.location,
    )
    assert made.verdict.exit_code == 3


@pytest.mark.parametrize(
    ("items", "planned", "why"),
    [
        ([], (), "no check was planned"),
        ([evidence()], (), "no check was planned"),
        (
            [NOTHING_TO_DO],
            ("dependencies",),
            "nothing was evaluated",
        ),
    ],
)
def test_nothing_evaluated_is_incomplete(
    items: list[Evidence], planned: tuple[str, ...], why: str
) -> None:
    made = report(*items, planned=planned)
    assert made.verdict.exit_code == 3
    assert why in made.verdict.reasons[-1]


def test_one_check_with_nothing_to_do_beside_one_that_saw_something_is_fine() -> None:
    items = (evidence(), evidence(check="container", status=Status.NOT_APPLICABLE, coverage=()))
    assert report(*items, planned=("dependencies", "container")).verdict.exit_code == 0


@pytest.mark.parametrize("gap", list(Gap))
def test_every_reason_code_has_a_way_to_mend_it(gap: Gap) -> None:
    assert FIXES[gap].endswith(".")


def test_every_line_has_a_reason_and_a_fix() -> None:
    made = report(
        evidence(status=Status.ERRORED, coverage=PARTIAL),
        controls=(result(Outcome.ERROR), result(Outcome.NOT_EVALUATED, "DEP-04")),
        policy=Policy(required_controls=("X-1",), waivers=(waiver("CVE-9"),)),
        planned=("dependencies", "secrets"),
    )
    assert len(made.unevaluated) == 7
    assert all(line.why and line.fix for line in made.unevaluated)


def test_lines_that_block_come_first() -> None:
    policy = Policy(required=("secrets",))
    items = (evidence(status=Status.ERRORED), evidence(check="secrets", status=Status.ERRORED))
    found = lines(*items, policy=policy, planned=("dependencies", "secrets"))
    assert [blocking for _, _, blocking in found] == [True, False]


def test_a_control_without_checks_is_mended_by_its_own_advice() -> None:
    bare = result(Outcome.NOT_EVALUATED, gap=Gap.NOT_CONFIGURED)
    bare = replace(bare, control=replace(bare.control, checks=()))
    (line,) = report(evidence(), controls=(bare,)).unevaluated
    assert line.fix == "Mend it."


# ------------------------------------------------------------------------------------- verdict


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


# ------------------------------------------------------------------------------------- report


def test_findings_stand_once_and_evidence_keeps_none() -> None:
    made = report(evidence(finding()))
    assert [item.finding for item in made.findings] == [finding()]
    assert made.evidence == (replace(evidence(finding()), findings=()),)


def test_a_finding_that_was_not_weighed_cannot_vanish() -> None:
    with pytest.raises(ValueError, match="not weighed"):
        judge(
            version="1",
            target=TARGET,
            evidence=(evidence(finding(), finding()),),
            judged=weigh([finding()], Policy(), TODAY),
            controls=(),
            frameworks=(),
            policy=Policy(),
            planned=("dependencies",),
            as_of=TODAY,
        )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (TARGET, []),
        (replace(TARGET, git=None), ["not a git repository"]),
        (replace(TARGET, git=replace(GIT, commit=None)), ["not a git repository"]),
        (replace(TARGET, git=replace(GIT, dirty=True)), ["changes that are not in the commit"]),
        (replace(TARGET, git=replace(GIT, dirty=None)), ["could not be told"]),
        (replace(TARGET, git=replace(GIT, shallow=True)), ["shallow"]),
        (
            replace(TARGET, excluded=(Excluded(path="vendor", why="settings"),)),
            ["1 path left out on purpose: vendor"],
        ),
    ],
)
def test_notices(target: Target, words: list[str]) -> None:
    made = report(evidence(), target=target, notices=("said before",))
    assert made.notices[0] == "said before"
    assert len(made.notices) == 1 + len(words)
    assert all(word in made.notices[-1] for word in words)


# ------------------------------------------------------------------------------------ the laws

CHECKS = ("dependencies", "secrets", "container")
CONTROLS = ("DEP-03", "DEP-04", "GATE-01")
IDS = ("CVE-1", "CVE-2", "GHSA-1", "secrets/token", "lockfiles/missing-hash")

locations = st.builds(
    Location, path=st.sampled_from(["a/uv.lock", "b/uv.lock"]), line=st.none() | st.integers(1, 3)
)


def tuples(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


days = st.integers(-3, 400).map(lambda number: TODAY + timedelta(days=number))
findings_ = st.builds(
    Finding,
    check=st.sampled_from(CHECKS),
    rule=st.sampled_from(IDS),
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    title=st.just("a problem"),
    subject=st.sampled_from(["pkg:pypi/a@1", "pkg:npm/%40s/b@2", "a/uv.lock"]),
    locations=tuples(locations, 2),
    fix=st.sampled_from(["", "do it"]),
    aliases=tuples(st.sampled_from(IDS), 2),
    fixed_versions=tuples(st.just("9"), 1),
    paths=tuples(tuples(st.sampled_from(["a==1", "c==1"]), 2), 2),
    epss=st.none() | st.floats(0, 1),
    score=st.none() | st.floats(0, 10),
    exploited=st.none() | st.builds(Exploited, added=days, due=days, ransomware=st.booleans()),
)
waivers_ = st.builds(
    Waiver,
    id=st.sampled_from(IDS),
    reason=st.just("-"),
    owner=st.just("-"),
    expires=days,
    package=st.sampled_from(["", "a", "a==1", "@s/b", "pkg:pypi/a"]),
    path=st.sampled_from(["", "a/*", "**"]),
)
policies = st.builds(
    Policy,
    fail_on=st.none() | st.sampled_from([s for s in Severity if s is not Severity.UNKNOWN]),
    fail_on_unknown=st.booleans(),
    required=tuples(st.sampled_from(CHECKS), 2),
    required_controls=tuples(st.sampled_from(CONTROLS), 1),
    waivers=tuples(waivers_),
)
gaps_ = st.builds(
    Missing, subject=st.sampled_from(["p", "q"]), gap=st.sampled_from(Gap), why=st.just("-")
)
coverages = st.builds(
    Coverage,
    scope=st.sampled_from(["a/uv.lock", "b/uv.lock"]),
    unit=st.just("packages"),
    expected=st.integers(0, 2),
    evaluated=st.integers(0, 2),
    missing=tuples(gaps_, 1),
)
full = st.builds(
    lambda scope, number: Coverage(scope=scope, unit="files", expected=number, evaluated=number),
    st.sampled_from(["a/uv.lock", "b/uv.lock"]),
    st.integers(1, 2),
)
records = st.builds(
    DataRecord,
    name=st.sampled_from(["osv", "kev"]),
    origin=st.sampled_from(["x", "y"]),
    fresh=st.booleans(),
)
# Half of all evidence is good, so that compliant verdicts are common enough to be broken.
good = st.builds(
    Evidence,
    check=st.sampled_from(CHECKS),
    status=st.sampled_from([Status.CLEAN, Status.FOUND]),
    findings=tuples(findings_, 1),
    coverage=st.lists(full, min_size=1, max_size=2).map(tuple),
)
doubtful = st.builds(
    Evidence,
    check=st.sampled_from(CHECKS),
    status=st.sampled_from(Status),
    reason=st.sampled_from(["", "because"]),
    findings=tuples(findings_, 2),
    coverage=tuples(coverages, 2),
    data=tuples(records, 2),
    tools=tuples(st.builds(ToolRecord, name=st.sampled_from("tu"), version=st.just("1")), 2),
    artefacts=tuples(
        st.builds(
            Artefact, path=st.sampled_from("mn"), digest=st.just("d"), media_type=st.just("m")
        ),
        2,
    ),
)
results = st.builds(
    result, st.sampled_from(Outcome), st.sampled_from(CONTROLS), st.sampled_from(Gate)
)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `judge` as a run makes them: at most one evidence per planned check."""
    items = draw(st.lists(good | doubtful, max_size=3, unique_by=lambda item: item.check))
    planned = {item.check for item in items} | set(draw(tuples(st.sampled_from(CHECKS), 1)))
    controls = draw(st.lists(results, max_size=3, unique_by=lambda item: item.control.id))
    return {
        "evidence": tuple(items),
        "planned": tuple(sorted(planned)),
        "policy": draw(st.just(Policy()) | policies),
        "controls": tuple(controls),
        "target": TARGET,
    }


def judged_of(case: dict[str, Any]) -> tuple[Judged, ...]:
    found = [finding for item in case["evidence"] for finding in item.findings]
    return weigh(found, case["policy"], TODAY)


def report_of(case: dict[str, Any], *, judged: tuple[Judged, ...] | None = None) -> Report:
    return judge(
        version="1",
        as_of=TODAY,
        frameworks=(),
        judged=judged_of(case) if judged is None else judged,
        **case,
    )


laws = settings(deadline=None, max_examples=300)


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


WORSE = ("gap", "stale", "gone", "errored", "skipped", "partial")


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


def test_the_cases_reach_every_verdict() -> None:
    """The laws would hold of a strategy that only makes one kind of report: this one does not."""
    seen: set[int] = set()

    @settings(deadline=None, max_examples=500, database=None, derandomize=True)
    @given(case=cases())
    def look(case: dict[str, Any]) -> None:
        seen.add(report_of(case).verdict.exit_code)

    look()
    assert seen == {0, 1, 3}
