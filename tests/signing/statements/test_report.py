"""The report as a statement."""

from __future__ import annotations

import json
from pathlib import Path

from tests.signing.statements.making import facts, made


def test_the_report_is_repeated_word_for_word(tmp_path: Path) -> None:
    given = facts(tmp_path)
    assert made(given)[0]["report"].predicate == json.loads(
        (tmp_path / "report/report.json").read_bytes()
    )
