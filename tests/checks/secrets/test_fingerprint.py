"""Names for secrets, and what is shown of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.secrets.fingerprint import names, preview


def test_a_name_depends_on_the_value_and_the_repository_alone() -> None:
    one = names({"alpha", "beta"}, "a" * 40)
    assert one == names(["beta", "alpha"], "a" * 40)
    assert len(set(one.values())) == 2
    assert set(one.values()).isdisjoint(names({"alpha", "beta"}, "b" * 40).values())
    assert all(re.fullmatch(r"secret:[0-9a-f]{24}", name) for name in one.values())
    assert names((), "") == {}


def test_half_a_character_has_a_name() -> None:
    assert len(names({"\ud800abc"}, "")) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("short", "(under 8 characters)"),
        ("q" * 15, "(8 to 15 characters)"),
        ("qwzzzzzzzzzzzzzz", "qw… (16 to 23 characters)"),
        ("qwxyzzzzzzzzzzzzzzzzzzzz", "qwxy… (24 to 39 characters)"),
        ("qwxy" + "z" * 90, "qwxy… (40 characters or more)"),
        ("-----BEGIN KEY-----\nabc", "(a block of text)"),
        ("one\ntwo and more than enough", "(a block of text)"),
        ("é" * 30, "(24 to 39 characters)"),
    ],
)
def test_a_preview_shows_little(value: str, shown: str) -> None:
    assert preview(value) == shown


@given(st.text(alphabet="QWZ#%&+é\n", min_size=1, max_size=80))
def test_no_more_than_four_letters_are_ever_shown(value: str) -> None:
    shown = preview(value)
    head = shown.partition("…")[0] if "…" in shown else ""
    assert len(head) <= max(0, min(4, len(value) // 6))
