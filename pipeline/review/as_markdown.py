"""The review as Markdown for a comment on a pull request, always within its size limit.

Strings from outside are neutralised by the same rules as in the report's summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import words as marks
from pipeline.report.report_md import fill
from pipeline.review import words
from pipeline.review.changes import change_order

if TYPE_CHECKING:
    from pipeline.review.model import Review

MAX_BYTES = 64 * 1024
"""GitHub refuses a comment of more than 65,536 characters."""


def render(review: Review) -> bytes:
    """One table of all changes, worst first; what does not fit is counted."""
    changes = sorted(review.changes(), key=change_order)
    values = {"review": review, "changes": changes, "words": words, "marks": marks}
    return fill("diff.md.j2", values, max_bytes=MAX_BYTES)
