"""How an image is configured: one that breaks each rule, and one that nearly does."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.container.configuration import is_root, judge
from pipeline.checks.container.rules import RULES
from pipeline.model import Exposed, Image, Severity

SOUND: dict[str, Any] = {
    "name": "app:1.0",
    "transport": "layout",
    "config": "sha256:1",
    "platform": "linux/amd64",
    "user": "1000",
    "ports": ("8080/tcp",),
    "health_check": True,
}


def rules(**change: Any) -> dict[str, Severity]:
    found = list(judge(Image(**(SOUND | change))))
    assert all(finding.rule in RULES and finding.fix for finding in found)
    return {finding.rule.removeprefix("container/"): finding.severity for finding in found}


def test_a_sound_one() -> None:
    assert rules() == {}


@pytest.mark.parametrize(
    ("change", "rule", "severity"),
    [
        ({"user": ""}, "runs-as-root", Severity.HIGH),
        ({"user": "root"}, "runs-as-root", Severity.HIGH),
        ({"user": "0:1000"}, "runs-as-root", Severity.HIGH),
        ({"user": "app"}, "user-by-name", Severity.LOW),
        ({"ports": ("22/tcp",)}, "remote-login", Severity.MEDIUM),
        ({"ports": ("443/tcp",)}, "privileged-port", Severity.LOW),
        ({"health_check": False}, "no-health-check", Severity.LOW),
        (
            {"exposed": (Exposed(where="ENV A_TOKEN", why="its name says so"),)},
            "secret-in-configuration",
            Severity.HIGH,
        ),
    ],
)
def test_what_is_wrong(change: dict[str, Any], rule: str, severity: Severity) -> None:
    assert rules(**change) == {rule: severity}


@pytest.mark.parametrize(
    "change",
    [{"user": "1000:0"}, {"user": "65532"}, {"ports": ("1024/tcp", "odd")}, {"env": ("A_TOKEN",)}],
)
def test_near_misses(change: dict[str, Any]) -> None:
    assert rules(**change) == {}


@pytest.mark.parametrize("user", ["", "root", "root:app", "0", "00", "+0", "-0", " 0", "0:0"])
def test_every_spelling_of_root(user: str) -> None:
    assert is_root(user)


@pytest.mark.parametrize("user", ["1", "1000:0", "rooted", "app", "10"])
def test_who_is_not_root(user: str) -> None:
    assert not is_root(user)


def test_a_finding_names_the_image_by_its_digest() -> None:
    (finding,) = judge(Image(**(SOUND | {"user": ""})))
    assert finding.subject == "app:1.0: USER"
    assert "sha256:1, linux/amd64" in finding.detail
