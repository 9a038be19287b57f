"""What nobody looked at is counted, and a few of it are named."""

from __future__ import annotations

from pipeline.checks.secrets import account
from pipeline.checks.secrets.calls import FILES, HISTORY
from pipeline.controls import secrets as controls
from pipeline.model import Gap, Missing


def test_many_gaps_are_counted_and_a_few_named() -> None:
    missing = [Missing(subject=str(number), gap=Gap.TOO_LARGE, why="large") for number in range(80)]
    part = account._coverage("s", "files", 80, 0, missing)
    assert len(part.missing) == account.MAX_NAMED + 1
    assert part.missing[-1].subject == "30 more"


def test_the_controls_know_the_scopes_by_their_names() -> None:
    assert controls.FILES == (FILES, account.AGAIN)
    assert controls.HISTORY == (HISTORY,)
