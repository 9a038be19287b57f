"""`supply-chain discover`: what is in a repository."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline import stages

if TYPE_CHECKING:
    import argparse


def execute(arguments: argparse.Namespace) -> int:
    """Print the target as text or JSON; nothing is written to disk."""
    target = stages.look(arguments.target, arguments.config)
    if arguments.json:
        from pipeline.store import encode  # noqa: PLC0415 - for JSON only

        sys.stdout.write(encode(target).decode())
    else:
        from pipeline.discover.describe import describe  # noqa: PLC0415 - for text only

        sys.stdout.write(describe(target))
    return 0
