"""Which files a repository gets, and what is to stand in them.

A file that is there already is proposed as a change of it: by adding to it where it is a list
that others write too, else as a whole. What somebody has decided otherwise (another update bot,
hooks of their own) is left as it is unless it is asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Target
from pipeline.starters import fill, hooks, sessions, settings, updates
from pipeline.starters.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Read = Callable[[str], str | None]
"""The text of a file of the repository, `None` where there is none."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A file and what is to stand in it."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Left:
    """A file that is left as it is, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Everything that proposals are made from.

    `named` are the starters that were asked for by name, `checks` the names of all checks.
    """

    target: Target
    read: Read
    pin: Pin | None
    checks: tuple[str, ...]
    named: frozenset[str] = frozenset()
    renovate: bool = False

    def pinned(self, name: str) -> Pin:
        """The pin; raises `UsageError` where a starter needs it and nobody knows one."""
        if self.pin is None:
            raise UsageError(
                f"no commit of supply-chain-pipeline is known that “{name}” could call",
                fix="name one that you have looked at, with --tool-repository OWNER/NAME,"
                f" --tool-ref COMMIT and --tool-version VERSION, or do without: --without {name}",
            )
        return self.pin


Made = Iterator[Proposal | Left]


def propose(wish: Wish, names: Collection[str]) -> list[Proposal | Left]:
    """The files of the starters called `names`; raises `UsageError` when a pin is missing."""
    wish = replace(wish, target=_expected(wish.target, names))
    return [made for name in STARTERS if name in names for made in STARTERS[name](wish, name)]


def _expected(target: Target, names: Collection[str]) -> Target:
    """The repository as it will be with the starters, for the one that looks after updates."""
    return replace(
        target,
        dockerfiles=_joined(target.dockerfiles, "Dockerfile", wanted="dockerfile" in names),
        compose=_joined(target.compose, "compose.yml", wanted="compose" in names),
        kubernetes=_joined(target.kubernetes, "kubernetes.yml", wanted="kubernetes" in names),
    )


def _joined(paths: tuple[str, ...], path: str, *, wanted: bool) -> tuple[str, ...]:
    return (*paths, path) if wanted else paths


def _settings(wish: Wish, name: str) -> Made:
    if wish.read(settings.PATH) is not None and name not in wish.named:
        yield Left(settings.PATH, f"it says already what holds here: anew with --with {name}")
        return
    yield Proposal(settings.PATH, settings.text(wish.target, wish.checks, wish.pin))


def _updates(wish: Wish, _: str) -> Made:
    wanted = "Renovate" if wish.renovate else "Dependabot"
    others = [bot for bot in wish.target.bots if bot.bot != wanted]
    own = [bot for bot in wish.target.bots if bot.bot == wanted]
    if others:
        yield Left(others[0].path, f"{others[0].bot} proposes updates already")
    elif wish.renovate:
        if own:
            yield Left(own[0].path, "Renovate proposes updates already")
        else:
            yield Proposal(updates.RENOVATE, updates.renovate())
    else:
        path = own[0].path if own else updates.DEPENDABOT
        yield _added(path, wish.read, updates.dependabot(wish.target), _watching(wish.target))


def _watching(target: Target) -> Callable[[str], str | None]:
    return lambda text: updates.dependabot_with(text, target)


def _hooks(wish: Wish, name: str) -> Made:
    if wish.read(hooks.PATH) is not None and name not in wish.named:
        yield Left(hooks.PATH, f"it has hooks of its own: ours come with --with {name}")
        return
    pin = wish.pinned(name)
    yield _added(hooks.PATH, wish.read, hooks.text(pin), lambda text: hooks.text_with(text, pin))


def _sessions(wish: Wish, _: str) -> Made:
    yield _added(sessions.PATH, wish.read, fill.text(sessions.STARTER), sessions.text_with)


def _added(path: str, read: Read, new: str, adding: Callable[[str], str | None]) -> Proposal | Left:
    """The whole file where there is none, else what is there with ours added."""
    there = read(path)
    if there is None:
        return Proposal(path, new)
    try:
        made = adding(there)
    except IncompleteError:
        made = None
    if made is None:
        return Left(path, "ours cannot be added without writing it anew: see the starter")
    return Proposal(path, made)


def _files(paths: Mapping[str, str]) -> Callable[[Wish, str], Made]:
    """A starter of files that are the same everywhere but for the pin: template -> path."""

    def make(wish: Wish, name: str) -> Made:
        for template, path in paths.items():
            pin = wish.pinned(name) if fill.needs_pin(fill.raw(template)) else None
            yield Proposal(path, fill.text(template, pin))

    return make


_WORKFLOWS = ".github/workflows"
STARTERS: Mapping[str, Callable[[Wish, str], Made]] = {
    "settings": _settings,
    "workflow": _files({"github/supply-chain.yml": f"{_WORKFLOWS}/supply-chain.yml"}),
    "updates": _updates,
    "pre-commit": _hooks,
    "nox": _sessions,
    "comment": _files({"github/comment.yml": f"{_WORKFLOWS}/supply-chain-comment.yml"}),
    "publish": _files({"github/publish.yml": f"{_WORKFLOWS}/publish.yml"}),
    "gitlab": _files({"gitlab/.gitlab-ci.yml": ".gitlab-ci.yml"}),
    "azure": _files({"azure/azure-pipelines.yml": "azure-pipelines.yml"}),
    "dockerfile": _files({"Dockerfile": "Dockerfile", "dockerignore": ".dockerignore"}),
    "compose": _files({"compose.yml": "compose.yml"}),
    "kubernetes": _files({"kubernetes.yml": "kubernetes.yml"}),
    "nginx": _files({"nginx.conf": "nginx.conf"}),
}
"""Everything that can be asked for, in the order in which it is told."""

DEFAULT = ("settings", "workflow", "updates", "pre-commit", "nox")
"""What a repository gets unless somebody says otherwise."""
