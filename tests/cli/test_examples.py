"""Examples in help texts are commands that work."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from pipeline.cli import _EPILOG, _VERBS, make_parser
from pipeline.cli.examples import EXAMPLES


def commands(text: str) -> Iterator[str]:
    """The commands of a help text, without what is said of them."""
    for line in re.sub(r"\\\n +", "", text).splitlines():
        if found := re.match(r"  supply-chain (\S+(?: \S+)*)", line):
            yield found[1]


def test_every_verb_has_examples() -> None:
    assert list(EXAMPLES) == list(_VERBS)
    for verb, text in EXAMPLES.items():
        found = list(commands(text))
        assert found
        assert all(command.split()[0] == verb for command in found)


@pytest.mark.parametrize(
    "command", [one for text in (_EPILOG, *EXAMPLES.values()) for one in commands(text)]
)
def test_an_example_can_be_typed(command: str) -> None:
    words = shlex.split(command)
    if words[-1] == "--help":
        assert words[0] in _VERBS
        return
    assert make_parser().parse_args(words).verb == words[0]
