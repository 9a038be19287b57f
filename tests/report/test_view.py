from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from pipeline.model import (
    Base,
    Coverage,
    Evidence,
    Exploited,
    Git,
    Kind,
    Location,
    Severity,
    Status,
)
from pipeline.report import words
from pipeline.report.row import Place
from pipeline.report.view import View
from tests.report.findings import finding, with_findings

if TYPE_CHECKING:
    from pipeline.model import Report


def test_of_what_the_history_holds_it_is_told_whether_it_is_still_there(
    reports: dict[str, Report],
) -> None:
    view = View(reports["leaked"])
    still, gone = view.open
    assert still.presence is words.PRESENT
    assert [str(holder) for holder in still.commits] == [
        "1b1b1b1b1b1b of 2026-01-01",
        "2b2b2b2b2b2b of 2026-01-02",
        "3b3b3b3b3b3b of 2026-01-03",
    ], "the oldest"
    assert still.commits[0].where == "shop/config.py:1"
    assert still.commits[0].commit.link == f"https://github.com/example/shop/commit/{'1b' * 20}"
    assert still.places[0].link
    assert gone.presence is words.REMOVED
    assert [(place.text, place.link) for place in gone.places] == [("deploy.sh:31", "")]
    (file,) = view.below
    assert (str(file.commits[0]), file.commits[0].where) == ("7a" * 6, ".env")
    assert all(row.presence is None for row in View(reports["violated"]).open)


def test_a_commit_of_no_known_host_has_no_link(reports: dict[str, Report]) -> None:
    report = replace(reports["leaked"], target=replace(reports["leaked"].target, git=None))
    assert {holder.commit.link for row in View(report).open for holder in row.commits} == {""}


def test_violations_come_in_the_order_in_which_to_mend_them(reports: dict[str, Report]) -> None:
    due = Exploited(added=date(2026, 1, 1), due=date(2026, 2, 1), ransomware=True)
    fixed = {"fixed_versions": ("2",)}
    direct, deep = (("a==1",),), (("b==1", "a==1"),)
    wanted = [
        finding("malware", kind=Kind.MALWARE, severity=Severity.UNKNOWN, epss=0.1),
        finding("exploited-low", exploited=due, severity=Severity.LOW),
        finding("critical", severity=Severity.CRITICAL),
        finding("high-fixable-direct", paths=direct, **fixed),
        finding("high-fixable-unclear", **fixed),
        finding("high-fixable-deep-likely", paths=deep, epss=0.9, **fixed),
        finding("high-fixable-deep", paths=deep, epss=0.1, **fixed),
        finding("high-no-fix", paths=direct),
        finding("unrated", severity=Severity.UNKNOWN),
        finding("medium", severity=Severity.MEDIUM),
        finding("none", severity=Severity.NONE),
    ]
    shuffled = wanted[::2] + wanted[1::2]
    rows = with_findings(reports["compliant"], *shuffled).open
    assert [row.finding.rule for row in rows] == [item.rule for item in wanted]


def test_the_earliest_due_date_counts(reports: dict[str, Report]) -> None:
    def due(day: int) -> Exploited:
        return Exploited(added=date(2026, 1, 1), due=date(2026, 2, day), ransomware=False)

    view = with_findings(
        reports["compliant"], finding("a", exploited=due(9)), finding("b", exploited=due(3))
    )
    assert (view.exploited, view.due) == (2, date(2026, 2, 3))
    assert View(reports["compliant"]).due is None


COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("remote", "dirty", "commit", "browsed"),
    [
        ("https://github.com/o/r.git", False, COMMIT, "https://github.com/o/r/blob/"),
        ("git@github.com:o/r.git", False, COMMIT, "https://github.com/o/r/blob/"),
        ("ssh://git@github.com/o/r/", False, COMMIT, "https://github.com/o/r/blob/"),
        ("https://github.com/o/r", True, COMMIT, ""),
        ("https://github.com/o/r", None, COMMIT, ""),
        ("https://github.com/o/r", False, "main", ""),
        ("https://github.com/o/r", False, None, ""),
        ("https://github.com.evil.example/o/r", False, COMMIT, ""),
        ("https://evil.example/o/r", False, COMMIT, ""),
        ("https://github.com/o/r/x", False, COMMIT, ""),
        (None, False, COMMIT, ""),
    ],
)
def test_only_a_clean_commit_on_github_is_linked(
    reports: dict[str, Report],
    remote: str | None,
    dirty: bool | None,
    commit: str | None,
    browsed: str,
) -> None:
    git = Git(commit=commit, branch=None, dirty=dirty, remote=remote, shallow=False)
    report = reports["compliant"]
    view = View(replace(report, target=replace(report.target, git=git)))
    place = view.place(Location(path="a b/ü.lock", line=3))
    assert place is not None
    assert place.text == "a b/ü.lock:3"
    assert place.link == (f"{browsed}{COMMIT}/a%20b/%C3%BC.lock#L3" if browsed else "")
    whole = view.place(Location(path="x"))
    assert whole is not None
    assert whole.text == "x"
    assert "#" not in whole.link
    assert view.place(None) is None


