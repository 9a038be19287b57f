"""Semantic versions, against the order of npm's own library and the words of the specification."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advisories.versions import semver
from tests.advisories.versions.table import assert_ordered


def test_the_table() -> None:
    assert_ordered("semver", semver.parse)


def test_the_specifications_own_examples() -> None:
    ordered = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"),
        *("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"),
    ]
    values = [semver.parse(text) for text in ordered]
    assert all(low < high for low, high in pairwise(values))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.02.3",
            "1.2.03",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a.",
        ),
        *(
            "1.2.3+",
            "1.2.3+a..b",
            "1.2.3-a..b",
            "1.2.3-ä",
            "=1.2.3",
            "vv1.2.3",
            "1.2.3 ",
            "1.2.3\n",
        ),
        *("1.2.x", "latest", "٣.1.2", "1.2.3-" + "a" * 300),
    ],
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="no semantic version"):
        semver.parse(text)


def test_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no semantic version"):
        semver.parse(None)
    with pytest.raises(ValueError, match="no semantic version"):
        semver.parse_start(3)


@pytest.mark.parametrize(
    ("text", "whole"),
    [("4", "4.0.0"), ("4.5", "4.5.0"), ("v1", "1.0.0"), ("1.2.3-rc.1", "1.2.3-rc.1")],
)
def test_the_start_of_a_range_may_be_short(text: str, whole: str) -> None:
    assert semver.parse_start(text) == semver.parse(whole)


@pytest.mark.parametrize("text", ["1.", "1.x", "", "1.2.3.4", "1-rc"])
def test_what_starts_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="no semantic version"):
        semver.parse_start(text)


def test_go_without_its_v() -> None:
    assert semver.without_v("v1.2.3+incompatible") == "1.2.3+incompatible"
    assert semver.without_v("1.2.3") == "1.2.3"
    with pytest.raises(ValueError, match="no semantic version"):
        semver.without_v("v1")


_NUMBERS = st.integers(0, 12) | st.integers(0, 10**20)
_LABELS = st.one_of(
    _NUMBERS.map(str),
    st.from_regex(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True),
    st.sampled_from(["alpha", "beta", "rc", "a", "A", "-"]),
)
_VERSIONS = st.builds(
    lambda core, labels, build: (
        ".".join(map(str, core))
        + ("-" + ".".join(labels) if labels else "")
        + ("+" + ".".join(build) if build else "")
    ),
    st.tuples(_NUMBERS, _NUMBERS, _NUMBERS),
    st.lists(_LABELS, max_size=3),
    st.lists(st.from_regex(r"[0-9A-Za-z-]+", fullmatch=True), max_size=2),
)


def by_the_wording(one: str, other: str) -> int:
    """Section 11 of the specification, sentence for sentence."""
    cores, labels = [], []
    for text in (one, other):
        core, _, rest = text.partition("+")[0].partition("-")
        cores.append([int(part) for part in core.split(".")])
        labels.append(rest.split(".") if rest else [])
    if cores[0] != cores[1]:
        return 1 if cores[0] > cores[1] else -1
    if not labels[0] or not labels[1]:
        return bool(labels[1]) - bool(labels[0])
    for left, right in zip(*labels, strict=False):
        if left == right:
            continue
        numeric = (re.fullmatch("[0-9]+", left), re.fullmatch("[0-9]+", right))
        if all(numeric):
            return 1 if int(left) > int(right) else -1
        if any(numeric):
            return -1 if numeric[0] else 1
        return 1 if left > right else -1
    return (len(labels[0]) > len(labels[1])) - (len(labels[0]) < len(labels[1]))


@settings(deadline=None, max_examples=500)
@given(_VERSIONS, _VERSIONS)
def test_precedence_is_what_the_specification_says(one: str, other: str) -> None:
    left, right = semver.parse(one), semver.parse(other)
    assert (left > right) - (left < right) == by_the_wording(one, other)
    assert (left == right) == (by_the_wording(one, other) == 0)


@settings(deadline=None)
@given(_VERSIONS, _VERSIONS, st.sampled_from(["", "v"]))
def test_the_cheap_filter_loses_no_equal_version(one: str, other: str, prefix: str) -> None:
    for text in (prefix + other, prefix + one.partition("+")[0]):
        if semver.parse(one) == semver.parse(text):
            assert text in semver.alike(semver.parse(one), [text])


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_version_or_refused(text: str) -> None:
    try:
        assert semver.parse(text) == semver.parse(text.removeprefix("v"))
    except ValueError:
        assert not re.fullmatch(r"[1-9]\.[0-9]\.[0-9]", text)
