from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import is_in_clear, plain, without_credentials


@given(st.text())
def test_plain_is_one_harmless_line(text: str) -> None:
    shown = plain(text)
    assert all(unicodedata.category(char)[0] not in "CZ" or char == " " for char in shown) or all(
        unicodedata.category(char) == "Zs" or unicodedata.category(char)[0] not in "CZ"
        for char in shown
    )
    assert len(shown.splitlines()) <= 1


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=100))
def test_plain_text_is_left_alone(text: str) -> None:
    assert plain(text) == text


def test_plain_shows_what_it_took_away() -> None:
    assert plain("a\x1b[31mb\u202ec\nd") == "a\ufffd[31mb\ufffdc d"


def test_plain_is_bounded() -> None:
    assert plain("x" * 50, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:token@host.example/path?key=1#f", "https://host.example/path"),
        ("https://token@host.example:8443/simple/", "https://host.example:8443/simple/"),
        ("git+ssh://git:pw@host.example/x.git@main", "git+ssh://host.example/x.git@main"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("git@github.com:org/repo.git", "git@github.com:org/repo.git"),
        ("https://host:port/x", ""),
        ("secret-token", ""),
        ("https://[broken", ""),
    ],
)
def test_credentials_never_stay(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@given(st.text(alphabet="abcdefXYZ", min_size=6), st.sampled_from(["https", "git+https", "ssh"]))
def test_no_password_survives(password: str, scheme: str) -> None:
    secret = f"SECRET{password}"
    assert secret not in without_credentials(f"{scheme}://me:{secret}@host.example/p?t={secret}")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://index.example/simple", True),
        ("https://index.example/simple", False),
        ("http://localhost:8080/", False),
        ("http://[::1]/", False),
        ("http://127.0.0.1.example/", True),
        ("http://[::1", False),
        ("git://host/x", False),
        ("", False),
    ],
)
def test_what_is_fetched_in_the_clear(url: str, found: bool) -> None:
    assert is_in_clear(url) is found


def test_other_schemes_are_in_the_clear_too() -> None:
    assert is_in_clear("git://host/x", {"git", "http"})
    assert not is_in_clear("git://localhost/x", {"git"})
