"""From places to findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.checks.secrets.remember import Seen
from pipeline.checks.secrets.report import MAX_COMMITS, MAX_PLACES, files, findings
from pipeline.checks.secrets.rules import RULES
from pipeline.model import Severity

SEEN = Seen(
    secret="secret:1", preview="gh…", made_up="", rule="betterleaks.github-pat",
    name="github-pat", confidence="high", path="a.py", line=1, commit="", day=None,
)  # fmt: skip
THEN = replace(SEEN, commit="b" * 40, day=date(2026, 1, 2))
OURS = replace(SEEN, rule="supply-chain.password", name="Password", confidence="medium")


def test_one_secret_is_one_finding_with_all_its_places() -> None:
    many = [replace(SEEN, line=number) for number in range(1, 60)]
    past = [replace(THEN, commit=f"{number:040x}") for number in range(30)]
    (finding,) = findings(many, past)
    assert len(finding.locations) == MAX_PLACES
    assert len(finding.commits) == MAX_COMMITS
    assert "59 places" in finding.detail
    assert "30 commits" in finding.detail
    assert finding.subject == "secret:1"
    assert finding.aliases == ("secret:1",)
    assert not finding.removed


def test_what_only_the_history_has_is_said_to_be_there() -> None:
    (finding,) = findings([], [THEN])
    assert finding.removed
    assert "brought in by commit bbbbbbbbbbbb of 2026-01-02" in finding.detail
    assert "waiver" in finding.fix


def test_the_issuers_rule_goes_before_ours() -> None:
    (finding,) = findings([OURS, SEEN], [])
    assert finding.rule == "secrets/betterleaks.github-pat"
    assert finding.severity is Severity.HIGH
    assert "supply-chain.password" in finding.detail


@pytest.mark.parametrize(
    ("seen", "severity"),
    [
        (SEEN, Severity.HIGH),
        (OURS, Severity.MEDIUM),
        (replace(OURS, confidence="high"), Severity.HIGH),
        (replace(SEEN, path="tests/a.py"), Severity.MEDIUM),
        (replace(SEEN, path="tests/a.py", made_up="it says so"), Severity.LOW),
        (replace(OURS, path="tests/a.py", made_up="it says so"), Severity.LOW),
        (replace(OURS, confidence="odd"), Severity.MEDIUM),
    ],
)
def test_severities(seen: Seen, severity: Severity) -> None:
    (finding,) = findings([seen], [])
    assert finding.severity is severity
    assert ("made for a test" in finding.detail) == (seen.path != "a.py")


def test_files_are_findings_by_their_path() -> None:
    one = replace(SEEN, secret="file:.env", rule="secrets/env-file", name="x", path=".env")
    gone = replace(one, path="old/.env")
    example = replace(one, path="tests/.env")
    found = {finding.subject: finding for finding in files([one, example], [one, gone])}
    assert found[".env"].severity is Severity.HIGH
    assert not found[".env"].removed
    assert found["old/.env"].severity is Severity.MEDIUM
    assert found["old/.env"].removed
    assert found["tests/.env"].severity is Severity.MEDIUM
    assert {finding.rule for finding in found.values()} <= RULES.keys()
