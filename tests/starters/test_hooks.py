from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.starters import hooks
from pipeline.starters.pin import Pin

ROOT = Path(__file__).parents[2]
PIN = Pin("acme/supply-chain", "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10", "v1.2.3")
ENTRY = {
    "repo": "https://github.com/acme/supply-chain",
    "rev": PIN.commit,
    "hooks": [{"id": "supply-chain-secrets"}],
}
OTHER = "repos:\n  - repo: https://example.org/x\n    rev: v1\n    hooks: [{id: y}]\n"


def test_the_hook_is_pinned_to_a_commit() -> None:
    assert yaml.safe_load(hooks.text(PIN)) == {"repos": [ENTRY]}


def test_the_hook_is_one_that_this_project_offers() -> None:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hooks.HOOK in {hook["id"] for hook in offered}


def test_it_is_added_to_what_is_there() -> None:
    made = hooks.text_with(OTHER, PIN)
    assert made is not None
    assert made.startswith(OTHER)
    assert yaml.safe_load(made)["repos"][1] == ENTRY
    assert hooks.text_with(made, PIN) == made


@pytest.mark.parametrize("text", ["", "repos: []\n", "x: ["])
def test_what_cannot_be_added_to_is_left(text: str) -> None:
    assert hooks.text_with(text, PIN) is None
