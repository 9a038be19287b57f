"""Scripts of other CI systems: audits that cannot fail."""

from __future__ import annotations

import pytest

from pipeline.checks.workflows.scripts import scalars, script_problems, swallowed
from pipeline.discover.shell import Options
from pipeline.model import Location
from pipeline.yamltree import Items, Scalar, Table

STRICT = Options(errexit=True, pipefail=True)


@pytest.mark.parametrize(
    ("script", "counts", "lines"),
    [
        ("pip-audit", True, []),
        ("pip-audit", False, [3]),
        ("pip-audit || true", True, [3]),
        ("pip-audit --exit-zero", True, [3]),
        ("echo pip-audit || true", True, []),
        ("make\nnpm audit | tee log", True, []),
    ],
)
def test_an_audit_must_be_able_to_fail(script: str, counts: bool, lines: list[int]) -> None:
    found = script_problems([Scalar(3, 1, script)], "x", shell=STRICT, counts=counts)
    told = [problem.place.line for problem in found]
    assert told == lines


def test_texts_of_a_node() -> None:
    one, two = Scalar(1, 1, "a"), Scalar(2, 1, "b")
    assert list(scalars(one)) == [one]
    assert list(scalars(Items(1, 1, (one, Items(1, 1, (two,)), Table(1, 1, {}))))) == [one, two]
    assert list(scalars(None)) == []


def test_the_command_is_named() -> None:
    assert "pip-audit" in swallowed(Location(path="x", line=1), "pip-audit").detail
