from __future__ import annotations

import re

from markdown_it import MarkdownIt

from pipeline.review.as_markdown import MAX_BYTES, render
from pipeline.review.model import Review
from tests.conftest import Golden


def test_the_sample_reviews_are_as_recorded(golden: Golden, reviews: dict[str, Review]) -> None:
    for name, review in reviews.items():
        golden(f"{name}.md", render(review))


def test_it_fits_a_comment_worst_first_and_says_what_is_left_out(many: Review) -> None:
    content = render(many)
    assert len(content) <= MAX_BYTES
    text = content.decode()
    rows = [line for line in text.splitlines() if "package-" in line]
    assert "package-4999" in rows[0]
    assert "CVE-2026-9" in rows[0]
    (left,) = re.findall(r"([\d,]+) more changes left out here", text)
    assert int(left.replace(",", "")) + len(rows) == 5_000
    assert "5,000 added" in text
    assert len(content) > MAX_BYTES * 0.9


def test_hostile_text_stays_text(reviews: dict[str, Review]) -> None:
    text = render(reviews["hostile"]).decode()
    assert text.startswith("<!-- supply-chain diff -->\n")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<script" not in text
    assert text.count("<!--") == 1
    assert "@someone" not in text
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert not [child for child in inline if child.type in {"link_open", "image"}]
    title = next(token.content for token in tokens if token.type == "inline")
    assert title.startswith("Dependency")
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == 2


def test_every_row_has_all_its_cells(sample: Review) -> None:
    rows = [line for line in render(sample).decode().splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
