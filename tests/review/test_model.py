from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.model import Exploited, Kind, Severity
from pipeline.review.model import Alarm, Change, PackageChange
from tests.review.builders import finding


def rank(**more: Any) -> tuple[int, int]:
    return PackageChange(kind=Change.ADDED, ecosystem="PyPI", name="a", lock="l", **more).rank


KNOWN = Exploited(added=date(2026, 1, 1), due=date(2026, 1, 2), ransomware=False)
LOW = Severity.LOW


@pytest.mark.parametrize("group", ["brings", "keeps"])
def test_what_to_look_at_first(group: str) -> None:
    order = [
        rank(**{group: (finding(kind=Kind.MALWARE, severity=LOW),)}),
        rank(**{group: (finding(severity=Severity.CRITICAL),)}),
        rank(alarms=(Alarm(rule="x", severity=Severity.HIGH, text="-"),)),
        rank(unknown="nobody knows"),
        rank(**{group: (finding(severity=LOW),)}),
        rank(mends=(finding(),)),
    ]
    assert order == sorted(order)
    assert len(set(order)) == len(order)
    assert rank(**{group: (finding(exploited=KNOWN, severity=LOW),)}) == order[0]
