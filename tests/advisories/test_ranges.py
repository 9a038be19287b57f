from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from pipeline.advisories.ecosystems import ORDERINGS
from pipeline.advisories.ranges import Asked, first_fix, includes

PYPI = ORDERINGS["PyPI"]


def asked(version: str) -> Asked:
    value = PYPI.parse(version)
    return Asked(version, value, PYPI.base(value), PYPI)


def listed(events: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{kind: value} for kind, value in events]


_VERSIONS = st.builds(
    lambda epoch, release, suffix: f"{epoch}{release}{suffix}",
    st.sampled_from(["", "", "1!"]),
    st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda xs: ".".join(map(str, xs))),
    st.sampled_from(["", "", "a1", "rc2", ".post1", ".dev3"]),
)


_EVENTS = st.lists(
    st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), _VERSIONS)
    | st.sampled_from([("introduced", "0"), ("limit", "*")]),
    max_size=6,
)


def by_the_wording(events: list[tuple[str, str]], version: Version) -> bool:
    """The specification's evaluation, step by step; "0" is below every version."""
    limits = [value for kind, value in events if kind == "limit"]
    if limits and not any(value == "*" or version < Version(value) for value in limits):
        return False
    vulnerable = any(event == ("introduced", "0") for event in whole(events))
    steps = [e for e in whole(events) if e[0] != "limit" and e != ("introduced", "0")]
    order = ["fixed", "introduced", "last_affected"]
    for kind, value in sorted(steps, key=lambda e: (Version(e[1]), order.index(e[0]))):
        if kind == "introduced" and version >= Version(value):
            vulnerable = True
        elif (kind == "fixed" and version >= Version(value)) or (
            kind == "last_affected" and version > Version(value)
        ):
            vulnerable = False
    return vulnerable


def whole(events: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without pairs "introduced" X, "fixed" X that stand alone between whole ranges."""
    for place in range(len(events) - 1):
        before, (pair, after) = events[:place], (events[place : place + 2], events[place + 2 :])
        alone = [kind for kind, _ in before[-1:]] in ([], ["fixed"], ["last_affected"]) and [
            kind for kind, _ in after[:1]
        ] in ([], ["introduced"])
        if alone and pair == [("introduced", pair[0][1]), ("fixed", pair[0][1])]:
            return whole(before + after)
    return events


@pytest.mark.parametrize(
    ("events", "held"),
    [
        ([("introduced", "1"), ("fixed", "1")], []),
        ([("introduced", "1"), ("fixed", "1"), ("introduced", "2"), ("fixed", "3")], ["2"]),
        ([("introduced", "0"), ("fixed", "1"), ("introduced", "2"), ("fixed", "2")], ["0.1"]),
        # Anything else between its neighbours, and both events count.
        (
            [("introduced", "0"), ("introduced", "2"), ("fixed", "2"), ("fixed", "3")],
            ["0.1", "1", "2"],
        ),
        ([("introduced", "0"), ("fixed", "2"), ("introduced", "2")], ["0.1", "1", "2", "3"]),
    ],
)
def test_a_range_that_ends_where_it_starts_is_empty(
    events: list[tuple[str, str]], held: list[str]
) -> None:
    for version in ("0.1", "1", "2", "3"):
        assert includes(listed(events), asked(version)) is (version in held)


@settings(deadline=None, max_examples=500)
@given(events=_EVENTS, version=_VERSIONS)
def test_a_range_means_what_the_specification_says(
    events: list[tuple[str, str]], version: str
) -> None:
    events = [("introduced", "2"), *events]
    assert includes(listed(events), asked(version)) is by_the_wording(events, Version(version))


@settings(deadline=None, max_examples=500)
@given(
    events=_EVENTS,
    kind=st.sampled_from(["introduced", "fixed", "last_affected", "limit"]),
    version=_VERSIONS,
    place=_VERSIONS,
)
def test_an_answer_in_spite_of_an_unplaced_event_holds_wherever_it_is(
    events: list[tuple[str, str]], kind: str, version: str, place: str
) -> None:
    events = [("introduced", "1"), *events]
    found = includes(listed([*events, (kind, "not a version")]), asked(version))
    if found is not None:
        assert found is by_the_wording([*events, (kind, place)], Version(version))


@pytest.mark.parametrize("events", [None, "x", [], [3], [{"introduced": None}], [{"fixed": 1}]])
def test_what_is_no_range_leaves_the_answer_open(events: Any) -> None:
    assert includes(events, asked("1.0")) is None
    assert first_fix(events, asked("1.0")) is None


def test_first_fix() -> None:
    events = listed([("fixed", "3"), ("introduced", "2"), ("fixed", "1.5"), ("introduced", "0")])
    for version, fix in (("1.0", "1.5"), ("1.5", "3"), ("2.1", "3")):
        found = first_fix(events, asked(version))
        assert found is not None
        assert found.text == fix
    assert first_fix(events, asked("3")) is None


def test_where_a_range_starts_and_ends_may_be_written_short() -> None:
    npm = ORDERINGS["npm"]

    def held(version: str, *events: tuple[str, str]) -> bool | None:
        value = npm.parse(version)
        return includes(listed([*events]), Asked(version, value, value, npm))

    assert held("4.0.0", ("introduced", "4"), ("fixed", "4.5")) is True
    assert held("4.5.0", ("introduced", "4"), ("fixed", "4.5")) is False
    # "1.0" may be all of 1.0.x: what lies above it stays open.
    assert held("1.0.1", ("introduced", "0"), ("last_affected", "1.0")) is None
