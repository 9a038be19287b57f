"""The options of a line, by pip's own rules, and where they make pip look for packages."""

from __future__ import annotations

import optparse
import re
import shlex
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from pipeline.locks.pypi import is_public, note_index, shown
from pipeline.model import Origin, Source
from pipeline.text import without_credentials

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.model import Location

MAX_QUOTED = 8 * 1024
"""Longer options with quotes or backslashes are not read: `shlex` needs quadratic time."""


class _Options(optparse.OptionParser):
    """pip's options, with `optparse`'s abbreviations, that raises instead of leaving."""

    def error(self, msg: str) -> NoReturn:  # noqa: ARG002 - optparse's signature
        """Refuse the line. The message is dropped: it repeats the text."""
        raise ValueError


@cache
def _options() -> _Options:
    parser = _Options(add_help_option=False)
    for dest, *names in (
        ("index", "-i", "--index-url", "--pypi-url"),
        ("extra_index", "--extra-index-url"),
        ("find_links", "-f", "--find-links"),
        ("requirements", "-r", "--requirement"),
        ("constraints", "-c", "--constraint"),
        ("editables", "-e", "--editable"),
        ("hashes", "--hash"),
        ("trusted_host", "--trusted-host"),
        ("ignored", "--no-binary"),
        ("ignored", "--only-binary"),
        ("ignored", "--all-releases"),
        ("ignored", "--only-final"),
        ("ignored", "--use-feature"),
        ("ignored", "-C", "--config-setting", "--config-settings"),
        ("ignored", "--global-option"),
        ("ignored", "--install-option"),
    ):
        parser.add_option(*names, dest=dest, action="append", default=())
    for dest, name in (
        ("no_index", "--no-index"),
        ("flag", "--pre"),
        ("flag", "--prefer-binary"),
        ("flag", "--require-hashes"),
        ("flag", "--no-require-hashes"),
    ):
        parser.add_option(name, dest=dest, action="store_true", default=False)
    return parser


_SOURCES = ("index", "extra_index", "find_links")


@dataclass(frozen=True, slots=True)
class Given:
    """The options of one line. `words` are left over: pip ignores them."""

    values: dict[str, list[str]]
    no_index: bool = False
    words: tuple[str, ...] = ()

    def __getitem__(self, dest: str) -> list[str]:
        return self.values.get(dest, [])

    @property
    def reaches(self) -> bool:
        """Whether a line names an index, which pip takes from lines of options only."""
        return any(self[dest] for dest in _SOURCES)


NOTHING = Given({})


def parsed(text: str) -> Given:
    """The options in `text`; raises `ValueError` for what pip does not know or is too long."""
    if not text:
        return NOTHING
    plain = not any(char in text for char in "'\"\\")
    if not plain and len(text) > MAX_QUOTED:
        raise ValueError
    tokens = re.split(r"[ \t\r\n]+", text.strip(" \t\r\n")) if plain else shlex.split(text)
    if all(token.startswith("--hash=") for token in tokens):
        return Given({"hashes": [token[7:] for token in tokens]})
    parser = _options()
    values = optparse.Values({dest: [] for dest in parser.defaults})
    values.no_index = False
    _, words = parser.parse_args(tokens, values)
    given = {dest: found for dest, found in vars(values).items() if isinstance(found, list)}
    return Given(given, bool(values.no_index), tuple(words))


@dataclass(slots=True)
class Indexes:
    """Where pip looks for a name: options count for all files, wherever they stand."""

    index: str | None = None
    no_index: bool = False
    find_links: list[str] = field(default_factory=list)

    def use(self, given: Given, draft: Draft, where: Location) -> None:
        """Take over what a line says; the draft keeps every index that is named."""
        for dest in _SOURCES:
            for place in given[dest]:
                note_index(draft, place, where.line, where.path)
        self.no_index |= given.no_index
        self.find_links += given["find_links"]
        if given["index"]:
            self.index = given["index"][-1]

    def source(self) -> Source:
        """The source of a requirement that names none itself."""
        if self.no_index:
            url = shown(self.find_links[0]) if self.find_links else ""
            return Source(origin=Origin.INDEX, url=url)
        if self.index is None or is_public(self.index):
            return Source()
        return Source(origin=Origin.INDEX, url=without_credentials(self.index))
