"""The report as a whole: nothing vanishes, and it says what it speaks of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model import Excluded, Policy, Target
from pipeline.policy import judge, weigh
from tests.policy.builders import GIT, TARGET, TODAY, evidence, finding, report


def test_findings_stand_once_and_evidence_keeps_none() -> None:
    made = report(evidence(finding()))
    assert [item.finding for item in made.findings] == [finding()]
    assert made.evidence == (replace(evidence(finding()), findings=()),)


def test_a_finding_that_was_not_weighed_cannot_vanish() -> None:
    with pytest.raises(ValueError, match="not weighed"):
        judge(
            version="1",
            target=TARGET,
            evidence=(evidence(finding(), finding()),),
            judged=weigh([finding()], Policy(), TODAY),
            controls=(),
            frameworks=(),
            policy=Policy(),
            planned=("dependencies",),
            as_of=TODAY,
        )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (TARGET, []),
        (replace(TARGET, git=None), ["not a git repository"]),
        (replace(TARGET, git=replace(GIT, commit=None)), ["not a git repository"]),
        (replace(TARGET, git=replace(GIT, dirty=True)), ["changes that are not in the commit"]),
        (replace(TARGET, git=replace(GIT, dirty=None)), ["could not be told"]),
        (replace(TARGET, git=replace(GIT, shallow=True)), ["shallow"]),
        (
            replace(TARGET, excluded=(Excluded(path="vendor", why="settings"),)),
            ["1 path left out on purpose: vendor"],
        ),
    ],
)
def test_notices(target: Target, words: list[str]) -> None:
    made = report(evidence(), target=target, notices=("said before",))
    assert made.notices[0] == "said before"
    assert len(made.notices) == 1 + len(words)
    assert all(word in made.notices[-1] for word in words)
