"""Tables of versions, lowest first, as an ecosystem's own tool orders them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[2] / "data" / "advisories" / "versions"


def assert_ordered(name: str, parse: Callable[[str], Any]) -> None:
    """Every pair of versions in a table compares as their lines do; equal ones hash alike."""
    text = (TABLES / f"{name}.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    placed = [(place, text, parse(text)) for place, line in enumerate(lines) for text in line]
    assert len(placed) > 40
    for place, text, value in placed:
        for other_place, other_text, other in placed:
            sign = (value > other) - (value < other)
            wanted = (place > other_place) - (place < other_place)
            assert sign == wanted, f"{text} against {other_text}"
            assert (value == other) == (wanted == 0), f"{text} and {other_text}"
            assert wanted or hash(value) == hash(other), f"{text} and {other_text}"
