"""What counts as pinned, as a secret in plain text, and as a blind download."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.workflows.pins import (
    COMMIT,
    image_problems,
    is_open,
    piped_lines,
    secret_problem,
)
from pipeline.model import Location, Severity

PLACE = Location(path="x", line=1)
DIGEST = "sha256:" + "1" * 64


@pytest.mark.parametrize("text", ["a" * 40, "0" * 64, "ABCDEF" + "1" * 34])
def test_commits(text: str) -> None:
    assert COMMIT.fullmatch(text)


@pytest.mark.parametrize("text", ["a" * 39, "a" * 41, "a" * 63, "g" * 40, "main", "v1"])
def test_no_commits(text: str) -> None:
    assert not COMMIT.fullmatch(text)


@pytest.mark.parametrize(
    ("image", "severity"),
    [
        (f"alpine@{DIGEST}", None),
        (f"host:5000/a/b:1@{DIGEST}", None),
        ("alpine@sha512:" + "a" * 128, None),
        ("scratch", None),
        ("", None),
        ("$IMAGE", None),
        ("alpine:${TAG}", None),
        ("alpine:3.22", Severity.MEDIUM),
        ("alpine", Severity.HIGH),
        ("alpine:latest", Severity.HIGH),
        ("host:5000/alpine", Severity.HIGH),
        ("alpine@sha256:12", Severity.MEDIUM),
        ("alpine@sha256:" + "G" * 64, Severity.MEDIUM),
        ("alpine@", None),
    ],
)
def test_images(image: str, severity: Severity | None) -> None:
    found = [problem.severity for problem in image_problems(image, PLACE, tags=True)]
    if image == "alpine@":
        assert found == [Severity.MEDIUM]
    else:
        assert found == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("DEPLOY_TOKEN", "q7Zr-Lk2mXw09Tbv", Severity.HIGH),
        ("token", "q7ZrLk2mXw09", Severity.HIGH),
        ("my.api-key", "q7ZrLk2mXw09Tbv", Severity.HIGH),
        ("DB_PASSWORD", "postgres", Severity.LOW),
        ("DB_PASSWORD", "aaaaaaaaaaaaaaaaaa", Severity.LOW),
        ("DB_PASSWORD", "please set This here", Severity.LOW),
        ("TOKEN", "", None),
        ("TOKEN", "False", None),
        ("PASSWORD", "123", None),
        ("SECRET", "/run/secrets/x", None),
        ("SECRET", "C:\\keys\\x", None),
        ("TOKEN", "${{ secrets.X }}", None),
        ("TOKEN", "$(X)", None),
        ("TOKEN", "%TOKEN%", None),
        ("TOKEN_URL", "q7Zr-Lk2mXw09Tbv", None),
        ("MYTOKEN", "q7Zr-Lk2mXw09Tbv", None),
    ],
)
def test_secrets(name: str, value: str, severity: Severity | None) -> None:
    found = secret_problem(name, value, PLACE)
    assert (found.severity if found else None) is severity


@settings(deadline=None)
@given(st.text(alphabet="ABXYZ0189-+/", min_size=8, max_size=40))
def test_no_value_is_ever_told(value: str) -> None:
    found = secret_problem("A_TOKEN", value, PLACE)
    assert found is None or value not in repr(found)


def test_what_is_open() -> None:
    assert is_open("a-$X")
    assert is_open("${{ x }}")
    assert not is_open("5$")


def test_lines_of_a_script_count_from_0() -> None:
    assert list(piped_lines("a\ncurl x | sh\nb\nwget y | sudo -E bash\n")) == [1, 3]


@pytest.mark.parametrize("word", ["curl ", "sh ", "iwr ", "curl x |", "sudo -E ", "bash <("])
def test_a_long_line_is_read_once(word: str) -> None:
    assert list(piped_lines(word * 50_000)) == []
