from __future__ import annotations

from dataclasses import replace

from pipeline.review.as_text import render
from pipeline.review.model import Commit, Review, Unseen
from tests.conftest import Golden
from tests.review.builders import OLD, evidence, finding, lock, package, review, target


def test_the_sample_reviews_are_as_recorded(golden: Golden, reviews: dict[str, Review]) -> None:
    golden("full.txt", render(reviews["full"]))


def test_hostile_text_cannot_move_the_cursor(reviews: dict[str, Review]) -> None:
    text = render(reviews["hostile"])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("# heading") for line in text.splitlines())


def test_what_was_not_evaluated_is_said_of_each_package() -> None:
    kept = finding("CVE-9", "pkg:pypi/a@1.1")
    made = review(
        target(lock(package())),
        target(lock(package(version="1.1"))),
        evidence_before=evidence(finding("CVE-9")),
        evidence_after=evidence(kept, scopes=()),
    )
    text = render(made)
    assert "still  CVE-9" in text
    assert "advisories not evaluated: the check did not look at this lock" in text


def test_the_same_commit_is_said(reviews: dict[str, Review]) -> None:
    text = render(replace(reviews["full"], head=Commit(asked="x", id=OLD)))
    assert "nothing was compared" in text
    assert "It brings" not in text


def test_many_parts_that_were_not_compared_are_counted(reviews: dict[str, Review]) -> None:
    parts = tuple(Unseen(side="base", path=f"{at}.lock", why="-") for at in range(60))
    text = render(replace(reviews["full"], unseen=parts))
    assert "not compared: 60" in text
    assert "and 10 more, in --json" in text
