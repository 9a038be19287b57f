"""Values that look like secrets, and their neighbours that do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.images.suspicious import assignments, redact, why_secret


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
def test_secrets(name: str, value: str) -> None:
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


def test_a_line_of_history() -> None:
    line = "RUN |2 NPM_TOKEN='a b c' LEVEL=3 /bin/sh -c npm ci # AKIA" + "Q" * 16
    assert list(assignments(line)) == [("NPM_TOKEN", "a b c"), ("LEVEL", "3")]
    assert redact(line) == "RUN |2 NPM_TOKEN=… LEVEL=3 /bin/sh -c npm ci # …"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("RUN curl -u ann:s3cret https://example.org/x", "RUN curl -u … https://example.org/x"),
        ("RUN curl -H 'Authorization: Bearer abc.def' x", "RUN curl -H 'Authorization: Bearer … x"),
        ("RUN login --password hunter2 -p hunter3 me", "RUN login --password … -p … me"),
        ("RUN use abc123abc123abc123abc123", "RUN use …"),
        ("COPY file:5d673d25da3a14ce1f6cf66e4c7fd4f4 in /", "COPY file:… in /"),
        ("RUN apt-get install -y libfontconfig1-development-headers", None),
        ("RUN pip install -r requirements.txt", None),
    ],
)
def test_what_commands_are_handed(line: str, kept: str | None) -> None:
    assert redact(line) == (line if kept is None else kept)


@given(value=st.text(alphabet="abcXYZ019-_/+", min_size=8, max_size=40))
@settings(deadline=None)
def test_no_value_is_left_in_a_redacted_line(value: str) -> None:
    line = f"ENV API_TOKEN={value} OTHER=1"
    if why_secret("API_TOKEN", value):
        assert value not in redact(line)
