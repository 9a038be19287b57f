"""Every rule with a file that breaks exactly it, and one that nearly does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks.hardening.rules import CHECK, RULES
from tests.checks.hardening.cases import DATA, FORMATS, cases, hold, name

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("case", [case for one in FORMATS for case in cases(one)], ids=name)
def test_each_rule(case: Path) -> None:
    hold(case)


def test_every_rule_has_both() -> None:
    names = {rule.removeprefix(f"{CHECK}/") for rule in RULES}
    assert names == {folder.name for folder in DATA.iterdir() if folder.name != "trivy"}
    for rule in names:
        kinds = {path.name.partition(".")[0].partition("-")[0] for path in (DATA / rule).iterdir()}
        assert kinds == {"breaks", "near"}, rule
