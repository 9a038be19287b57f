from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.errors import UsageError
from pipeline.model import Target, UpdateBot
from pipeline.starters import hooks, updates
from pipeline.starters.pin import Pin
from pipeline.starters.propose import DEFAULT, STARTERS, Left, Proposal, Wish, propose

PIN = Pin("acme/supply-chain", "4f1c2b7d9e0a6358c1d24be7f09a3c5566de8b10", "v1.2.3")
EMPTY = Target(name="x", git=None, files=0)


def wish(files: Mapping[str, str] | None = None, **changes: object) -> Wish:
    there = files or {}
    made = Wish(target=EMPTY, read=there.get, pin=PIN, checks=("dependencies", "workflows"))
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def with_bot(bot: str, path: str) -> Target:
    return replace(EMPTY, bots=(UpdateBot(path=path, bot=bot),))


def one(made: list[Proposal | Left]) -> Proposal:
    (found,) = made
    assert isinstance(found, Proposal)
    return found


def left(made: list[Proposal | Left]) -> Left:
    (found,) = made
    assert isinstance(found, Left)
    return found


def test_what_everybody_gets_comes_in_a_fixed_order() -> None:
    made = propose(wish(), frozenset(DEFAULT))
    assert [part.path for part in made] == [
        "supply-chain.yml",
        ".github/workflows/supply-chain.yml",
        ".github/dependabot.yml",
        ".pre-commit-config.yaml",
        "noxfile.py",
    ]


@pytest.mark.parametrize("name", STARTERS)
def test_every_starter_makes_files(name: str) -> None:
    made = propose(wish(named=frozenset({name})), {name})
    assert made
    for part in made:
        assert isinstance(part, Proposal)
        assert part.content.endswith("\n")
        assert not part.path.startswith(("/", ".."))


CALLING = ("workflow", "pre-commit", "gitlab", "azure")


@pytest.mark.parametrize("name", CALLING)
def test_without_a_commit_to_call_nothing_is_guessed(name: str) -> None:
    with pytest.raises(UsageError, match="--tool-ref COMMIT") as caught:
        propose(wish(pin=None), {name})
    assert f"--without {name}" in str(caught.value)


@pytest.mark.parametrize("name", sorted({"settings", "updates", "nox", "dockerfile", "nginx"}))
def test_what_calls_nothing_needs_no_commit(name: str) -> None:
    assert propose(wish(pin=None), {name})


def test_the_policy_that_is_there_is_its_owners() -> None:
    files = {"supply-chain.yml": "version: 1\n"}
    assert "--with settings" in left(propose(wish(files), {"settings"})).why
    asked = propose(wish(files, named=frozenset({"settings"})), {"settings"})
    assert "policy:" in one(asked).content


def test_hooks_that_are_there_get_another_only_by_name() -> None:
    files = {hooks.PATH: "repos:\n  - repo: a\n    rev: b\n    hooks: []\n"}
    assert "--with pre-commit" in left(propose(wish(files), {"pre-commit"})).why
    asked = propose(wish(files, named=frozenset({"pre-commit"})), {"pre-commit"})
    assert one(asked).content.startswith(files[hooks.PATH])


def test_a_list_that_nothing_can_be_added_to_is_left() -> None:
    files = {hooks.PATH: "repos: []\n"}
    asked = propose(wish(files, named=frozenset({"pre-commit"})), {"pre-commit"})
    assert "cannot be added" in left(asked).why


def test_dependabots_settings_are_added_to_under_their_own_name() -> None:
    path = ".github/dependabot.yaml"
    files = {path: "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n"}
    made = one(propose(wish(files, target=with_bot("Dependabot", path)), {"updates"}))
    assert made.path == path
    assert made.content.startswith(files[path])
    assert "github-actions" in made.content


def test_settings_that_cannot_be_read_are_left() -> None:
    made = propose(wish({updates.DEPENDABOT: "a: ["}), {"updates"})
    assert "cannot be added" in left(made).why


@pytest.mark.parametrize(
    ("bot", "path", "renovate"),
    [
        ("Renovate", ".github/renovate.json5", False),
        ("Renovate", "renovate.json", True),
        ("Dependabot", ".github/dependabot.yml", True),
    ],
)
def test_one_bot_is_enough(bot: str, path: str, renovate: bool) -> None:
    made = left(propose(wish(target=with_bot(bot, path), renovate=renovate), {"updates"}))
    assert made == Left(path, f"{bot} proposes updates already")


def test_renovate_instead() -> None:
    made = one(propose(wish(renovate=True), {"updates"}))
    assert made == Proposal("renovate.json", updates.renovate())


def test_a_noxfile_that_is_there_is_added_to() -> None:
    files = {"noxfile.py": "import nox\n"}
    made = one(propose(wish(files), {"nox"}))
    assert made.content.startswith("import nox\n\nfrom pipeline import sessions")
    assert "cannot be added" in left(propose(wish({"noxfile.py": "def ("}), {"nox"})).why


def test_what_is_written_at_the_same_time_is_watched_too() -> None:
    made = propose(wish(), {"updates", "dockerfile", "compose"})
    assert isinstance(made[0], Proposal)
    for ecosystem in ("docker", "docker-compose", "github-actions"):
        assert f"package-ecosystem: {ecosystem}\n" in made[0].content
    assert "docker" not in one(propose(wish(), {"updates"})).content
