"""Is it whom the policy expects, else whom one saw first?"""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.checks.provenance.answers import Answer
from pipeline.checks.provenance.publishers import expected, findings, first_sight
from pipeline.checks.provenance.seen import Seen
from pipeline.model import ExpectedPublisher, ProvenanceSettings
from pipeline.registries.release import Pin
from tests.checks.provenance.released import GITHUB, PIN, package

KEY = "pkg:pypi/pypi-attestations"
OTHER = "https://github.com/evil/pypi-attestations"
DAY = date(2026, 11, 22)
ATTESTED = Answer(publishers=(GITHUB,))


def rules(
    answer: Answer,
    *,
    policy: str = "",
    first: Seen | None = None,
    required: bool = False,
    pin: Pin = PIN,
) -> list[tuple[str, str]]:
    wanted = {KEY: policy} if policy else {}
    seen = {KEY: first} if first else {}
    found = findings(pin, [package(pin)], answer, wanted, seen, required=required)
    return [(finding.rule, finding.severity.value) for finding in found]


def seen(publisher: str = GITHUB, version: str = "0.0.18") -> Seen:
    return Seen(publisher=publisher, version=version, day=DAY)


def test_the_expected_publisher_is_fine() -> None:
    assert rules(ATTESTED) == []
    assert rules(ATTESTED, policy=GITHUB) == []
    assert rules(ATTESTED, first=seen()) == []
    assert rules(ATTESTED, policy=f"{GITHUB.upper()}/") == []


def test_another_than_the_policy_names_is_a_finding() -> None:
    assert rules(ATTESTED, policy=OTHER) == [("provenance/wrong-publisher", "high")]


def test_the_policy_counts_more_than_what_was_seen() -> None:
    assert rules(ATTESTED, policy=GITHUB, first=seen(OTHER)) == []


def test_another_than_was_seen_first_is_a_finding() -> None:
    assert rules(ATTESTED, first=seen(OTHER)) == [("provenance/publisher-changed", "medium")]


def test_one_wrong_publisher_of_two_is_a_finding() -> None:
    both = Answer(publishers=(GITHUB, OTHER))
    assert rules(both, policy=GITHUB) == [("provenance/wrong-publisher", "high")]
    assert rules(both, first=seen()) == [("provenance/publisher-changed", "medium")]


def test_a_missing_attestation_is_a_finding_where_one_is_wanted() -> None:
    assert rules(Answer()) == []
    assert rules(Answer(), required=True) == [("provenance/missing", "high")]
    assert rules(Answer(), policy=GITHUB) == [("provenance/missing", "high")]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.0.18", [("provenance/no-longer-attested", "medium")]),
        ("0.0.19", []),
        ("0.0.20", []),
        ("what", []),
    ],
)
def test_a_newer_release_without_one_is_a_finding(
    version: str, expected: list[tuple[str, str]]
) -> None:
    assert rules(Answer(), first=seen(version=version)) == expected


def test_names_are_spelled_as_their_ecosystem_does() -> None:
    named = [
        ("pkg:pypi/Pypi_Attestations", "a"),
        ("pkg:npm/%40acme/shop", "b"),
        ("pkg:npm/@acme/till", "c"),
    ]
    publishers = tuple(ExpectedPublisher(package=one, repository=two) for one, two in named)
    assert expected(ProvenanceSettings(publishers=publishers)) == {
        KEY: "a",
        "pkg:npm/%40acme/shop": "b",
        "pkg:npm/%40acme/till": "c",
    }


def test_a_first_sight_is_recorded_once() -> None:
    assert first_sight(PIN, ATTESTED, {}, DAY) == {
        KEY: Seen(publisher=GITHUB, version="0.0.19", day=DAY)
    }
    assert first_sight(PIN, ATTESTED, {KEY: seen(OTHER)}, DAY) == {}
    assert first_sight(PIN, Answer(), {}, DAY) == {}
    given = Answer(publishers=(GITHUB,), given=True)
    assert first_sight(PIN, given, {}, DAY) == {}, "anybody can sign a file of any name"
    assert first_sight(PIN, Answer(publishers=(GITHUB, OTHER)), {}, DAY) == {}
