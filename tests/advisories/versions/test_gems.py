"""RubyGems' versions, against the order of Ruby's own `Gem::Version`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.advisories.versions import gems
from tests.advisories.versions.table import assert_ordered


def test_the_table() -> None:
    assert_ordered("gems", gems.parse)


@pytest.mark.parametrize("text", ["", "a", "v1", "1..2", "1.", ".1", "1_2", "1 2", "1-", "1" * 300])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="no version of RubyGems"):
        gems.parse(text)


def test_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no version of RubyGems"):
        gems.parse(1)


_SEGMENTS = st.lists(
    st.sampled_from(["0", "00", "1", "2", "10", "a", "b", "rc", "pre", "A"]), max_size=6
)


def by_ruby(one: list[str], other: list[str]) -> int:
    """`Gem::Version#<=>` over segments: canonical, then compared place by place with 0 for none."""
    left, right = canonical(one), canonical(other)
    for place in range(max(len(left), len(right))):
        lhs = left[place] if place < len(left) else 0
        rhs = right[place] if place < len(right) else 0
        if lhs == rhs:
            continue
        if isinstance(lhs, str) and isinstance(rhs, int):
            return -1
        if isinstance(lhs, int) and isinstance(rhs, str):
            return 1
        return 1 if lhs > rhs else -1  # type: ignore[operator]
    return 0


def canonical(segments: list[str]) -> list[int | str]:
    values: list[int | str] = [int(part) if part.isdigit() else part for part in segments]
    first = next((i for i, part in enumerate(values) if isinstance(part, str)), len(values))
    found: list[int | str] = []
    for half in (values[:first], values[first:]):
        while half and half[-1] == 0:
            half.pop()
        found += half
    return found


@settings(deadline=None, max_examples=500)
@given(_SEGMENTS, _SEGMENTS)
def test_order_is_rubys(one: list[str], other: list[str]) -> None:
    left, right = gems.parse(".".join(["1", *one])), gems.parse(".".join(["1", *other]))
    wanted = by_ruby(["1", *one], ["1", *other])
    assert (left > right) - (left < right) == wanted
    assert (left == right) == (wanted == 0)
