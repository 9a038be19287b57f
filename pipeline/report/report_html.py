"""`report.html`: the report as one page that an auditor can read, print and keep.

One file, no external asset, readable without script and without style. Every string passes
`text.plain` and is escaped; only http and https addresses become links. A content security
policy allows the page's own style and script by their digests and nothing else, so that markup
which got past the escaping could still neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from pipeline.report import words
from pipeline.report.links import web_link
from pipeline.report.view import View
from pipeline.resources import template_text
from pipeline.text import plain

if TYPE_CHECKING:
    from pipeline.model import Report

MAX_ROWS = 500
"""Rows of one table: a page with more is slow to open and read by nobody."""

MAX_NESTED = 100
"""Rows of a list inside a row or a check."""


def render(report: Report) -> bytes:
    """The page as UTF-8. Tables show their first rows and say how many are left out."""
    import jinja2  # noqa: PLC0415 - heavy, and most commands render nothing
    from markupsafe import Markup  # noqa: PLC0415 - as above

    def text(value: Any) -> Any:
        """What an expression in the template becomes before it is escaped."""
        return value if isinstance(value, Markup) else plain(str(value))

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = lambda value: Markup().join(
        Markup("<code>{}</code>").format(plain(part)) if is_code else plain(part)
        for part, is_code in words.ticked(value)
    )
    environment.filters["web_link"] = web_link
    environment.filters["numbered"] = words.numbered
    style, script = template_text("report.css"), template_text("report.js")
    page = environment.get_template("report.html.j2").render(
        view=View(report),
        report=report,
        words=words,
        max_rows=MAX_ROWS,
        max_nested=MAX_NESTED,
        # Both are files of ours, put in as they are: their digests stand in the policy.
        style=Markup(style),  # noqa: S704 - no outside text
        script=Markup(script),  # noqa: S704 - no outside text
        policy=(
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
            " base-uri 'none'; form-action 'none'"
        ),
    )
    return page.lstrip().encode("utf-8", errors="replace")


def _digest(content: str) -> str:
    """The source expression of Content Security Policy Level 3 for an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
