from __future__ import annotations

import pytest

from pipeline.model import Decision, Gap, Gate, Outcome, Severity, Status
from pipeline.report import words


def test_every_word_of_the_model_has_a_mark() -> None:
    for kind, marks in (
        (Decision, words.DECISIONS),
        (Severity, words.SEVERITIES),
        (Status, words.STATUSES),
        (Outcome, words.OUTCOMES),
        (Gap, words.GAPS),
        (Gate, words.GATES),
    ):
        assert set(marks) == set(kind)


def test_only_what_was_evaluated_and_fine_is_green() -> None:
    marks = [words.DECISIONS, words.SEVERITIES, words.STATUSES, words.OUTCOMES]
    green = {key for table in marks for key, mark in table.items() if mark.tone == "good"}  # type: ignore[attr-defined]
    assert green == {Decision.COMPLIANT, Status.CLEAN, Outcome.PASS}
    assert {mark.tone for table in marks for mark in table.values()} <= words.SIGNS.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", [("plain", False)]),
        ("Run `nox`.", [("Run ", False), ("nox", True), (".", False)]),
        ("`nox`", [("nox", True)]),
        ("odd ` tick", [("odd ` tick", False)]),
        ("", []),
    ],
)
def test_backticks_mark_code(text: str, parts: list[tuple[str, bool]]) -> None:
    assert list(words.ticked(text)) == parts


def test_a_number_stands_with_its_noun() -> None:
    assert words.numbered(1, "entry", "entries") == "1 entry"
    assert words.numbered(2000, "entry", "entries") == "2,000 entries"
