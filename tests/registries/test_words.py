"""Values of documents, made harmless."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.registries.words import day_of, licence_of, text_of


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-05-01T23:30:00Z", date(2024, 5, 1)),
        ("2024-05-01T23:30:00-02:00", date(2024, 5, 2)),
        ("2024-05-01T23:30:00", date(2024, 5, 1)),
        ("yesterday", None),
        (17, None),
        (None, None),
    ],
)
def test_days(moment: object, expected: date | None) -> None:
    assert day_of(moment) == expected


def test_texts_lose_what_could_harm_a_terminal() -> None:
    assert text_of("a\x1b[31mb\n") == "a\ufffd[31mb"
    assert text_of(3) == ""
    assert len(text_of("x" * 1000)) == 300


def test_licences() -> None:
    assert licence_of(" MIT ") == "MIT"
    assert licence_of("NOASSERTION") == ""
    assert licence_of(None) == ""
