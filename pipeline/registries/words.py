"""Values of registries' documents, made harmless: days, texts, licences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.text import plain

if TYPE_CHECKING:
    from datetime import date

_LICENCE_CHARACTERS = 200
"""Longer licences are whole texts, and no names."""


def day_of(moment: Any) -> date | None:
    """The day (UTC) of an ISO 8601 time; `None` for anything else."""
    if not isinstance(moment, str):
        return None
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo is None else parsed.astimezone(UTC)).date()


def text_of(value: Any) -> str:
    """Somebody's words on one line; "" for no text."""
    return plain(value, limit=300).strip() if isinstance(value, str) else ""


def licence_of(value: Any) -> str:
    """The name of a licence, or an expression of them; "" for a whole text and for none."""
    if not isinstance(value, str) or len(value) > _LICENCE_CHARACTERS or "\n" in value.strip():
        return ""
    found = plain(value).strip()
    return "" if found.upper() in {"UNKNOWN", "NOASSERTION"} else found
