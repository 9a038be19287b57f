"""The hook that looks for secrets before a commit, as an entry in `.pre-commit-config.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.starters import fill
from pipeline.starters.blocks import append

if TYPE_CHECKING:
    from pipeline.starters.pin import Pin

PATH = ".pre-commit-config.yaml"
HOOK = "supply-chain-secrets"
STARTER = "pre-commit-config.yaml"


def text(pin: Pin) -> str:
    """The file, with that one hook in it."""
    return fill.text(STARTER, pin)


def text_with(content: str, pin: Pin) -> str | None:
    """`content` with the hook; unchanged if it is there, `None` where it cannot be added."""
    if HOOK in content:
        return content
    entries = text(pin).partition("repos:\n")[2]
    lines = (line.removeprefix("  ") for line in entries.splitlines())
    return append(content, "repos", "\n".join(lines))
