"""What was not evaluated: every gap is a line, and every line can be mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.model import (
    Coverage,
    DataRecord,
    Evidence,
    Gap,
    Location,
    Missing,
    Outcome,
    Policy,
    Status,
    Unread,
)
from pipeline.policy import FIXES, check_gaps, settled
from tests.policy.builders import (
    NOTHING_TO_DO,
    PARTIAL,
    TARGET,
    evidence,
    finding,
    report,
    result,
    waiver,
)


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


def test_a_control_whose_checks_are_done_is_mended_by_its_own_advice() -> None:
    of_sbom = result(Outcome.NOT_EVALUATED, gap=Gap.NOT_CONFIGURED)
    of_sbom = replace(of_sbom, control=replace(of_sbom.control, checks=("dependencies",)))
    (done,) = report(evidence(), controls=(of_sbom,)).unevaluated
    assert done.fix == "Mend it."
    *_, open_ = report(evidence(coverage=PARTIAL), controls=(of_sbom,)).unevaluated
    assert open_.fix == FIXES[Gap.NOT_CONFIGURED]


def test_advice_about_lockfiles_is_not_given_about_secrets() -> None:
    gap = Missing(subject="messages", gap=Gap.UNSUPPORTED_INPUT, why="they are no files")
    part = Coverage(scope="history", unit="parts", expected=1, evaluated=0, missing=(gap,))
    found = Evidence(check="secrets", status=Status.PARTIAL, coverage=(part,))
    line, *_ = check_gaps([found], planned=["secrets"], policy=Policy())
    assert "lockfile" not in line.fix


@pytest.mark.parametrize("gap", [Gap.DATA_MISSING, Gap.DATA_STALE, Gap.NETWORK_OFF, Gap.LEFT_OUT])
def test_data_that_a_control_lacks_are_to_be_fetched(gap: Gap) -> None:
    item = result(Outcome.NOT_EVALUATED, gap=gap)
    (line,) = report(evidence(), controls=(item,)).unevaluated
    assert line.fix == FIXES[gap]


@pytest.mark.parametrize(
    ("check", "gap", "advice"),
    [
        ("container", Gap.INPUT_MISSING, "--image"),
        ("hardening", Gap.INPUT_MISSING, "stands elsewhere"),
        ("hardening", Gap.DATA_MISSING, "by hand"),
        ("workflows", Gap.INPUT_MISSING, "stands elsewhere"),
        ("workflows", Gap.NETWORK_OFF, "zizmor"),
    ],
)
def test_advice_that_would_not_help_is_not_given(check: str, gap: Gap, advice: str) -> None:
    missing = Missing(subject="Dockerfile", gap=gap, why="-")
    part = Coverage(scope="files", unit="files", expected=1, evaluated=0, missing=(missing,))
    found = Evidence(check=check, status=Status.PARTIAL, coverage=(part,))
    line, *_ = check_gaps([found], planned=[check], policy=Policy())
    assert advice in line.fix
    assert line.fix != FIXES[gap]


def test_a_gap_beside_the_question_is_told_and_does_not_block() -> None:
    beside = Coverage(
        scope="registry",
        unit="releases",
        expected=2,
        evaluated=1,
        missing=(Missing(subject="a==1", gap=Gap.NETWORK_OFF, why="offline"),),
        required=False,
    )
    whole = Coverage(scope="lock", unit="packages", expected=2, evaluated=2)
    found = Evidence(check="lockfiles", status=Status.CLEAN, coverage=(whole, beside))
    assert settled(found)
    (line,) = check_gaps([found], planned=["lockfiles"], policy=Policy())
    assert (line.what, line.blocking) == ("lockfiles: a==1 in registry", False)
    only_beside = replace(found, coverage=(beside,))
    assert not settled(only_beside)


@pytest.mark.parametrize("required", [(), ("secrets",)])
def test_a_folder_without_a_project_is_incomplete_unless_that_is_meant(
    required: tuple[str, ...],
) -> None:
    bare = replace(TARGET, projects=(), locks=())
    found = evidence(check="secrets")
    made = report(found, target=bare, planned=("secrets",), policy=Policy(required=required))
    blocking = [line.what for line in made.unevaluated if line.blocking]
    assert blocking == ([] if required else ["the whole repository: its dependencies"])


def test_a_control_whose_check_is_open_has_the_advice_of_that_check() -> None:
    item = result(Outcome.NOT_EVALUATED, gap=Gap.INPUT_MISSING)
    item = replace(item, control=replace(item.control, checks=("dependencies", "container")))
    (line,) = report(evidence(), controls=(item,)).unevaluated
    assert "--image" in line.fix
