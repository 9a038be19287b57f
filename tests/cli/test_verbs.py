from __future__ import annotations

import argparse
import pkgutil
from importlib import import_module

import pytest

from pipeline import commands
from pipeline.cli import make_parser
from pipeline.cli.verbs import fill


def parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the verbs below one for all of them."""
    (actions,) = parser._subparsers._group_actions  # type: ignore[union-attr]
    assert isinstance(actions, argparse._SubParsersAction)
    return dict(actions.choices)


VERBS = sorted(parsers(make_parser()))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_command(verb: str) -> None:
    assert callable(import_module(f"pipeline.commands.{verb}").execute)


def test_every_command_is_a_verb() -> None:
    modules = [
        import_module(f"{commands.__name__}.{one.name}")
        for one in pkgutil.iter_modules(commands.__path__)
    ]
    named = [one.__name__.rpartition(".")[2] for one in modules if hasattr(one, "execute")]
    assert named == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_the_same_alone_and_among_all(verb: str) -> None:
    alone = parsers(make_parser(verb))
    assert alone[verb].format_help() == parsers(make_parser())[verb].format_help()
    others = [other for other in VERBS if other != verb]
    assert all("--quiet" not in alone[other].format_help() for other in others)


def test_a_verb_that_is_none_has_no_arguments() -> None:
    with pytest.raises(KeyError):
        fill(argparse.ArgumentParser(), "nonsense")
