"""Who a publisher is, as one text."""

from __future__ import annotations

import pytest

from pipeline.checks.provenance.signers import NotEvaluatedError, publisher, same
from pipeline.trust.certificate import Holder

GITHUB = "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("repository", "issuer", "text"),
    [
        ("https://github.com/a/b", GITHUB, "https://github.com/a/b"),
        ("https://gitlab.com/a/b/c", "https://gitlab.com", "https://gitlab.com/a/b/c"),
        (
            "https://github.com/a/b",
            "https://gitlab.com",
            "https://github.com/a/b by https://gitlab.com",
        ),
        (
            "https://github.com.evil.example/a/b",
            GITHUB,
            f"https://github.com.evil.example/a/b by {GITHUB}",
        ),
        ("", GITHUB, f"somebody by {GITHUB}"),
    ],
)
def test_only_its_own_issuer_vouches_for_a_repository(
    repository: str, issuer: str, text: str
) -> None:
    assert publisher(Holder(identity="somebody", issuer=issuer, repository=repository)) == text


def test_a_plain_key_is_nobody() -> None:
    with pytest.raises(NotEvaluatedError):
        publisher(None)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("https://github.com/a/b", True),
        ("https://GitHub.com/A/B/", True),
        ("https://github.com/a/b.git", True),
        ("https://github.com/a/bb", False),
        ("", False),
    ],
)
def test_spelling_does_not_matter(other: str, *, expected: bool) -> None:
    assert same("https://github.com/a/b", other) is expected
