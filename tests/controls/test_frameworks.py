"""The frameworks: known, dated, and with a total only where their own text has one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.controls.frameworks import FRAMEWORKS

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "controls.yaml"


@pytest.mark.skipif(
    not REFERENCE.is_file(), reason="the reference catalogue is not beside this checkout"
)
def test_the_frameworks_are_those_of_the_reference() -> None:
    catalogue = yaml.safe_load(REFERENCE.read_text(encoding="utf-8"))
    listed = catalogue["meta"]["frameworks"]
    assert FRAMEWORKS.keys() == listed.keys()
    for name, framework in FRAMEWORKS.items():
        own_text = listed[name]["basis"] == "from source"
        assert framework.basis.startswith("from the framework's own text") is own_text


def test_frameworks_have_a_title_and_an_edition() -> None:
    for name, framework in FRAMEWORKS.items():
        assert framework.id == name
        assert framework.title
        assert framework.version
        assert framework.basis
    totals = {name: item.total for name, item in FRAMEWORKS.items() if item.total is not None}
    assert totals == {"OSPS-2026.02.19": 64, "Scorecard-5.5.0": 20, "OWASP-Top10-2025": 10}
