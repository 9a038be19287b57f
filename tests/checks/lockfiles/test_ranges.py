"""Ranges of npm and Cargo, as their documentation explains them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.lockfiles.ranges import satisfies

# From the README of node-semver and from Cargo's book: (range, inside, outside).
NPM = [
    ("1.2.3", "1.2.3 1.2.3+build", "1.2.4 1.2.3-rc.1"),
    ("=1.2.3", "1.2.3", "1.2.2"),
    ("v1.2.3", "1.2.3", "1.2.2"),
    ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-rc.1"),
    ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
    ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
    ("^0.0", "0.0.0 0.0.9", "0.1.0"),
    ("^0", "0.9.9", "1.0.0"),
    ("^1.x", "1.0.0 1.9.9", "2.0.0 0.9.9"),
    ("^1.2.3-beta.2", "1.2.3-beta.4 1.2.3 1.9.0", "1.2.3-beta.1 2.0.0"),
    ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
    ("~1.2", "1.2.0 1.2.9", "1.3.0"),
    ("~1", "1.0.0 1.9.9", "2.0.0"),
    ("~>1.2.3", "1.2.9", "1.3.0"),
    ("1.x", "1.0.0 1.9.9", "2.0.0"),
    ("1.2.*", "1.2.0", "1.3.0"),
    ("1", "1.5.0", "2.0.0 0.9.0"),
    ("*", "0.0.0 9.9.9 1.0.0-rc.1", ""),
    ("", "1.0.0", ""),
    (">=1.2.3", "1.2.3 2.0.0", "1.2.2"),
    (">1.2.3", "1.2.4", "1.2.3"),
    (">1.2", "1.3.0", "1.2.9"),
    (">1", "2.0.0", "1.9.9"),
    ("<1.2.3", "1.2.2 1.2.3-rc.1", "1.2.3"),
    ("<2", "1.9.9", "2.0.0 2.0.0-rc.1"),
    ("<=1.2.3", "1.2.3 1.0.0", "1.2.4"),
    ("<=1.2", "1.2.9", "1.3.0"),
    ("> 1.2.3 < 2", "1.3.0", "2.0.0 1.2.3"),
    (">=1.2.7 <1.3.0", "1.2.8", "1.2.6 1.3.0"),
    ("1.2.3 - 2.3.4", "1.2.3 2.3.4", "1.2.2 2.3.5"),
    ("1.2 - 2.3", "1.2.0 2.3.9", "2.4.0"),
    ("1.2.3 - 2", "2.9.9", "3.0.0"),
    ("1.2.7 || >=1.2.9 <2.0.0", "1.2.7 1.2.9 1.4.6", "1.2.8 2.0.0"),
    (">*", "", "1.0.0"),
]
CARGO = [
    ("1.2.3", "1.2.3 1.9.9", "2.0.0 1.2.2"),
    ("0.2.3", "0.2.9", "0.3.0"),
    ("1", "1.9.9", "2.0.0"),
    ("=1.2.3", "1.2.3", "1.2.4"),
    ("~1.2", "1.2.9", "1.3.0"),
    ("1.*", "1.9.9", "2.0.0"),
    ("*", "3.0.0", ""),
    (">= 1.2, < 1.5", "1.4.9", "1.5.0 1.1.0"),
]


@pytest.mark.parametrize(
    ("ecosystem", "range_", "inside", "outside"),
    [("npm", *one) for one in NPM] + [("crates.io", *one) for one in CARGO],
)
def test_a_range_holds_what_its_documentation_says(
    ecosystem: str, range_: str, inside: str, outside: str
) -> None:
    answers = {version: satisfies(ecosystem, range_, version) for version in inside.split()}
    assert all(answers.values()), answers
    answers = {version: satisfies(ecosystem, range_, version) for version in outside.split()}
    assert not any(answers.values()), answers
    assert None not in answers.values()


@pytest.mark.parametrize(
    ("ecosystem", "range_", "version"),
    [
        ("npm", "latest", "1.0.0"),
        ("npm", "^1.0.0 || latest", "1.0.0"),
        ("npm", "1.2.3.4", "1.0.0"),
        ("npm", "^1.0.0", "not a version"),
        ("npm", "^1.0.0", "01.0.0"),
        ("crates.io", "^1, what", "1.0.0"),
        ("PyPI", "what", "1.0"),
        ("PyPI", ">=1", "what"),
        ("Go", "v1", "v1.0.0"),
    ],
)
def test_what_is_not_understood_is_not_held_against_anybody(
    ecosystem: str, range_: str, version: str
) -> None:
    assert satisfies(ecosystem, range_, version) is None


@pytest.mark.parametrize(
    ("range_", "version", "expected"),
    [
        (">=1,<2", "1.5", True),
        (">=1,<2", "2", False),
        (">=1", "2.0rc1", True),
        ("==1.*", "1.2", True),
    ],
)
def test_python_follows_pep_440(range_: str, version: str, expected: bool) -> None:
    assert satisfies("PyPI", range_, version) is expected


def test_pre_releases_are_in_the_order_of_semver() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"]
    ordered += ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]
    for at, low in enumerate(ordered):
        for high in ordered[at + 1 :]:
            assert satisfies("npm", f">{low}", high), (low, high)
            assert not satisfies("npm", f">{high}", low), (low, high)


numbers = st.integers(0, 30)


@given(numbers, numbers, numbers, numbers, numbers, numbers)
@settings(deadline=None)
def test_a_caret_allows_what_keeps_the_first_number_that_counts(
    a: int, b: int, c: int, x: int, y: int, z: int
) -> None:
    wanted, version = (a, b, c), (x, y, z)
    first = next((at for at, number in enumerate(wanted) if number), 2)
    expected = version >= wanted and version[: first + 1] == wanted[: first + 1]
    text = ".".join(map(str, wanted))
    assert satisfies("npm", f"^{text}", f"{x}.{y}.{z}") is expected
    assert satisfies("crates.io", text, f"{x}.{y}.{z}") is expected


@given(st.text(max_size=60), st.text(max_size=30), st.sampled_from(["npm", "crates.io", "PyPI"]))
@settings(deadline=None)
def test_no_text_breaks_it(range_: str, version: str, ecosystem: str) -> None:
    assert satisfies(ecosystem, range_, version) in {True, False, None}
