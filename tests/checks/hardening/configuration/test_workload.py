"""What both formats share: switches, users, and rules at their edges."""

from __future__ import annotations

import pytest

from pipeline.checks.hardening.configuration.workload import (
    Container,
    Setting,
    Text,
    is_root,
    read,
    setting,
)
from pipeline.model import Severity
from pipeline.yamltree import Items, Scalar
from tests.checks.hardening.cases import DAY


@pytest.mark.parametrize(
    ("text", "on"),
    [("true", True), ("Yes", True), ("ON", True), ("false", False), ("no", False), ("x", None)],
)
def test_switches(text: str, on: bool | None) -> None:
    assert setting(Scalar(3, 1, text)) == Setting(3, on)


def test_no_switches() -> None:
    assert setting(None) is setting(Scalar(1, 1, "")) is setting(Items(1, 1, ())) is None


@pytest.mark.parametrize(
    ("user", "root"), [("0", True), ("root", True), ("0:5", True), ("00", True), ("1000:0", False)]
)
def test_root(user: str, root: bool) -> None:
    assert is_root(user) is root


def found(**more: object) -> list[tuple[str, Severity]]:
    container = Container(name="a", line=1, is_whole=False, **more)  # type: ignore[arg-type]
    return [(one.rule, one.severity) for one in read([container], "x", DAY).problems]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("/", True), ("//", True), ("/etc/app", True), ("/run/docker.sock", True), ("/proc", True),
        ("/srv", False), ("/home/app", False), ("/run/app", False),
    ],
)  # fmt: skip
def test_what_of_the_host_is_out_of_bounds(path: str, bad: bool) -> None:
    expected = [("host-mount", Severity.HIGH)] if bad else []
    assert found(mounts=(Text(1, path),)) == expected


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("sys_admin", Severity.HIGH), ("CAP_ALL", Severity.HIGH), ("NET_RAW", Severity.MEDIUM),
        ("chown", None),
    ],
)  # fmt: skip
def test_capabilities(name: str, severity: Severity | None) -> None:
    expected = [("capabilities-added", severity)] if severity else []
    assert found(added=(Text(1, name),)) == expected


def test_a_part_that_says_nothing_is_not_judged_by_it() -> None:
    assert found() == []
