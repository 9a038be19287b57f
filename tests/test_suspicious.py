"""Names and values that look like secrets, and their neighbours that do not."""

from __future__ import annotations

import pytest

from pipeline.suspicious import (
    Secret,
    is_secret_name,
    is_strong,
    secret_in,
    why_secret,
    without_forms,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NPM_TOKEN", "abcdefgh"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("PGPASSWORD", "x1y2z3"),
        ("dbPassword", "letmein"),
        ("AWS_SECRET_ACCESS_KEY", "abc/def"),
        ("API_KEY", "0123456789"),
        ("CREDENTIALS", "user:pass"),
        ("X", "AKIA" + "Q" * 16),
        ("X", "ghp_" + "a1" * 18),
        ("X", "-----BEGIN RSA PRIVATE " + "KEY-----"),
        ("DATABASE_URL", "postgres://app:s3cr3t@db/app"),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str) -> None:
    assert why_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568"),
        ("PASSWORD_FILE", "/run/secrets/password"),
        ("DB_PASSWORD", "/run/secrets/password"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "<your password>"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
        ("TOKEN_TTL", "3600"),
        ("TOKEN_ENDPOINT", "https://example.org/token"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("SECRETARY", "ann"),
        ("DATABASE_URL", "postgres://db/app"),
        ("HOME", "/home/app"),
    ],
)
def test_near_misses(name: str, value: str) -> None:
    assert not why_secret(name, value)


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
def test_what_is_written_out(name: str, value: str, found: Secret | None) -> None:
    assert secret_in(name, value) is found


def test_names_that_end_like_a_secret() -> None:
    assert is_secret_name("api-key")
    assert not is_secret_name("monkey")


def test_values_that_are_made_like_secrets() -> None:
    assert is_strong("q7Zr-93kd82hHs")
    assert not is_strong("changemechange")
    assert not is_strong("q7 Zr-93kd82hHs")


def test_what_has_the_form_of_a_secret_is_taken_out() -> None:
    token = "glpat-" + "a1" * 10
    assert (
        without_forms(f"use {token} at postgres://ann:s3cret@db/x", "…") == "use … at postgres…db/x"
    )
    assert without_forms("nothing of the kind", "…") == "nothing of the kind"
