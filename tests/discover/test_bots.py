"""Update bots and whether they wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.discover.bots import Found, find_bots
from pipeline.model import UpdateBot
from pipeline.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

DEPENDABOT = ".github/dependabot.yml"


def find(root: Path, path: str, content: str) -> Found:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return find_bots(Tree.at(root), [path, "README.md"])


def updates(*entries: str) -> str:
    return "version: 2\nupdates:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@pytest.mark.parametrize(
    ("entries", "ecosystems", "cools_down"),
    [
        (["package-ecosystem: uv, cooldown: {default-days: 7}"], ("PyPI",), True),
        (["package-ecosystem: uv"], ("PyPI",), False),
        (["package-ecosystem: uv, cooldown: {default-days: 0}"], ("PyPI",), False),
        (["package-ecosystem: uv, cooldown: {semver-major-days: 30}"], ("PyPI",), True),
        (["package-ecosystem: uv, cooldown: 7"], ("PyPI",), False),
        (
            ["package-ecosystem: npm, cooldown: {default-days: 3}", "package-ecosystem: pip"],
            ("PyPI", "npm"),
            False,
        ),
        (["package-ecosystem: github-actions"], (), False),
        ([], (), False),
    ],
)
def test_dependabot(
    entries: list[str], ecosystems: tuple[str, ...], cools_down: bool, tmp_path: Path
) -> None:
    (found,) = find(tmp_path, DEPENDABOT, updates(*entries)).bots
    assert found == UpdateBot(
        path=DEPENDABOT, bot="Dependabot", ecosystems=ecosystems, cools_down=cools_down
    )


@pytest.mark.parametrize(
    ("content", "cools_down"),
    [
        ("{}", False),
        ('{"minimumReleaseAge": "7 days"}', True),
        ('{"minimumReleaseAge": "0 days"}', False),
        ('{"minimumReleaseAge": 7}', False),
        ('{"packageRules": [{"minimumReleaseAge": "3 days"}]}', True),
        ('{"packageRules": [{"matchManagers": ["npm"], "minimumReleaseAge": "3 days"}]}', False),
        ('{"extends": ["config:best-practices"]}', True),
        ('{"extends": ["config:recommended", 3]}', False),
        ('{ // why, and "how"\n /* more */ "minimumReleaseAge": "3 days", }', True),
        ('{"a": "//no comment", "packageRules": 3, "extends": "x"}', False),
        # What JSON5 allows, as Renovate's own documentation writes it.
        (
            "{$schema: 'x', packageRules: [{minimumReleaseAge: '3 days',},], // why: it's so\n}",
            True,
        ),
        ('{a: \'\\\'\\\n"b", c: [\', "d": "it\'s, ]\\"", minimumReleaseAge: \'3 days\'}', True),
        ("{'minimumReleaseAge': null, a: 'minimumReleaseAge: 3'}", False),
    ],
)
def test_renovate(content: str, cools_down: bool, tmp_path: Path) -> None:
    (found,) = find(tmp_path, "renovate.json", content).bots
    assert (found.bot, found.everything, found.cools_down) == ("Renovate", True, cools_down)


def test_a_bot_that_is_switched_off_does_nothing(tmp_path: Path) -> None:
    (found,) = find(tmp_path, ".github/renovate.json5", '{"enabled": false}').bots
    assert (found.everything, found.cools_down) == (False, False)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (DEPENDABOT, "a: [\n"),
        ("renovate.json", "{"),
        ("renovate.json", "[]"),
        (".renovaterc", "{unquoted: .5}"),
        ("renovate.json5", "{a: 'b}"),
        ("renovate.json", "[" * 100_000),
    ],
)
def test_what_cannot_be_read_is_named(path: str, content: str, tmp_path: Path) -> None:
    found = find(tmp_path, path, content)
    assert found.bots == ()
    assert [part.location.path for part in found.unread] == [path]
