"""The settings of bots that propose updates: Dependabot and Renovate.

Sources: https://docs.github.com/en/code-security/dependabot/working-with-dependabot/
dependabot-options-reference and https://docs.renovatebot.com/configuration-options/. Renovate's
presets live elsewhere and are not fetched: one that is extended may set a pause that we miss.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import IncompleteError
from pipeline.model import Gap, Location, Unread, UpdateBot
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.tree import Tree
    from pipeline.yamltree import Node

MAX_BYTES = 1024 * 1024

_DEPENDABOT = {".github/dependabot.yml", ".github/dependabot.yaml"}
_RENOVATE = {
    f"{folder}{name}"
    for folder, names in {
        "": ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json"),
        ".github/": ("renovate.json", "renovate.json5"),
        ".gitlab/": ("renovate.json", "renovate.json5"),
    }.items()
    for name in names
}
_ECOSYSTEMS = {
    "pip": "PyPI",
    "uv": "PyPI",
    "npm": "npm",
    "bun": "npm",
    "gomod": "Go",
    "cargo": "crates.io",
    "bundler": "RubyGems",
    "composer": "Packagist",
    "nuget": "NuGet",
    "dotnet-sdk": "NuGet",
    "maven": "Maven",
    "gradle": "Maven",
    "conda": "conda",
    "mix": "Hex",
    "pub": "Pub",
    "swift": "SwiftURL",
}
"""Dependabot's names of ecosystems -> OSV's."""


class Found(NamedTuple):
    """The bots, sorted by path, and the files that could not be read."""

    bots: tuple[UpdateBot, ...]
    unread: tuple[Unread, ...]


def find_bots(tree: Tree, files: Iterable[str]) -> Found:
    """The update bots that are configured in `files`."""
    bots = []
    unread = []
    for path in files:
        if path not in _DEPENDABOT | _RENOVATE:
            continue
        try:
            text = tree.text(path, limit=MAX_BYTES)
            bots.append(_dependabot(path, text) if path in _DEPENDABOT else _renovate(path, text))
        except (IncompleteError, ValueError, RecursionError):
            why = "the update bot's settings are not what their format promises"
            unread.append(Unread(location=Location(path=path), why=why, gap=Gap.PARSE_ERROR))
    return Found(tuple(bots), tuple(unread))


def _dependabot(path: str, text: str) -> UpdateBot:
    root = compose(text, path, aliases=True)
    updates = root.get("updates") if isinstance(root, Table) else None
    entries = [one for one in _items(updates) if isinstance(one, Table)]
    known: dict[str, list[bool]] = {}
    for entry in entries:
        if name := _ECOSYSTEMS.get(entry.text("package-ecosystem")):
            known.setdefault(name, []).append(_cools_down(entry))
    return UpdateBot(
        path=path,
        bot="Dependabot",
        ecosystems=tuple(sorted(known)),
        cools_down=bool(known) and all(all(found) for found in known.values()),
    )


def _cools_down(entry: Table) -> bool:
    """Whether an entry waits at all: any of its numbers of days is above zero."""
    cooldown = entry.get("cooldown")
    if not isinstance(cooldown, Table):
        return False
    days = (value for key, (_, value) in cooldown.entries.items() if key.endswith("days"))
    return any(isinstance(one, Scalar) and re.fullmatch("0*[1-9][0-9]*", one.text) for one in days)


def _renovate(path: str, text: str) -> UpdateBot:
    data = json.loads(_plain(text))
    if not isinstance(data, dict):
        raise ValueError  # noqa: TRY004 - it is the content that is wrong
    enabled = data.get("enabled") is not False
    return UpdateBot(
        path=path, bot="Renovate", everything=enabled, cools_down=enabled and _waits(data)
    )


def _waits(data: dict[str, Any]) -> bool:
    """Whether Renovate waits for a release to grow older, for all packages."""
    rules = data.get("packageRules")
    everywhere = [data] + [
        rule
        for rule in (rules if isinstance(rules, list) else ())
        if isinstance(rule, dict) and not any(key.startswith("match") for key in rule)
    ]
    extends = data.get("extends")
    presets = extends if isinstance(extends, list) else []
    return any(
        isinstance(one.get("minimumReleaseAge"), str)
        and one["minimumReleaseAge"][:1] in "123456789"
        for one in everywhere
        if one.get("minimumReleaseAge")
    ) or any(preset in _WAITING_PRESETS for preset in presets if isinstance(preset, str))


_WAITING_PRESETS = {"security:minimumReleaseAgeNpm", "config:best-practices", "npm:unpublishSafe"}
"""Presets of Renovate's own that set a pause, for npm at least."""

_JSON5 = re.compile(
    r"""(?P<text>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/"""
    r"""|(?P<key>[A-Za-z_$][\w$]*+)(?=\s*+:)""",
    re.DOTALL,
)
_INSIDE = re.compile(r'\\(?P<after>.)|"', re.DOTALL)
_LAST_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+"|,(?=\s*+[}\]])', re.DOTALL)


def _plain(text: str) -> str:
    """JSON5 as JSON: bare keys, both quotes, comments, last commas. Other liberties are refused.

    Source: https://spec.json5.org/.
    """

    def token(match: re.Match[str]) -> str:
        if match["key"]:
            return f'"{match["key"]}"'
        return f'"{_INSIDE.sub(escaped, match["text"][1:-1])}"' if match["text"] else ""

    def escaped(match: re.Match[str]) -> str:
        after = match["after"]
        if after in {"'", "\n"}:
            return after.strip()
        return match[0] if after else '\\"'

    def kept(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith('"') else ""

    return _LAST_COMMA.sub(kept, _JSON5.sub(token, text))


def _items(node: Node | None) -> tuple[Node, ...]:
    return tuple(node.items) if isinstance(node, Items) else ()
