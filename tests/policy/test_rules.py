"""The rules of policy's own."""

from __future__ import annotations

from pipeline.policy import RULES


def test_every_rule_of_policys_own_explains_itself() -> None:
    assert set(RULES) == {f"policy/waiver-{what}" for what in ("expired", "too-long", "unused")}
    assert all(rule.title and rule.why and rule.fix for rule in RULES.values())
