"""Files that tell installers where packages come from, and whether their scripts run.

pip reads `pip.conf` (https://pip.pypa.io/en/stable/topics/configuration/), npm, pnpm and Yarn 1
read `.npmrc` (https://docs.npmjs.com/cli/v11/configuring-npm/npmrc). They are read as data: what
they say is reported, never followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import IncompleteError
from pipeline.model import Gap, InstallerSettings, Location, Unread
from pipeline.text import is_in_clear, plain, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.tree import Tree

MAX_BYTES = 256 * 1024
"""Larger files are not read: real ones have a few lines."""

_FILES = {".npmrc": "npm", "pip.conf": "pip", "pip.ini": "pip"}
_OFF = {"false", "0", "no", "off", "null"}


class Found(NamedTuple):
    """The settings, sorted by path, and the files that could not be read."""

    installers: tuple[InstallerSettings, ...]
    unread: tuple[Unread, ...]


def find_installers(tree: Tree, files: Iterable[str]) -> Found:
    """The installers' settings among `files`."""
    found = []
    unread = []
    for path in files:
        installer = _FILES.get(path.rpartition("/")[2])
        if installer is None:
            continue
        try:
            text = tree.text(path, limit=MAX_BYTES)
        except IncompleteError as error:
            unread.append(Unread(location=Location(path=path), why=error.what, gap=Gap.PARSE_ERROR))
            continue
        found.append((_npm if installer == "npm" else _pip)(path, text))
    return Found(tuple(found), tuple(unread))


class _Line(NamedTuple):
    number: int
    key: str
    value: str


def _lines(text: str) -> Iterator[_Line]:
    """Every "key = value"; a line that is indented goes on with the value above it (pip's)."""
    key = ""
    for number, row in enumerate(text.splitlines(), start=1):
        if not row.strip() or row.lstrip()[0] in "#;[":
            continue
        name, mark, value = row.partition("=")
        if row[0].isspace() and key:
            yield _Line(number, key, row.strip())
        elif mark:
            key = name.strip().lower()
            yield _Line(number, key, value.strip().strip("\"'"))
        else:
            key = name.strip().lower()
            yield _Line(number, key, "true")


def _npm(path: str, text: str) -> InstallerSettings:
    registries = []
    risks = []
    scripts: bool | None = None
    for line in _lines(text):
        if line.key == "registry" or line.key.endswith(":registry"):
            if shown := without_credentials(line.value):
                scope = line.key.removesuffix("registry").removesuffix(":")
                registries.append(f"{scope}={shown}" if scope else shown)
            if is_in_clear(line.value):
                risks.append(("a registry over plain http", line.number))
        elif line.key == "strict-ssl" and line.value.lower() in _OFF:
            risks.append(("certificates are not checked", line.number))
        elif line.key in {"ignore-scripts", "ignore_scripts"}:
            scripts = line.value.lower() in _OFF
    return InstallerSettings(
        path=path,
        installer="npm",
        registries=tuple(registries),
        risks=tuple(risks),
        scripts=scripts,
    )


def _pip(path: str, text: str) -> InstallerSettings:
    registries = []
    risks = []
    scripts: bool | None = None
    for line in _lines(text):
        key = line.key.replace("_", "-")
        if key in {"index-url", "extra-index-url", "find-links"}:
            for place in re.split(r"\s+", line.value):
                if shown := without_credentials(place):
                    registries.append(shown)
                if is_in_clear(place):
                    risks.append(("an index over plain http", line.number))
            if key == "extra-index-url" and line.value:
                risks.append(("a second index, whose names compete with the first's", line.number))
        elif key == "trusted-host" and line.value:
            host = plain(line.value.split()[0], limit=100)
            risks.append((f"certificates are not checked for {host}", line.number))
        elif key == "only-binary" and ":all:" in line.value:
            scripts = False
    return InstallerSettings(
        path=path,
        installer="pip",
        registries=tuple(registries),
        risks=tuple(risks),
        scripts=scripts,
    )
