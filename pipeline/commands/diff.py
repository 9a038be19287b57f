"""`supply-chain diff`: what a change does to the dependencies.

Judges nothing: succeeds when the change could be told and its advisories looked up.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.errors import ExitCode, UsageError

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Print the review as text, JSON or Markdown."""
    base, head, fork = ends(arguments.range)
    request = stages.Request(
        target=arguments.target,
        config=arguments.config,
        as_of=arguments.as_of,
        offline=arguments.offline,
        advisories=arguments.advisories,
    )
    review = stages.compare(request, base, head, fork=fork)
    if arguments.json:
        from pipeline.review import as_json  # noqa: PLC0415 - for JSON only

        text = as_json.render(review).decode()
    elif arguments.markdown:
        from pipeline.review import as_markdown  # noqa: PLC0415 - for Markdown only

        text = as_markdown.render(review).decode()
    else:
        from pipeline.review import as_text  # noqa: PLC0415 - for text only

        text = as_text.render(review)
    sys.stdout.write(text)
    return ExitCode.COMPLIANT if review.known else ExitCode.INCOMPLETE


def ends(text: str) -> tuple[str, str | None, bool]:
    """Base, head (`None` for the folder itself), and whether to start where both parted.

    Raises `UsageError` where one side of the dots is empty: a variable that held nothing must
    not be taken for the commit that is checked out.
    """
    dots = "..." if "..." in text else ".."
    base, separator, head = text.partition(dots)
    if not base.strip() or (separator and not head.strip()):
        side = "BASE" if not base.strip() else "HEAD"
        raise UsageError(
            f"{side} is empty in {text!r}",
            fix="name both commits, as in main..HEAD; in CI, look at what the variables hold for"
            " this event",
        )
    return base, head if separator else None, dots == "..." and bool(separator)