def test_a_plain_folder_has_no_links(reports: dict[str, Report]) -> None:
    report = reports["compliant"]
    view = View(replace(report, target=replace(report.target, git=None)))
    assert view.commit_link == ""
    assert view.place(Location(path="x")) == Place("x")


@pytest.mark.parametrize(
    ("evidence", "accounted"),
    [
        ((), False),
        ((Evidence(check="a", status=Status.CLEAN),), True),
        ((Evidence(check="a", status=Status.NOT_APPLICABLE),), True),
        ((Evidence(check="a", status=Status.SKIPPED),), False),
        ((Evidence(check="a", status=Status.ERRORED),), False),
        ((Evidence(check="a", status=Status.PARTIAL),), False),
        (
            (
                Evidence(
                    check="a",
                    status=Status.CLEAN,
                    coverage=(Coverage(scope="s", unit="u", expected=2, evaluated=1),),
                ),
            ),
            False,
        ),
    ],
)
def test_nothing_is_called_accounted_for_that_the_evidence_denies(
    reports: dict[str, Report], evidence: tuple[Evidence, ...], accounted: bool
) -> None:
    assert View(replace(reports["compliant"], evidence=evidence)).accounted is accounted


def test_numbers_agree_with_the_lists(reports: dict[str, Report]) -> None:
    view = View(reports["violated"])
    assert [len(rows) for rows in (view.open, view.below, view.waived)] == [5, 2, 1]
    assert [(count.mark.label, count.number) for count in view.severities] == [
        ("Critical", 1),
        ("High", 2),
        ("Unrated", 2),
    ]
    assert [(count.mark.label, count.number) for count in view.outcomes] == [
        ("Fail", 1),
        ("Waived", 1),
        ("Pass", 1),
    ]
    assert [(count.mark.label, count.number) for count in view.statuses] == [("Findings", 1)]
    assert View(reports["incomplete"]).blocking == 2


def test_a_waiver_that_ends_within_a_month_is_pointed_out(reports: dict[str, Report]) -> None:
    report = reports["waived"]
    view = View(report)
    (row,) = view.waived
    assert row.waiver is not None
    for days, soon in ((-1, True), (0, True), (30, True), (31, False)):
        ends = date.fromordinal(report.as_of.toordinal() + days)
        waiver = replace(row.waiver, expires=ends)
        assert (view.days_left(waiver), view.ends_soon(waiver)) == (days, soon)


# ------------------------------------------------------------------------------------- a base


def test_against_which_base_it_was_judged(reports: dict[str, Report]) -> None:
    view = View(reports["changed"])
    assert "base 0b0b0b0b0b0b (origin/main)" in view.against
    assert "dependencies found there already" in view.against
    assert "In full all the same: lockfiles" in view.against
    assert [row.finding.rule for row in view.existing] == ["GHSA-v845-jxx5-vc9f"]
    assert view.open == ()
    assert View(reports["violated"]).against == ""


def test_a_base_that_is_of_no_use_is_said_too(reports: dict[str, Report]) -> None:
    lost = Base(asked="main", why="'main' is no commit of this repository")
    report = replace(reports["changed"], base=lost)
    assert View(report).against == (
        "Judged in full, and not against a base: 'main' is no commit of this repository."
    )
    whole = Base(asked="0b0b", commit="0b" * 20, checks=("dependencies", "lockfiles"))
    view = View(replace(report, base=whole))
    assert "base 0b0b0b0b0b0b: what dependencies and lockfiles found" in view.against
    assert view.against.endswith("in full.")


def test_a_secret_is_named_by_its_file(reports: dict[str, Report]) -> None:
    rows = [row for row in View(reports["leaked"]).open if len(row.finding.subject) == 64]
    assert rows
    for row in rows:
        assert row.name == row.finding.locations[0].path
        assert row.is_file
    finding = replace(rows[0].finding, locations=())
    judged = replace(rows[0].judged, finding=finding)
    (row,) = View(replace(reports["leaked"], findings=(judged,))).open
    assert row.name == finding.subject
    assert not row.is_file


def test_files_can_be_read_where_somebody_else_says(reports: dict[str, Report]) -> None:
    view = View(reports["incomplete"], browse="https://git.example.org/a/blob/1/sub")
    place = view.place(Location(path="a b.txt", line=3))
    assert place
    assert place.link == "https://git.example.org/a/blob/1/sub/a%20b.txt#L3"


def test_no_link_leads_into_a_built_image(reports: dict[str, Report]) -> None:
    view = View(reports["violated"], browse="https://example.org/b")
    for path in ("ghcr.io/example/shop:2.1", "./shop.tar!/app/x.jar"):
        assert view.place(Location(path=path)) == Place(path)


def test_no_link_leads_out_of_the_repository(reports: dict[str, Report]) -> None:
    view = View(reports["incomplete"], browse="https://git.example.org/a/blob/1")
    place = view.place(Location(path="../../b/x"))
    assert place
    assert place.link == ""
