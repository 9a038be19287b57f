"""The settings of a bot that proposes updates, for the ecosystems found, each with a cool-down.

Sources: https://docs.github.com/en/code-security/dependabot/working-with-dependabot/
dependabot-options-reference, and https://docs.renovatebot.com/configuration-options/.
"""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pipeline.model import Policy
from pipeline.starters.blocks import append
from pipeline.text import plain
from pipeline.yamltree import Items, Scalar, Table, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Target

DEPENDABOT = ".github/dependabot.yml"
RENOVATE = "renovate.json"

_MANAGERS = {
    "Go": "gomod",
    "crates.io": "cargo",
    "RubyGems": "bundler",
    "Packagist": "composer",
    "NuGet": "nuget",
}
"""OSV's ecosystems -> Dependabot's, where it has one."""


class Watched(NamedTuple):
    """A folder in which Dependabot looks for updates of one kind."""

    ecosystem: str
    folder: str


def dependabot(target: Target) -> str:
    """`.github/dependabot.yml` for everything that was found, and for the workflows themselves."""
    entries = "".join(_entries(watched(target)))
    indented = "".join(f"  {line}\n" for line in entries.splitlines())
    return (
        "# Updates wait for a week: most malicious releases are removed within days.\n"
        f"version: 2\nupdates:\n{indented}"
    )


def dependabot_with(text: str, target: Target) -> str | None:
    """The file `text` with entries for what it does not watch yet; unchanged if there is nothing.

    `None` where entries cannot be added without rewriting what is there.
    """
    root = compose(text, DEPENDABOT, aliases=True)
    updates = root.get("updates") if isinstance(root, Table) else None
    there = set(_there(updates)) if isinstance(updates, Items) else set()
    missing = "".join(_entries(one for one in watched(target) if one not in there))
    return append(text, "updates", missing) if missing else text


def renovate() -> str:
    """`renovate.json`: Renovate finds the ecosystems by itself."""
    days = Policy().cool_down_days
    settings = {
        "$schema": "https://docs.renovatebot.com/renovate-schema.json",
        "extends": ["config:recommended", "helpers:pinGitHubActionDigests", "docker:pinDigests"],
        "minimumReleaseAge": f"{days} days",
        "internalChecksFilter": "strict",
        "lockFileMaintenance": {"enabled": True},
        "pre-commit": {"enabled": True},
    }
    return json.dumps(settings, indent=2) + "\n"


def watched(target: Target) -> tuple[Watched, ...]:
    """What Dependabot is to look after, sorted: the workflows in any case.

    A folder whose name cannot be written in its settings is left out.
    """
    found = {Watched("github-actions", "/")}
    locked = set()
    for lock in target.locks:
        name = lock.path.rpartition("/")[2]
        found.update(_watched(lock.ecosystem, name, lock.path))
        locked.add(lock.path)
    for project in target.projects:
        if not locked.intersection(project.locks):
            for manifest in project.manifests:
                name = manifest.path.rpartition("/")[2]
                found.update(_watched(project.ecosystem, name, manifest.path))
    for path in (*target.dockerfiles, *target.kubernetes):
        found.add(Watched("docker", _folder(path)))
    found.update(Watched("docker-compose", _folder(path)) for path in target.compose)
    found.update(Watched("terraform", _folder(path)) for path in target.terraform)
    return tuple(sorted(one for one in found if plain(one.folder) == one.folder))


def _watched(ecosystem: str, name: str, path: str) -> Iterator[Watched]:
    manager = _MANAGERS.get(ecosystem)
    if ecosystem == "PyPI":
        manager = "uv" if name == "uv.lock" else "pip"
    elif ecosystem == "npm":
        manager = "bun" if name.startswith("bun.lock") else "npm"
    elif ecosystem == "Maven":
        manager = "maven" if name == "pom.xml" else "gradle"
    if manager:
        yield Watched(manager, _folder(path))


def _folder(path: str) -> str:
    return "/" + path.rpartition("/")[0]


def _entries(wanted: Iterable[Watched]) -> Iterator[str]:
    """One entry for each ecosystem, with all of its folders."""
    for ecosystem, group in groupby(wanted, key=attrgetter("ecosystem")):
        # A JSON string is a YAML string (YAML 1.2, 1.2 "Relation to JSON"): a folder is any name.
        folders = [json.dumps(one.folder, ensure_ascii=False) for one in group]
        several = "".join(f"    - {folder}\n" for folder in folders)
        place = f"directories:\n{several}" if len(folders) > 1 else f"directory: {folders[0]}\n"
        yield (
            f"- package-ecosystem: {ecosystem}\n"
            f"  {place}"
            "  schedule:\n"
            "    interval: weekly\n"
            "  cooldown:\n"
            f"    default-days: {Policy().cool_down_days}\n"
            "  groups:\n"
            "    all:\n"
            '      patterns: ["*"]\n'
        )


def _there(updates: Items) -> Iterator[Watched]:
    for entry in updates.items:
        if isinstance(entry, Table):
            folders = [entry.text("directory")]
            several = entry.get("directories")
            if isinstance(several, Items):
                folders += [one.text for one in several.items if isinstance(one, Scalar)]
            for folder in folders:
                yield Watched(entry.text("package-ecosystem"), "/" + folder.strip("/"))
