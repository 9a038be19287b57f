"""Every rule is explained, and there is no rule that nothing reports."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.checks.hardening.rules import RULES

SOURCES = Path(__file__).parents[3] / "pipeline" / "checks" / "hardening"


def test_every_rule_reads_well() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"hardening/[a-z-]+", name)
        assert rule.title[0].isupper()
        assert not rule.title.endswith(".")
        assert rule.why.endswith(".")
        assert rule.fix
        assert not rule.fix.endswith(".")


def test_every_rule_is_reported_somewhere() -> None:
    told = {
        rule
        for path in SOURCES.glob("*/*.py")
        for rule in re.findall(r'(?:find\(\s*|rule=)"([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert {f"hardening/{rule}" for rule in told} == RULES.keys()
