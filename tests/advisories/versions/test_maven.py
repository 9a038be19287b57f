"""Maven's versions, against the order of Maven's own `ComparableVersion`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advisories.versions import maven
from tests.advisories.versions.table import assert_ordered


def test_the_table() -> None:
    assert_ordered("maven", maven.parse)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("2.0.0.M1", "2.0.0.RELEASE"),
        ("5.3.26.RELEASE", "5.3.27.RELEASE"),
        ("4.1.99.Final", "4.1.100.Final"),
        ("1.0-alpha-2", "1.0-alpha-10"),
        ("1.0-SNAPSHOT", "1.0"),
        ("1.0", "1.0-sp1"),
        ("1.0-sp1", "1.0-jre"),
        ("1.0-jre", "1.0-1"),
        ("1-1", "1.1"),
        ("9.4.51.v20230217", "9.4.52.v20230823"),
        ("1-ga-foo", "1-ga-1"),
    ],
)
def test_pairs(low: str, high: str) -> None:
    assert maven.parse(low) < maven.parse(high)
    assert maven.parse(high) > maven.parse(low)


def test_a_version_equals_nothing_else() -> None:
    assert maven.parse("1") != "1"


@pytest.mark.parametrize("text", ["", "1 0", "[1.0]", "1,2", "1/2", "ä", "1" * 300])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="no version of Maven"):
        maven.parse(text)


def test_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no version of Maven"):
        maven.parse(None)


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(ValueError, match="too many parts"):
        maven.parse("1-" * 100)
    with pytest.raises(ValueError, match="too many parts"):
        maven.parse("1a" * 100)


_VERSIONS = st.lists(
    st.sampled_from(["0", "1", "10", ".", "-", "a", "rc", "final", "sp", "foo", "SNAPSHOT"]),
    min_size=1,
    max_size=8,
).map("".join)


@settings(deadline=None, max_examples=500)
@given(_VERSIONS, _VERSIONS)
def test_comparing_is_consistent(one: str, other: str) -> None:
    left, right = maven.parse(one), maven.parse(other)
    assert (left < right) + (left == right) + (left > right) == 1
    assert (left < right) == (right > left)
    if left == right:
        assert hash(left) == hash(right)


@settings(deadline=None)
@given(st.text(alphabet="01.-_+aZr", max_size=60))
def test_any_text_is_a_version_or_refused(text: str) -> None:
    try:
        assert maven.parse(text) == maven.parse(text.upper())
    except ValueError:
        assert not text or len(text) > 20
