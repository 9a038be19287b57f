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
    ("path", "severity"),
    [
        ("/", Severity.HIGH), ("//", Severity.HIGH), ("/srv/..", Severity.HIGH),
        ("/etc", Severity.HIGH), ("/proc/", Severity.HIGH), ("/run/docker.sock", Severity.HIGH),
        ("/etc/app", Severity.MEDIUM), ("/usr/bin/x", Severity.MEDIUM),
        ("/etc/localtime", None), ("/srv", None), ("/home/app", None), ("/run/app", None),
    ],
)  # fmt: skip
def test_what_of_the_host_is_out_of_bounds(path: str, severity: Severity | None) -> None:
    expected = [("host-mount", severity)] if severity else []
    assert found(mounts=(Text(1, path),)) == expected


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("DB_PASSWORD", "q7Zr-93kd82hHs", Severity.HIGH),
        ("DB_PASSWORD", "postgres", Severity.LOW),
        ("DB_URL", "postgres://a:bcd@db/x", Severity.HIGH),
        ("DB_PASSWORD", "/run/secrets/x", None),
        ("DB_PASSWORD", None, None),
    ],
)
def test_how_bad_a_secret_is(name: str, value: str | None, severity: Severity | None) -> None:
    expected = [("plain-secret", severity)] if severity else []
    assert found(environment=((name, Text(1, value)),)) == expected


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
