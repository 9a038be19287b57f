"""`Gemfile.lock`, as Bundler 1 to 4 write it: https://bundler.io/man/gemfile.5.html.

Sections start at the margin; what a section has is indented by 2, a gem in it by 4, what a gem
asks for by 6 spaces. `CHECKSUMS` came with Bundler 2.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.locks import draft as drafts
from pipeline.locks.draft import Edge
from pipeline.locks.places import digest, from_folder, is_on
from pipeline.locks.pypi import from_url
from pipeline.model import Location, Origin, Package, Source
from pipeline.text import without_credentials

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "Gemfile.lock"
ECOSYSTEM = "RubyGems"

_SOURCES = {"GEM", "GIT", "PATH", "PLUGIN SOURCE"}
_OTHERS = {"PLATFORMS", "DEPENDENCIES", "CHECKSUMS", "RUBY VERSION", "BUNDLED WITH"}
_PUBLIC = frozenset({"rubygems.org", "index.rubygems.org"})

_NAME = r"(?P<name>[A-Za-z0-9_.][A-Za-z0-9_.-]*)"
_VERSION = r"(?P<version>\d[0-9A-Za-z.]*)(?:-(?P<platform>[A-Za-z0-9_.-]+))?"
_FIELD = re.compile(r"  (?P<key>[a-z_]+):(?: (?P<value>.*))?")
_GEM = re.compile(rf"    {_NAME} \({_VERSION}\)")
_WANTED = re.compile(rf"      {_NAME}!?(?: \([^()]*\))?")
_DECLARED = re.compile(rf"  {_NAME}!?(?: \([^()]*\))?")
_CHECKSUM = re.compile(rf"  {_NAME} \({_VERSION}\)(?: (?P<hashes>\S+))?")


def matches(path: str) -> bool:
    """`Gemfile.lock` and its new name `gems.locked`, and the lock of another gemfile."""
    name = path.rpartition("/")[2]
    return name in {"Gemfile.lock", "gems.locked"} or name.endswith(".gemfile.lock")


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`: one package for each gem and platform, which stands in `markers`.

    A folder named "." is the project's own gem; other folders hold gems of which nobody can say
    that they are what their names say.
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


@dataclass(slots=True)
class _Gem:
    name: str
    version: str
    platform: str
    line: int
    section: _Section
    wanted: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class _Section:
    """A section as far as its gems depend on it."""

    title: str = ""
    remotes: list[str] = field(default_factory=list)
    revision: str | None = None


def _fill(draft: Draft) -> None:
    reading = _Reading()
    for line, row in enumerate(draft.text().split("\n"), start=1):
        if row.strip() and not reading.take(row.rstrip(), line):
            draft.miss("a line that is not understood", line=line)
    if not (reading.gems or reading.declared or draft.unread):
        drafts.refuse(draft.path, "no section that a lock has")
    for gem in reading.gems:
        _package(draft, gem, reading)


@dataclass(slots=True)
class _Reading:
    """What was read so far, and the section that is being read."""

    section: _Section = field(default_factory=_Section)
    gems: list[_Gem] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    hashes: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)

    def take(self, row: str, line: int) -> bool:
        """Keep what a row says; whether it was understood."""
        if not row.startswith(" "):
            self.section = _Section(row)
            return row in _SOURCES | _OTHERS
        if self.section.title in _SOURCES:
            return self._take_gem(row, line)
        if self.section.title == "DEPENDENCIES":
            wanted = _DECLARED.fullmatch(row)
            self.declared |= {wanted["name"]} if wanted else set()
            return wanted is not None
        if self.section.title == "CHECKSUMS":
            found = _CHECKSUM.fullmatch(row)
            if found:
                key = (found["name"], found["version"], found["platform"] or "")
                self.hashes[key] = _hashes(found["hashes"] or "")
            return found is not None
        return True

    def _take_gem(self, row: str, line: int) -> bool:
        section, gems = self.section, self.gems
        if found := _GEM.fullmatch(row):
            platform = found["platform"] or ""
            gems.append(_Gem(found["name"], found["version"], platform, line, section))
        elif (found := _WANTED.fullmatch(row)) and gems and gems[-1].section is section:
            gems[-1].wanted.append((found["name"], None))
        elif found := _FIELD.fullmatch(row):
            if found["key"] == "remote":
                section.remotes.append(found["value"] or "")
            elif found["key"] == "revision":
                section.revision = found["value"]
        else:
            return False
        return True


def _hashes(text: str) -> tuple[str, ...]:
    """The hashes of a gem are written "sha256=hex", several with commas."""
    return tuple(
        found
        for part in text.split(",")
        for algorithm, _, value in [part.partition("=")]
        for found in digest(algorithm, value)
    )


def _package(draft: Draft, gem: _Gem, reading: _Reading) -> None:
    source = _source(draft, gem)
    own = source.origin is Origin.WORKSPACE
    draft.add(
        Package(
            ecosystem=ECOSYSTEM,
            name=gem.name,
            version=gem.version,
            location=Location(path=draft.path, line=gem.line),
            source=source,
            hashes=reading.hashes.get((gem.name, gem.version, gem.platform), ()),
            markers=gem.platform,
            direct=None if own else gem.name in reading.declared,
        ),
        gem.wanted,
    )


def _source(draft: Draft, gem: _Gem) -> Source:
    """Of several remotes any may serve a gem, so that all must be the public registry."""
    remotes = gem.section.remotes
    first = remotes[0] if remotes else ""
    if gem.section.title == "GIT":
        return from_url(first, vcs=True, commit=gem.section.revision)
    if gem.section.title == "PATH":
        return from_folder(first, draft.folder, own=first == ".")
    if gem.section.title == "PLUGIN SOURCE":
        return from_url(first)
    other = next((remote for remote in remotes if not is_on(remote, _PUBLIC)), None)
    for remote in remotes:
        if not is_on(remote, _PUBLIC) and (shown := without_credentials(remote)):
            draft.indexes.add(shown)
    return (
        Source() if other is None else Source(origin=Origin.INDEX, url=without_credentials(other))
    )
