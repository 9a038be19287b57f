"""What stands written out in configuration: facts that several checks ask for."""

from __future__ import annotations

import pytest

from pipeline.checks.written import (
    Secret,
    blind_downloads,
    is_digest,
    is_secret_name,
    is_strong,
    secret_in,
)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("sha256:" + "4f" * 32, True),
        ("sha512:" + "4f" * 64, True),
        ("sha256:" + "4F" * 32, False),
        ("sha256:4f", False),
        ("sha1:" + "4f" * 20, False),
        ("", False),
    ],
)
def test_digests(text: str, is_one: bool) -> None:
    assert is_digest(text) is is_one


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DB_PASSWORD", "q7Zr-93kd82hHs", Secret.STRONG),
        ("DB_PASSWORD", " postgres ", Secret.THROWAWAY),
        ("DB_PASSWORD", "two words of it 1", Secret.THROWAWAY),
        ("DB_PASSWORD", "/run/secrets/db", None),
        ("DB_PASSWORD", "true", None),
        ("DB_PASSWORD", "", None),
        ("PASSWORD_FILE", "q7Zr-93kd82hHs", None),
    ],
)
def test_secrets(name: str, value: str, found: Secret | None) -> None:
    assert secret_in(name, value) is found


def test_names() -> None:
    assert is_secret_name("api-key")
    assert not is_secret_name("monkey")


def test_downloads_that_are_run() -> None:
    text = "true\ncurl https://x | sh\nwget x; sh y\n"
    assert list(blind_downloads(text)) == [5]


def test_values_that_are_made_like_secrets() -> None:
    assert is_strong("q7Zr-93kd82hHs")
    assert not is_strong("changemechange")
    assert not is_strong("q7 Zr-93kd82hHs")
