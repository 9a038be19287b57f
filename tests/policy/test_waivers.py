"""Which findings a waiver is for, and until when it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import Disposition, Kind, Location
from tests.policy.builders import KEV, TODAY, V, finding, waiver, weighed


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
