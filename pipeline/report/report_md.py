"""`report.md`: the report as GitHub's job summary shows it, always within its size limit.

GitHub drops a summary of more than 1 MiB without failing the job, so tables lose their last rows
until the text fits, and say how many. Every expression in the template is neutralised by the
environment itself: markup, links, mentions, references and line breaks from outside are text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.report import words
from pipeline.report.links import web_link
from pipeline.report.view import View
from pipeline.resources import template_text
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jinja2

    from pipeline.model import Report
    from pipeline.report.row import Place
    from pipeline.report.words import Mark

MAX_BYTES = 1_000_000
"""A little below GitHub's 1 MiB (1,048,576 bytes) for all summaries of one step."""

MAX_ROWS = 500
"""Rows of one table, where they fit."""

_MAX_TEXT = 500


class Marked(str):
    """Markdown of our own making: it is not neutralised again."""

    __slots__ = ()


def render(report: Report) -> bytes:
    """The summary as UTF-8, at most `MAX_BYTES` long; rows are left out from the end."""
    values = {"view": View(report), "report": report, "words": words}
    return fill("report.md.j2", values, max_bytes=MAX_BYTES)


def fill(name: str, values: Mapping[str, Any], *, max_bytes: int) -> bytes:
    """The template `name` as UTF-8, with as many `rows` of its tables as fit into `max_bytes`.

    Every value is neutralised. Without any row the text must fit by itself.
    """
    template = _environment().get_template(name)

    def text(rows: int) -> bytes:
        return template.render(values, rows=rows).encode("utf-8", errors="replace")

    content = text(MAX_ROWS)
    if len(content) <= max_bytes:
        return content
    # The length grows with the number of rows: search for the most that fit.
    fits, too_many = 0, MAX_ROWS
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(text(middle)) <= max_bytes:
            fits = middle
        else:
            too_many = middle
    return text(fits)


def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - heavy, and most commands render nothing

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text),
        # HTML's rules would not do: `neutralise` sees every expression instead.
        autoescape=False,  # noqa: S701
        finalize=neutralise,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        chip=chip,
        code=code,
        left=left,
        link=link,
        made=Marked,  # what a macro of the template made, from values that were neutralised
        numbered=words.numbered,
        place=place,
        prose=prose,
    )
    return environment


# ------------------------------------------------------------------------------------- Markdown

_BREAK = "&#8203;"
"""A space without width: it parts what GitHub would otherwise join to a link."""

_SPECIAL = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "`": "&#96;",
    "$": "<span>$</span>",  # what GitHub's documentation says against mathematics
    "@": "@" + _BREAK,
    "#": "#" + _BREAK,
    **{char: "\\" + char for char in "\\*_[]~"},
}
_BLOCK = re.compile(r"^(?: (?= {3})| {0,3}(?:[-+=]|[0-9]{1,9}[.)](?= |$)))")
_NEUTRALISED = re.compile(r"[&<>|`$@#\\*_\[\]~]|://|\bwww\.|\bGH-(?=\d)", re.IGNORECASE)


def neutralise(value: Any) -> str:
    """`value` as text on one line that no Markdown dialect of GitHub's gives a meaning to."""
    if isinstance(value, Marked):
        return value
    text = _NEUTRALISED.sub(_neutral, plain(str(value), limit=_MAX_TEXT))
    return Marked(_BLOCK.sub(_unblocked, text))


def _unblocked(found: re.Match[str]) -> str:
    """What would begin a list, a heading's underline or a block of code, as mere text."""
    text = found[0]
    return "&#32;" if text == " " else f"{text[:-1]}\\{text[-1]}"


def _neutral(found: re.Match[str]) -> str:
    text = found[0]
    return _SPECIAL.get(text) or f"{text[:-1]}{_BREAK}{text[-1]}"


def code(value: Any) -> Marked:
    """`value` in a fixed-width font."""
    return Marked(f"<code>{neutralise(value)}</code>")


def prose(value: str) -> Marked:
    """A sentence; what stands between backticks is in a fixed-width font."""
    parts = words.ticked(plain(value, limit=_MAX_TEXT))
    return Marked("".join(code(part) if is_code else neutralise(part) for part, is_code in parts))


def link(text: str, address: str) -> Marked:
    """`text` as a link; without a safe address it is plain text."""
    safe = web_link(address)
    if not safe:
        return code(text)
    # Brackets, pipes and the like would end the address or the table cell.
    return Marked(
        f"[{neutralise(text)}]({quote(safe, safe=':/?#=;,%+.-_~').replace('&', '&amp;')})"
    )


def place(at: Place) -> Marked:
    """A location, linked where the commit can be browsed."""
    return link(at.text, at.link)


def chip(mark: Mark) -> Marked:
    """A status as sign and words."""
    return Marked(f"{mark.sign} {neutralise(mark.label)}")


def left(total: int, rows: int, noun: str, plural: str = "") -> Marked:
    """A line that says how many rows of a table are left out; empty when none is."""
    if total <= rows:
        return Marked("")
    more = words.numbered(total - rows, "more " + noun, plural and "more " + plural)
    return Marked(f"\n_{more} left out here; all {total:,} are in report.json._\n")
