"""Lock readers: one module per format, all files as data, every line accounted for.

A new format is one module that satisfies `Reader` and one line in `READERS`. What readers share:

draft       a lock while it is being read, and what was not understood
pypi        names, hashes and sources of Python; `manifest` reads the `pyproject.toml` beside a lock
node        the same for the npm ecosystem
places      sources and hashes of all others
graph       by which ways a package came in
tomltext, jsontext, yamltext   the notations, with the lines of what is in them
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipeline.locks import (
    bun,
    cargo,
    composer,
    gemfile,
    go,
    gradle,
    npm,
    nuget,
    pdm,
    pipfile,
    pnpm,
    poetry,
    pylock,
    requirements,
    uv,
    yarn,
)
from pipeline.model import Gap, Location, Lock, Unread

if TYPE_CHECKING:
    from pipeline.tree import Tree


class Reader(Protocol):
    """What the module of a lock format offers. `ECOSYSTEM` is OSV's name."""

    FORMAT: str
    ECOSYSTEM: str

    def matches(self, path: str) -> bool:
        """Whether a file is of this format, by its path alone."""

    def read(self, tree: Tree, path: str) -> Lock:
        """The lock at `path`. Never raises for content: what was not understood is `unread`."""


READERS: dict[str, Reader] = {
    requirements.FORMAT: requirements,
    pylock.FORMAT: pylock,
    uv.FORMAT: uv,
    poetry.FORMAT: poetry,
    pipfile.FORMAT: pipfile,
    pdm.FORMAT: pdm,
    npm.FORMAT: npm,
    yarn.FORMAT: yarn,
    pnpm.FORMAT: pnpm,
    bun.FORMAT: bun,
    go.FORMAT: go,
    cargo.FORMAT: cargo,
    gemfile.FORMAT: gemfile,
    composer.FORMAT: composer,
    nuget.FORMAT: nuget,
    gradle.FORMAT: gradle,
}
"""All lock formats, by name."""


def reader_of(path: str) -> Reader | None:
    """The reader for a file, by its path alone; `None` for what is no known lock."""
    return next((reader for reader in READERS.values() if reader.matches(path)), None)


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`. Never raises for content; an unknown format is `unread` as a whole."""
    reader = reader_of(path)
    if reader:
        return reader.read(tree, path)
    unread = Unread(
        location=Location(path=path),
        why="no reader for this lock format",
        gap=Gap.UNSUPPORTED_INPUT,
    )
    return Lock(path=path, format="", ecosystem="", digest="", unread=(unread,))
