from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Base,
    Coverage,
    Decision,
    Disposition,
    Evidence,
    Exploited,
    Finding,
    Gap,
    Gate,
    Git,
    Judged,
    Kind,
    Location,
    Lock,
    Outcome,
    Package,
    Severity,
    Status,
    Target,
)
from pipeline.report import view as words
from pipeline.report.view import View, web_link

if TYPE_CHECKING:
    from pipeline.model import Report


def finding(rule: str = "GHSA-1", **other: Any) -> Finding:
    base = Finding(
        check="dependencies",
        rule=rule,
        kind=Kind.VULNERABILITY,
        severity=Severity.HIGH,
        title="t",
        subject="pkg:pypi/a@1",
        locations=(Location(path="uv.lock", line=1),),
    )
    return replace(base, **other)


def with_findings(report: Report, *findings: Finding) -> View:
    judged = (Judged(finding=f, disposition=Disposition.VIOLATION, why="w") for f in findings)
    return View(replace(report, findings=tuple(judged)))


def test_every_word_of_the_model_has_a_mark() -> None:
    for kind, marks in (
        (Decision, words.DECISIONS),
        (Severity, words.SEVERITIES),
        (Status, words.STATUSES),
        (Outcome, words.OUTCOMES),
        (Gap, words.GAPS),
        (Gate, words.GATES),
    ):
        assert set(marks) == set(kind)


def test_only_what_was_evaluated_and_fine_is_green() -> None:
    marks = [words.DECISIONS, words.SEVERITIES, words.STATUSES, words.OUTCOMES]
    green = {key for table in marks for key, mark in table.items() if mark.tone == "good"}  # type: ignore[attr-defined]
    assert green == {Decision.COMPLIANT, Status.CLEAN, Outcome.PASS}
    assert {mark.tone for table in marks for mark in table.values()} <= words.SIGNS.keys()  # type: ignore[attr-defined]


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
    known = words.packages_by_location(target)
    assert words.is_direct(finding(**changes), known) is direct


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
    assert words.package_of(subject) == parts


@pytest.mark.parametrize(
    "url",
    [
        "https://osv.dev/vulnerability/GHSA-1",
        "http://example.org/?a=b&c=[d]#e",
        "HTTPS://EXAMPLE.org",
        "https://[::1]/",
    ],
)
def test_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org",
        "data:text/html,x",
        "//example.org",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org@evil.example/",
        "https://example.org/\u202e",
        "https://example.org/\n",
        'https://example.org/"x',
        "https://example.org/<x>",
        "https://example.org/\\x",
        "https://example.org/`x",
        "https://[::1/",
        "https://exämple.org/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_nothing_else_becomes_a_link(url: str) -> None:
    assert web_link(url) == ""


@given(st.text())
@settings(deadline=None)
def test_a_link_never_holds_what_could_end_it(tail: str) -> None:
    for url in (tail, "https://example.org/" + tail, "javascript:" + tail):
        found = web_link(url)
        assert found in ("", url)
        if found:
            assert found.lower().startswith(("http://", "https://"))
            assert found.isascii()
            assert not set(found) & set("\"'`<>\\ \t\r\n") - {"'"}


@pytest.mark.parametrize(
    ("changes", "link"),
    [
        ({"url": "https://example.org/a"}, "https://example.org/a"),
        ({}, "https://osv.dev/vulnerability/GHSA-1"),
        ({"rule": "CVE-2026-1", "url": "javascript:x"}, "https://osv.dev/vulnerability/CVE-2026-1"),
        ({"rule": "GHSA-1/../../x"}, ""),
        ({"rule": "lockfiles/missing-hash", "kind": Kind.RULE}, ""),
        ({"rule": "X-1", "kind": Kind.RULE, "url": "https://a.example/"}, "https://a.example/"),
    ],
)
def test_an_advisory_without_a_link_gets_one(changes: dict[str, Any], link: str) -> None:
    assert words.advisory_link(finding(**changes)) == link


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
    assert view.place(Location(path="x")) == words.Place("x")


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


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", [("plain", False)]),
        ("Run `nox`.", [("Run ", False), ("nox", True), (".", False)]),
        ("`nox`", [("nox", True)]),
        ("odd ` tick", [("odd ` tick", False)]),
        ("", []),
    ],
)
def test_backticks_mark_code(text: str, parts: list[tuple[str, bool]]) -> None:
    assert list(words.ticked(text)) == parts


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
    assert words.numbered(1, "entry", "entries") == "1 entry"
    assert words.numbered(2000, "entry", "entries") == "2,000 entries"


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
        assert view.place(Location(path=path)) == words.Place(path)


def test_no_link_leads_out_of_the_repository(reports: dict[str, Report]) -> None:
    view = View(reports["incomplete"], browse="https://git.example.org/a/blob/1")
    place = view.place(Location(path="../../b/x"))
    assert place
    assert place.link == ""
