"""Names for secrets, and what is shown of them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.secrets.fingerprint import Names, preview


def test_a_name_depends_on_the_value_and_the_repository_alone() -> None:
    one = Names("a" * 40).of({"alpha", "beta"})
    assert one == Names("a" * 40).of(["beta", "alpha"])
    assert len(set(one.values())) == 2
    assert set(one.values()).isdisjoint(Names("b" * 40).of({"alpha", "beta"}).values())
    assert all(re.fullmatch(r"secret:[0-9a-f]{24}", name) for name in one.values())
    assert Names("").of(()) == {}


def test_half_a_character_has_a_name() -> None:
    assert len(Names("").of({"\ud800abc"})) == 1


def test_a_value_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    scrypt = hashlib.scrypt

    def counting(value: bytes, **how: Any) -> bytes:
        asked.append(value)
        return scrypt(value, **how)

    monkeypatch.setattr(hashlib, "scrypt", counting)
    names = Names("")
    first = names.of(["one", "two", "one"])
    assert names.of(["two", "three"])["two"] == first["two"]
    assert sorted(asked) == [b"one", b"three", b"two"]


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
