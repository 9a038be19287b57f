from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.model import Gap, Unevaluated
from pipeline.report import report_md
from pipeline.report.report_md import MAX_BYTES, link, neutralise, prose, render
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.model import Report
    from tests.conftest import Golden

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Shown(HTMLParser):
    """What a browser would get: tags, links, and text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.outside = ""
        self._code = 0
        self.feed(MARKDOWN.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key == "href"]
        assert {key for key, _ in attrs} <= {"href", "style"}
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += data
        if not self._code:
            self.outside += data


def test_the_summaries_are_as_recorded(golden: Golden, reports: dict[str, Report]) -> None:
    for name in ("compliant", "violated", "incomplete", "waived", "changed", "hostile", "leaked"):
        golden(f"{name}.md", render(reports[name]))


def test_equal_reports_give_equal_bytes(sample: Report) -> None:
    assert render(sample) == render(replace(sample))


def test_the_verdict_comes_first_then_what_nobody_evaluated(sample: Report) -> None:
    text = render(sample).decode()
    assert text.startswith("## ")
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert headings == ["Not evaluated", "Fix first"]
    assert text.index("Exit code") < text.index("### Not evaluated")
    assert text.index("### Fix first") < text.find("Controls: ")


def test_nothing_reads_as_evaluated_that_is_not(reports: dict[str, Report]) -> None:
    fine = "every input that the checks knew of beforehand is accounted for"
    assert fine in render(reports["compliant"]).decode()
    for report in (
        replace(reports["compliant"], evidence=()),
        replace(reports["compliant"], evidence=reports["incomplete"].evidence),
        reports["incomplete"],
    ):
        text = render(report).decode()
        assert fine not in text
    assert "No finding violates the policy. That says nothing about" in text


def test_every_row_of_a_table_has_all_its_cells(sample: Report) -> None:
    columns = 0
    rows = 0
    for line in render(sample).decode().splitlines():
        cells = line.count("|") if line.startswith("|") else 0
        assert not cells or not columns or cells == columns, line
        columns = cells
        rows += bool(cells)
    assert rows > 5


# ------------------------------------------------------------------------------ safe

OUR_TAGS = {
    "h2", "h3", "p", "strong", "em", "ul", "li", "blockquote", "br", "code", "a", "span",
    "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip


def test_hostile_text_stays_text(reports: dict[str, Report]) -> None:
    content = render(reports["hostile"])
    shown = Shown(content.decode())
    assert set(shown.tags) <= OUR_TAGS
    assert not [target for target in shown.links if "evil" in target or "script" in target]
    assert "<script>alert(1)</script>" in shown.text
    assert not re.search(r"@\w", shown.outside)
    assert not re.search(r"#\w", shown.outside)
    assert not re.search(r"https?://|www\.", shown.outside)
    assert "\u202e" not in shown.text
    assert "\x1b" not in shown.text
    assert content.decode().count("\n## ") == 0


def test_a_harmless_report_has_the_same_shape_as_a_hostile_one(reports: dict[str, Report]) -> None:
    """Attacks add no heading, list or table to those that the template makes."""
    report = reports["hostile"]
    verdict = replace(report.verdict, headline="x", reasons=("x", "x"))
    calm = Shown(render(replace(report, verdict=verdict, notices=("x",))).decode())
    wild = Shown(render(report).decode())
    for tag in ("h2", "h3", "ul", "li", "table", "tr", "td", "blockquote", "details"):
        assert calm.tags.count(tag) == wild.tags.count(tag), tag


@given(st.text(max_size=400))
@example("`a` ``b`` **c** _d_ ~~e~~ [f](g) ![h](i) <j> &k; | \\| \\ $l$ # 1. - + @m n@o.p #1 GH-1")
@example("http://a https://b www.c WWW.d gh-12 [^1] [x]: y")
@settings(deadline=None, max_examples=300)
def test_neutralised_text_is_shown_as_it_is(text: str) -> None:
    """Whatever the text, a Markdown parser shows exactly it, with no markup made of it."""
    shown = Shown(f"x{neutralise(text)}x\n")
    assert set(shown.tags) <= {"p", "span"}
    # The pieces between breaks are what GitHub searches for references.
    assert shown.text.replace("\u200b", "").rstrip("\n") == f"x{plain(text, limit=500)}x"
    assert not re.search(r"[@#]\w|://|www\.|GH-\d", shown.text[1:-2], re.IGNORECASE)


@given(st.text(max_size=60))
@example("- a")
@example("1. a")
@example("12) a")
@example("     a")
@example("     - a")
@example("  - a")
@example("---")
@example("===")
@settings(deadline=None)
def test_neutralised_text_begins_no_block(text: str) -> None:
    """At the start of a line, where a list, a rule or code would begin."""
    shown = Shown(f"x\n\n- {neutralise(text)}\n\n{neutralise(text)}\n")
    assert set(shown.tags) <= {"p", "ul", "li", "span"}
    assert shown.tags.count("li") == 1


@given(st.text(max_size=100))
@settings(deadline=None)
def test_neutralised_text_keeps_to_its_cell(text: str) -> None:
    shown = MARKDOWN.render(f"| a | b |\n| - | - |\n| {neutralise(text)} | c |\n")
    assert shown.count("<td") == 2
    assert "<td>c</td>" in shown


def test_our_own_markup_is_not_neutralised_twice() -> None:
    once = neutralise("<b>")
    assert once == "&lt;b&gt;"
    assert neutralise(once) == once


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Run `nox -s a|b`.", "Run <code>nox -s a&#124;b</code>."),
        ("odd ` tick", "odd &#96; tick"),
        ("", ""),
    ],
)
def test_prose_marks_code(text: str, markdown: str) -> None:
    assert prose(text) == markdown


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a_(b)?c=d|e&f=*g*&copy=1#h",
        "https://example.org/)](https://evil.example",
        "https://example.org/$x$`y`",
    ],
)
def test_a_link_is_one_link(address: str) -> None:
    if "`" in address:
        assert link("t]", address) == "<code>t\\]</code>"
        return
    shown = Shown(f"| a |\n| - |\n| {link('t](x)', address)} |\n")
    assert len(shown.links) == 1
    assert shown.links[0].startswith("https://example.org/")
    assert "t](x)" in html.unescape(shown.text)
    assert shown.tags.count("td") == 1


# ------------------------------------------------------------------------------ how much


def test_it_says_what_is_left_out(many: Report) -> None:
    content = render(many)
    text = content.decode()
    assert len(content) <= MAX_BYTES
    found = len(set(re.findall(r"\[GHSA-(\d{4})-aaaa-bbbb\]", text)))
    assert found == report_md.MAX_ROWS
    assert "9,500 more findings left out here; all 10,000 are in report.json" in text
    assert "9,500 more entries left out here; all 10,000 are in report.json" in text
    assert "| 10,000 | 10,000 | 0 | 0 | 10,000 |" in text


def test_long_rows_are_cut_by_their_measured_size(many: Report) -> None:
    wide = "\U0001f600$" * 3000
    report = replace(
        many,
        unevaluated=tuple(
            Unevaluated(what=wide, gap=Gap.TOO_LARGE, why=wide, fix=wide) for _ in range(1000)
        ),
        notices=(wide,) * 1000,
        verdict=replace(many.verdict, headline=wide, reasons=(wide,) * 1000),
    )
    content = render(report)
    text = content.decode()
    assert MAX_BYTES * 0.9 < len(content) <= MAX_BYTES
    (left,) = re.findall(r"(\d+) more entries left out here; all 1,000", text)
    rows = text.count("| ❔ too large: ")
    assert rows == 1000 - int(left) > 10
    assert "980 more reasons left out here" in text
    assert "980 more notices left out here" in text


def test_even_the_widest_report_fits(
    reports: dict[str, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a single row the summary is still there, with its numbers."""
    monkeypatch.setattr(report_md, "MAX_BYTES", 1800)
    content = render(reports["incomplete"]).decode()
    assert "3 more entries left out here; all 3 are in report.json" in content
    assert "| What |" not in content
    assert "Exit code 3" in content
