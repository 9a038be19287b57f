"""From places to findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.checks.secrets.remember import Seen
from pipeline.checks.secrets.report import MAX_COMMITS, MAX_LAYERS, MAX_PLACES, files, findings
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


# ------------------------------------------------------------------------------------- images

BAKED = replace(SEEN, path="srv/a.py", image="./test/app", layer=" in layer 1 of 2 of ./test/app")


def test_files_and_images_are_both_named() -> None:
    today = [replace(SEEN, line=number) for number in range(1, 60)]
    images = [replace(BAKED, line=number) for number in range(1, 60)]
    for here, baked, numbers in (
        (today, images, (10, 10)),
        (today, images[:3], (17, 3)),
        (today[:3], images, (3, 17)),
        ([], images, (0, 20)),
    ):
        (finding,) = findings(here, [], baked)
        inside = [place for place in finding.locations if place.path == "./test/app!/srv/a.py"]
        assert (len(finding.locations) - len(inside), len(inside)) == numbers
        assert not finding.removed


def test_only_so_many_layers_are_described() -> None:
    images = [replace(BAKED, layer=f" in layer {number} of 9") for number in range(9)]
    (finding,) = findings([], [THEN], images)
    assert finding.detail.count("In an image: ") == MAX_LAYERS
    assert "In images: 4 more places." in finding.detail
    assert "none of today's files any more" in finding.detail


def test_the_name_of_an_image_is_no_reason_to_doubt() -> None:
    (finding,) = findings([], [], [BAKED])
    assert (finding.severity, "made for a test" in finding.detail) == (Severity.HIGH, False)
    (finding,) = findings([], [], [replace(BAKED, path="srv/tests/a.py")])
    assert finding.severity is Severity.MEDIUM
    file = replace(BAKED, rule="secrets/private-key-file", name="private key", secret="file:x")
    (finding,) = files([], [], [file, replace(file, layer=" in layer 2")])
    assert (finding.severity, finding.subject) == (Severity.HIGH, "./test/app!/srv/a.py")
    assert finding.detail.count("In an image: ") == 2


def test_rules_that_are_not_sure_are_less_so_in_installed_packages() -> None:
    unsure = replace(BAKED, confidence="medium", path="opt/lib/python3.11/site-packages/x.py")
    for seen, severity in (
        (unsure, Severity.MEDIUM),
        (replace(unsure, confidence="high"), Severity.HIGH),
        (replace(unsure, path="opt/x.py"), Severity.HIGH),
    ):
        (finding,) = findings([], [], [seen])
        assert finding.severity is severity
    (finding,) = findings([], [], [unsure, replace(unsure, path="opt/x.py")])
    assert finding.severity is Severity.HIGH
