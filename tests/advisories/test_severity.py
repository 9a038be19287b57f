from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advisories.severity import UNRATED, Rating, rate, worst
from pipeline.model import Severity

V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V30 = "CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
NONE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"


def rated(*vectors: Any, **more: Any) -> Rating:
    severity = [{"type": "CVSS_V3", "score": vector} for vector in vectors]
    return rate({"severity": severity} | more, [])


@pytest.mark.parametrize(
    ("vector", "score", "severity"),
    [
        (V2, 7.5, Severity.HIGH),
        (f"({V2})", 7.5, Severity.HIGH),
        (V3, 9.8, Severity.CRITICAL),
        (V30, 1.8, Severity.LOW),
        (V4, 9.3, Severity.CRITICAL),
        (NONE, 0.0, Severity.NONE),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, Severity.MEDIUM),
    ],
)
def test_scores(vector: str, score: float, severity: Severity) -> None:
    assert rated(vector) == Rating(severity, score, vector)


def test_the_worst_counts_wherever_it_stands() -> None:
    entry = {"severity": [{"type": "CVSS_V4", "score": V4}]}
    assert rate({"severity": [{"type": "CVSS_V3", "score": V30}]}, [entry]).score == 9.3
    assert rated(V30, V3, V2).score == 9.8
    assert worst([UNRATED, Rating(Severity.LOW), UNRATED]).severity is Severity.LOW
    assert worst([]) is UNRATED


@pytest.mark.parametrize(
    "bad", ["", "CVSS:3.1/AV:N", "CVSS:4.0/", "high", V3 * 10, "CVSS:9/AV:N", 7.5, None]
)
def test_a_malformed_vector_rates_nothing(bad: Any) -> None:
    assert rated(bad) is UNRATED
    assert rated(bad, V30).severity is Severity.LOW
    assert rated(bad, database_specific={"severity": "HIGH"}).severity is Severity.HIGH


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("moderate", Severity.MEDIUM),
        ("LOW", Severity.LOW),
        ("dire", Severity.UNKNOWN),
        (3, Severity.UNKNOWN),
    ],
)
def test_words_count_where_no_vector_does(word: Any, severity: Severity) -> None:
    assert rated(database_specific={"severity": word}).severity is severity
    assert rated(V30, database_specific={"severity": word}).severity is Severity.LOW


def informational(kind: Any) -> dict[str, Any]:
    return {"database_specific": {"informational": kind}}


@pytest.mark.parametrize(
    ("kinds", "severity"),
    [
        (["unmaintained"], Severity.LOW),
        (["notice"], Severity.LOW),
        (["unsound"], Severity.MEDIUM),
        (["unmaintained", "unsound"], Severity.MEDIUM),
        # One that is more than informational, or of a kind that nobody knows.
        ([None], Severity.UNKNOWN),
        (["unsound", None], Severity.UNKNOWN),
        (["another"], Severity.UNKNOWN),
        ([["unsound"]], Severity.UNKNOWN),
        ([], Severity.UNKNOWN),
    ],
)
def test_what_only_informs_is_no_vulnerability(kinds: list[Any], severity: Severity) -> None:
    entries = [informational(kind) for kind in kinds]
    assert rate({}, entries).severity is severity
    vector = {"severity": [{"type": "CVSS_V3", "score": V3}]}
    assert rate(vector, entries).severity is Severity.CRITICAL
    assert rate({"database_specific": {"severity": "HIGH"}}, entries).severity is Severity.HIGH


def test_other_scales_and_shapes_rate_nothing() -> None:
    assert rate({"severity": [{"type": "Ubuntu", "score": "high"}, "CVSS", 3]}, []) is UNRATED
    assert rate({"severity": "high", "database_specific": "high"}, []) is UNRATED


@settings(deadline=None, max_examples=300)
@given(
    vector=st.sampled_from([V2, V3, V30, V4]),
    place=st.integers(0, 80),
    text=st.text(max_size=4),
)
def test_no_vector_is_a_crash(vector: str, place: int, text: str) -> None:
    rating = rated(vector[:place] + text + vector[place + 1 :])
    assert (rating.score is None) == (rating.severity is Severity.UNKNOWN)
