"""Controls about how dependencies are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import (
    AuditStep,
    CiFile,
    Gap,
    InstallerSettings,
    Location,
    Target,
    UpdateBot,
)
from tests.controls.builders import (
    EMPTY,
    FAIL,
    LOCKED,
    NOT_APPLICABLE,
    OPEN,
    PASS,
    UNREAD,
    answer,
    project,
    target,
)


@pytest.mark.parametrize("control", ["DEP-09", "DEP-10", "DEP-11"])
def test_without_dependencies_the_question_does_not_arise(control: str) -> None:
    assert answer(control, EMPTY).outcome is NOT_APPLICABLE


def bot(**more: Any) -> UpdateBot:
    values: dict[str, Any] = {"ecosystems": ("PyPI",), "cools_down": True}
    return UpdateBot(path=".github/dependabot.yml", bot="Dependabot", **(values | more))


@pytest.mark.parametrize(
    ("bots", "outcome", "reason"),
    [
        ((bot(),), PASS, "Dependabot proposes updates after a cool-down"),
        ((bot(ecosystems=(), everything=True),), PASS, ""),
        ((bot(cools_down=False),), FAIL, "releases are proposed at once"),
        ((bot(ecosystems=("npm",)),), FAIL, "no bot looks after PyPI"),
        ((), FAIL, "no update bot is configured in the repository"),
    ],
)
def test_update_bots(bots: tuple[UpdateBot, ...], outcome: Any, reason: str) -> None:
    found = answer("DEP-09", replace(LOCKED, bots=bots))
    assert found.outcome is outcome
    assert reason in found.reason


def test_a_bot_may_be_in_what_could_not_be_read() -> None:
    assert answer("DEP-09", replace(LOCKED, unread=(UNREAD,))).gap is Gap.PARSE_ERROR


@pytest.mark.parametrize(
    ("triggers", "command", "told"),
    [
        (("pull_request",), "actions/dependency-review-action@v4", "runs in ci.yml"),
        (("push",), "actions/dependency-review-action@v4", "CI reviews none"),
        (("pull_request",), "pip-audit", "CI reviews none"),
    ],
)
def test_only_the_platform_knows_whether_owners_must_review(
    triggers: tuple[str, ...], command: str, told: str
) -> None:
    step = AuditStep(location=Location(path="ci.yml", line=1), command=command, fatal=True)
    ci = CiFile(path="ci.yml", system="GitHub Actions", triggers=triggers, audits=(step,))
    scanned: Target = replace(LOCKED, ci=(ci,))
    found = answer("DEP-10", scanned)
    assert found.gap is Gap.NOT_CONFIGURED
    assert told in found.reason


# ----------------------------------------------------------------------------- install scripts


def installer(path: str, name: str = "pip", **more: Any) -> InstallerSettings:
    return InstallerSettings(path=path, installer=name, **more)


@pytest.mark.parametrize(
    ("installers", "outcome"),
    [
        ((), OPEN),
        ((installer("pip.conf", scripts=False),), PASS),
        ((installer("pip.conf", scripts=True),), FAIL),
        ((installer("web/pip.conf", scripts=False),), OPEN),
        ((installer(".npmrc", "npm", scripts=False),), OPEN),
        ((installer("pip.conf"),), OPEN),
    ],
)
def test_install_scripts(installers: tuple[InstallerSettings, ...], outcome: Any) -> None:
    assert answer("DEP-11", replace(LOCKED, installers=installers)).outcome is outcome


def test_the_nearest_settings_hold_for_install_scripts() -> None:
    inner = target(replace(project(("web/pyproject.toml", 1)), path="web"))
    both = (installer("pip.conf", scripts=True), installer("web/pip.conf", scripts=False))
    assert answer("DEP-11", replace(inner, installers=both)).outcome is PASS


def test_ecosystems_without_install_scripts() -> None:
    go = target(replace(project(("go.mod", 1)), ecosystem="Go"))
    assert answer("DEP-11", go).outcome is NOT_APPLICABLE
    assert answer("DEP-11", replace(go, unread=(UNREAD,))).outcome is OPEN
