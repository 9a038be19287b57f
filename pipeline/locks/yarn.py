"""`yarn.lock`: version 1, in Yarn's own notation, and the later ones ("berry"), in YAML.

Sources: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/ and
https://yarnpkg.com/configuration/yarnrc, with the locks that Yarn 1 to 4 write.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipeline.locks import draft as drafts
from pipeline.locks.node import (
    GROUPS,
    PUBLIC_REGISTRIES,
    beside,
    is_local,
    source_of,
    split,
    version_of,
)
from pipeline.locks.places import digest, from_folder, from_registry, integrity, spread
from pipeline.locks.pypi import table
from pipeline.locks.yamltext import parse
from pipeline.model import Gap, Location, Origin, Package, Source
from pipeline.tree import join

if TYPE_CHECKING:
    from pipeline.locks.draft import Draft
    from pipeline.locks.node import Manifest
    from pipeline.model import Lock
    from pipeline.tree import Tree

FORMAT = "yarn.lock"
ECOSYSTEM = "npm"

BERRY_VERSIONS = {str(version) for version in range(4, 11)}
"""Yarn 2 wrote 4, Yarn 3 wrote 5 and 6, Yarn 4 writes 7 and above."""

_VERSION_1 = re.compile(r"^# yarn lockfile v1\s*$", re.MULTILINE)
_WORD = r'(?:"(?:[^"\\]|\\.)*+"|[^\s",:][^\s",]*)'
_HEADER = re.compile(rf"(?:{_WORD}, )*{_WORD}:")
_FIELD = re.compile(rf"(?P<indent> +)(?P<key>{_WORD})(?: (?P<value>{_WORD}))?")
_PATTERN = re.compile(_WORD)

MAX_ROW = 100_000
"""Characters in a line of version 1; longer ones are not looked at."""
MAX_MEMBERS = 5000
"""Members of a workspace whose manifests are looked at."""


def matches(path: str) -> bool:
    """`yarn.lock` in any folder."""
    return path.rpartition("/")[2] == "yarn.lock"


def read(tree: Tree, path: str) -> Lock:
    """The lock at `path`.

    Manifests tell which packages are direct, and by which groups they come in: version 1 does
    not name the project, and no version tells what is for development only. Berry's checksum is
    of the archive that Yarn makes of a package, not of the file in the registry: it is kept as
    "yarn:hex".
    """
    return drafts.read(tree, path, FORMAT, ECOSYSTEM, _fill)


def _fill(draft: Draft) -> None:
    text = draft.text()
    if _VERSION_1.search(text):
        entries = _classic(draft, text)
        manifest = beside(draft.tree, draft.folder)
        starts = _asked(entries, manifest) if manifest else {}
        known = manifest is not None and not manifest.shared
    else:
        entries = _berry(draft, text)
        starts, known = _asked_by_members(draft, entries)
    _add(draft, entries, starts, known=known)


@dataclass(slots=True)
class _Entry:
    """One locked package, whatever the version: what asks for it, and what it asks for."""

    line: int | None
    patterns: list[str]
    name: str | None = None
    version: str | None = None
    source: Source = field(default_factory=Source)
    hashes: tuple[str, ...] = ()
    wanted: list[tuple[str, str]] = field(default_factory=list)
    conditions: str = ""


def _add(draft: Draft, entries: list[_Entry], starts: dict[int, set[str]], *, known: bool) -> None:
    """Add the packages; `known`: all that the project asks for is in `starts`."""
    by_pattern = _by_pattern(entries)
    edges = {
        number: [found for want in entry.wanted if (found := _find(by_pattern, *want)) is not None]
        for number, entry in enumerate(entries)
    }
    for number, entry in enumerate(entries):
        for pattern in entry.patterns:  # whoever asks for a package gets the patched one
            name, _, patched = pattern.partition("@patch:")
            before = by_pattern.get(unquote(patched.partition("#")[0])) if name else None
            if before is not None and before != number:
                edges[before].append(number)
    groups = spread(starts, edges)
    for number, entry in enumerate(entries):
        if entry.name is None:
            draft.miss("a package without a valid name", line=entry.line)
            continue
        own = entry.source.origin is Origin.WORKSPACE
        direct = True if number in starts else False if known else None
        draft.add(
            Package(
                ecosystem=ECOSYSTEM,
                name=entry.name,
                version=entry.version,
                location=Location(path=draft.path, line=entry.line),
                source=entry.source,
                hashes=entry.hashes,
                markers=entry.conditions,
                groups=() if own else tuple(sorted(groups.get(number, ()))),
                direct=None if own else direct,
            ),
            [
                (target.name, target.version)
                for target in (entries[found] for found in edges[number])
                if target.name
            ],
        )


def _by_pattern(entries: list[_Entry]) -> dict[str, int]:
    """The entries by what asks for them; what Yarn adds behind "::" nobody writes.

    Also by the name alone, where there is one of it: with `resolutions`, its range is another one
    than those that ask for it. https://yarnpkg.com/configuration/manifest#resolutions
    """
    named = Counter(entry.name for entry in entries)
    found: dict[str, int] = {}
    for number, entry in enumerate(entries):
        if entry.name and named[entry.name] == 1:
            found[entry.name] = number
        for pattern in entry.patterns:
            found[pattern] = number
            found.setdefault(pattern.partition("::")[0], number)
    return found


def _find(by_pattern: dict[str, int], name: str, wanted: str) -> int | None:
    """The entry for a dependency; Yarn 2 and 3 leave out the "npm:" that their keys have."""
    for pattern in (f"{name}@{wanted}", f"{name}@npm:{wanted}", name):
        if (found := by_pattern.get(pattern)) is not None:
            return found
    return None


def _asked(entries: list[_Entry], manifest: Manifest) -> dict[int, set[str]]:
    """What the manifest asks for, with the groups in which it does."""
    by_pattern = _by_pattern(entries)
    starts: dict[int, set[str]] = {}
    for group, names in manifest.wanted.items():
        for name, wanted in names.items():
            if (found := _find(by_pattern, name, wanted)) is not None:
                starts.setdefault(found, set()).add(group)
    return starts


# ------------------------------------------------------------------------------------ version 1


def _classic(draft: Draft, text: str) -> list[_Entry]:
    entries: list[_Entry] = []
    seen: set[str] = set()
    entry: _Entry | None = None
    fields: dict[str, str] = {}
    kind = ""
    for line, row in enumerate(text.split("\n"), start=1):
        row = row.removesuffix("\r")  # noqa: PLW2901 - the row without its end
        if not row.strip() or row.startswith("#"):
            continue
        if len(row) <= MAX_ROW and _HEADER.fullmatch(row):
            _finish(draft, entry, fields)
            entry, fields, kind = _Entry(line, _patterns(row)), {}, ""
            if not seen.isdisjoint(entry.patterns):
                draft.miss("a package that was already given", line=line)
            seen.update(entry.patterns)
            entries.append(entry)
            draft.bound(len(entries))
            continue
        part = _FIELD.fullmatch(row, 0, MAX_ROW)
        key, value = (_text(part["key"]), part["value"]) if part else ("", None)
        indent = len(part["indent"]) if part else 0
        if entry is None or indent not in {2, 4} or (indent == 4 and not kind):  # noqa: PLR2004
            draft.miss("a line that is no part of a package", line=line)
        elif indent == 2 and value is None and part and part["key"].endswith(":"):  # noqa: PLR2004
            kind = key
        elif value is None or (indent == 2 and key in fields):  # noqa: PLR2004 - of the package
            draft.miss("a line that is no part of a package", line=line)
        elif indent == 2:  # noqa: PLR2004 - of the package
            fields[key], kind = _text(value), ""
        elif kind in GROUPS:
            entry.wanted.append((key, _text(value)))
    _finish(draft, entry, fields)
    return entries


def _patterns(row: str) -> list[str]:
    return [_text(pattern) for pattern in _PATTERN.findall(row.removesuffix(":"))]


def _text(word: str) -> str:
    """A word without its quotation marks; a broken one stays as it is, which nothing matches."""
    if not word.startswith('"'):
        return word.removesuffix(":")
    try:
        return str(json.loads(word))
    except ValueError:
        return word


def _finish(draft: Draft, entry: _Entry | None, fields: dict[str, str]) -> None:
    """Make of the fields what the entry has to say."""
    if entry is None:
        return
    names = set()
    by_url = False
    place = fields.get("resolved", "")
    for pattern in entry.patterns:
        name, wanted = split(pattern)
        if wanted.startswith("npm:") and "@" in wanted[5:]:
            name, wanted = split(wanted.removeprefix("npm:"))
        names.add(name)
        by_url |= "://" in wanted
        if not place and is_local(wanted):
            place = wanted
    entry.name = names.pop() if len(names) == 1 else None
    entry.version = version_of(fields.get("version"))
    entry.source = source_of(place, draft.folder, asked_by_url=by_url)
    sha1 = place.rpartition("#")[2] if entry.source.origin is not Origin.VCS else ""
    entry.hashes = integrity(fields.get("integrity")) or digest("sha1", sha1)


# ---------------------------------------------------------------------------------------- berry


def _berry(draft: Draft, text: str) -> list[_Entry]:
    documents = parse(text, draft.path)
    data = documents[0].data if len(documents) == 1 else {}
    version = table(data.pop("__metadata", None)).get("version")
    if not isinstance(version, str) or version not in BERRY_VERSIONS:
        drafts.refuse(draft.path, "an unknown version of yarn.lock", Gap.UNSUPPORTED_INPUT)
    draft.bound(len(data))
    lines = documents[0].lines
    entries = []
    seen: set[str] = set()
    for key, fields in data.items():
        line = lines.get(("", key))
        if not isinstance(fields, dict):
            draft.miss("a package without content", line=line)
            continue
        patterns = key.split(", ")
        if not seen.isdisjoint(patterns):
            draft.miss("a package that was already given", line=line)
        seen.update(patterns)
        entries.append(_resolved(draft, _Entry(line, patterns), fields))
    return entries


def _resolved(draft: Draft, entry: _Entry, fields: dict[str, Any]) -> _Entry:
    resolution = fields.get("resolution")
    entry.name, place = split(resolution) if isinstance(resolution, str) else (None, "")
    source = _source(place, draft.folder)
    if source is None:
        draft.miss("a package from an unknown place", Gap.UNSUPPORTED_INPUT, line=entry.line)
        source = Source(origin=Origin.URL)
    entry.source = source
    entry.version = None if source.origin is Origin.WORKSPACE else version_of(fields.get("version"))
    checksum = fields.get("checksum")
    if isinstance(checksum, str):
        found = digest("sha512", checksum.rpartition("/")[2])
        entry.hashes = tuple(value.replace("sha512:", "yarn:") for value in found)
    conditions = fields.get("conditions")
    if isinstance(conditions, str) and "://" not in conditions:
        entry.conditions = conditions
    for kind in ("dependencies", "optionalDependencies"):
        for name, wanted in table(fields.get(kind)).items():
            if isinstance(wanted, str):
                entry.wanted.append((name, wanted))
    return entry


def _source(place: str, folder: str) -> Source | None:
    """The source that a resolution names, behind the name and the "@"; `None`: it names none.

    A patched package is the one that it was before, for all that advisories can tell.
    """
    if place.startswith("patch:"):
        return _source(split(unquote(place.removeprefix("patch:")).partition("#")[0])[1], folder)
    if place.startswith("npm:"):
        _, _, archive = place.partition("::__archiveUrl=")
        archive = unquote(archive.partition("&")[0])
        return from_registry(archive, PUBLIC_REGISTRIES) if archive else Source()
    if place.startswith("workspace:"):
        return from_folder(place, folder, own=True)
    if not place or not (is_local(place) or "://" in place or place.startswith("git@")):
        return None
    return source_of(place.partition("::")[0], folder, asked_by_url=True)


def _asked_by_members(draft: Draft, entries: list[_Entry]) -> tuple[dict[int, set[str]], bool]:
    """What the members of the workspace ask for, and whether the lock names any member.

    The lock says what they ask for, their manifests in which groups; "" where they cannot.
    """
    by_pattern = _by_pattern(entries)
    starts: dict[int, set[str]] = {}
    members = [entry for entry in entries if entry.source.origin is Origin.WORKSPACE]
    for entry in members[:MAX_MEMBERS]:
        manifest = beside(draft.tree, join(entry.source.url, ""))
        for name, wanted in entry.wanted:
            if (found := _find(by_pattern, name, wanted)) is not None:
                groups = manifest.groups(name) if manifest else set()
                starts.setdefault(found, set()).update(groups)
    return starts, bool(members) and len(members) <= MAX_MEMBERS
