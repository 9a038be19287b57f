"""The SBOM of a part: its locks as a CycloneDX document (https://cyclonedx.org/specification/).

What a tool made of the same packages is taken over component by component and completed: hashes,
dependency graph, sources, markers and groups come from the lock. What nobody knows is declared
unknown by a property, never passed over in silence.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.model import Origin, Target
from pipeline.sbom import Json
from pipeline.sbom.identity import as_address, as_vcs, bare, identify
from pipeline.sbom.parts import has_graph, is_own, name_member, name_part
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Lock, Package
    from pipeline.sbom.parts import Part


PREFIX = "supply-chain:"
"""Namespace of our property names."""

UNKNOWN = PREFIX + "unknown"
"""The property that declares an element of the SBOM unknown; its value names the element."""

_ALGORITHMS = {
    "md5": ("MD5", 32),
    "sha1": ("SHA-1", 40),
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
    "nuget": ("SHA-512", 128),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a document says beside its components.

    `made` is the day that stands as its time, so that equal inputs give equal bytes. `tools` are
    CycloneDX components. `known` is what tools made of packages, by bare package URL; `dropped`
    are those that a tool was to make and did not. `licences` holds the entry for each release whose
    licence its public registry tells, by bare package URL.
    """

    target: Target
    made: date
    tools: tuple[Json, ...] = ()
    known: Mapping[str, Json] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    licences: Mapping[str, Json] = field(default_factory=dict)


def write(part: Part, about: Circumstances) -> Json:
    """The document of a part, without serial number and specification version."""
    root = _root(part, about)
    components: dict[str, Json] = {root["bom-ref"]: root}
    graph = _Graph()
    for lock in part.locks:
        refs = _references(lock, about, root["bom-ref"])
        for package in refs:
            if refs[package] != root["bom-ref"]:
                made = _own(package, refs[package]) if is_own(package) else _taken(package, about)
                held = components.get(refs[package])
                components[refs[package]] = join(held, made) if held else made
        graph.add(lock, refs, root["bom-ref"])
    del components[root["bom-ref"]]
    return {
        "bomFormat": "CycloneDX",
        "version": 1,
        "metadata": metadata(root, about),
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": graph.dependencies(),
        "compositions": graph.compositions(),
    }


def metadata(root: Json, about: Circumstances) -> Json:
    """The block about the document itself. Who its author is, no repository says."""
    git = about.target.git
    properties = [{"name": UNKNOWN, "value": "author"}]
    if git and git.dirty:
        properties.append({"name": PREFIX + "uncommitted-changes", "value": "true"})
    return {
        "timestamp": f"{about.made.isoformat()}T00:00:00Z",
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": list(about.tools)},
        "component": root,
        "properties": properties,
    }


def describe_root(name: str, purl: str, about: Circumstances) -> Json:
    """The component that a document is about: the repository or a part of it."""
    git = about.target.git
    root: Json = {
        "type": "application",
        "bom-ref": purl,
        "name": plain(name, limit=200) or "repository",
        "purl": purl,
    }
    if git and git.commit:
        root["version"] = git.commit
    if git and git.remote and (address := as_address(as_vcs(git.remote))):
        root["externalReferences"] = [{"type": "vcs", "url": address}]
    return _complete(root)


def join(one: Json, other: Json) -> Json:
    """Two descriptions of one component: lists are united, and the first one's words stand."""
    return _complete(_united(one, other))


def _united(one: Json, other: Json) -> Json:
    found = {**other, **one}
    for key in ("hashes", "externalReferences", "properties", "authors"):
        if key in one and key in other:
            found[key] = unique((*one[key], *other[key]))
    if "licenses" in one and "licenses" in other and not one["licenses"]:
        found["licenses"] = other["licenses"]
    return found


def conflict(one: Json, other: Json) -> str:
    """The first algorithm by which two descriptions of a component have no hash in common."""
    values = [_hashes(one), _hashes(other)]
    shared = sorted(values[0].keys() & values[1].keys())
    return next((name for name in shared if not values[0][name] & values[1][name]), "")


def _hashes(component: Json) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for item in component.get("hashes", ()):
        found[item["alg"]].add(item["content"].lower())
    return found


# ------------------------------------------------------------------------------- components


def _root(part: Part, about: Circumstances) -> Json:
    """The part itself, by the name its own manifest gives it where the lock repeats that."""
    named = about.target.name if part.path == "." else part.path
    own = [package for lock in part.locks for package in lock.packages if _is_root(package, lock)]
    root = describe_root(own[0].name if own else named, name_part(part, about.target), about)
    if own and own[0].version:
        root["version"] = plain(own[0].version, limit=500)
    properties = [(f"{PREFIX}path", part.path), (f"{PREFIX}ecosystem", part.ecosystem)]
    properties += [(f"{PREFIX}lock", f"{lock.path} {lock.digest}".strip()) for lock in part.locks]
    root["properties"] = [*root["properties"], *_properties(properties)]
    return _complete(root)


def _is_root(package: Package, lock: Lock) -> bool:
    """Whether a lock's own package is the project beside the lock."""
    if not is_own(package):
        return False
    url = package.source.url
    folder = lock.path.rpartition("/")[0] or "."
    return url == folder or (not url and sum(map(is_own, lock.packages)) == 1)


def _references(lock: Lock, about: Circumstances, root: str) -> dict[Package, str]:
    """The reference by which each package of a lock goes."""
    found = {}
    for package in lock.packages:
        if _is_root(package, lock):
            found[package] = root
        elif is_own(package):
            found[package] = name_member(package, lock, about.target)
        elif bare(package.purl) not in about.dropped:
            found[package] = identify(package)
    return found


def _own(package: Package, ref: str) -> Json:
    """A member of the repository's own workspace."""
    made: Json = {
        "type": "application",
        "bom-ref": ref,
        "name": plain(package.name, limit=500),
        "purl": ref,
        "properties": _properties([(f"{PREFIX}origin", "workspace"), _place(package)]),
    }
    if package.version:
        made["version"] = plain(package.version, limit=500)
    return _complete(made)


def _taken(package: Package, about: Circumstances) -> Json:
    """A package that the repository takes from somebody else."""
    ref = identify(package)
    group, colon, name = package.name.partition(":")
    has_group = bool(colon) and package.ecosystem == "Maven"
    made: Json = {
        "type": "library",
        "bom-ref": ref,
        "name": plain(name if has_group else package.name, limit=500),
        "purl": ref,
        "properties": _properties(_told(package)),
    }
    if has_group:
        made["group"] = plain(group, limit=500)
    if package.version:
        made["version"] = plain(package.version, limit=500)
    if hashes := unique(filter(None, map(_hash, package.hashes))):
        made["hashes"] = hashes
    if address := as_address(package.source.url):
        kind = "vcs" if package.source.origin is Origin.VCS else "distribution"
        if package.source.origin is not Origin.INDEX:
            made["externalReferences"] = [{"type": kind, "url": address}]
    if known := about.known.get(bare(ref)):
        # Tools take every package for one of the public index.
        is_elsewhere = package.source.origin is Origin.INDEX
        adopted = {key: _harmless(known[key]) for key in _ADOPTED if key in known}
        if is_elsewhere:
            adopted.pop("externalReferences", None)
        made = _united(made, adopted)
    # A fork or a private package of the same name may have another licence.
    is_public = package.source.origin is Origin.REGISTRY
    if is_public and not made.get("licenses") and (entry := about.licences.get(bare(ref))):
        made["licenses"] = [entry]
    return _complete(made)


_ADOPTED = ("externalReferences", "licenses", "scope")
"""What is taken over from a tool's component; the rest is the lock's to say."""


def _harmless(value: Any) -> Any:
    """What a tool repeats of a manifest may hold any character."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {key: _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, list) else value


def _told(package: Package) -> Iterator[tuple[str, str]]:
    """What the lock says of a package, as names and values of properties."""
    yield _place(package)
    yield f"{PREFIX}origin", package.source.origin.value
    if package.direct is not None:
        yield f"{PREFIX}direct", "true" if package.direct else "false"
    if package.install_script:
        yield f"{PREFIX}install-script", "true"
    for name, value in (("marker", package.markers), ("deprecated", package.deprecated)):
        if value:
            yield PREFIX + name, value
    for name, values in (("extra", package.extras), ("group", package.groups)):
        for value in values:
            yield PREFIX + name, value
    for value in package.hashes:
        # These are digests of something else than the bytes that are downloaded.
        if value.startswith(("h1:", "nuget:", "yarn:")):
            yield f"{PREFIX}hash", value


def _place(package: Package) -> tuple[str, str]:
    place = package.location
    return f"{PREFIX}location", f"{place.path}:{place.line}" if place.line else place.path


def _hash(text: str) -> Json | None:
    """A lock's hash in CycloneDX's words; `None` for one that it has no word for.

    Go's "h1" is the SHA-256 of a list of the module's files, as cyclonedx-gomod writes it too.
    """
    kind, _, value = text.partition(":")
    if kind == "h1":
        try:
            kind, value = "sha256", base64.b64decode(value, validate=True).hex()
        except binascii.Error:
            return None
    name, digits = _ALGORITHMS.get(kind, ("", 0))
    if not name or not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value):
        return None
    return {"alg": name, "content": value.lower()}


def _complete(component: Json) -> Json:
    """The component with its unknowns declared, and its lists in order."""
    lacking = {
        "producer": not (component.get("manufacturer") or component.get("authors")),
        "version": not component.get("version"),
        "hash": not component.get("hashes"),
        "license": not component.get("licenses"),
    }
    kept = [
        item
        for item in component.get("properties", ())
        if item["name"] != UNKNOWN or lacking.get(item["value"], True)
    ]
    declared = [
        {"name": UNKNOWN, "value": name} for name, is_lacking in lacking.items() if is_lacking
    ]
    return {**component, "properties": unique((*kept, *declared))}


def _properties(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": plain(value)} for name, value in pairs]


def unique(items: Iterable[Json]) -> list[Json]:
    """Each item once, in one order."""
    listed = list(items)
    if len(listed) < 2:  # noqa: PLR2004 - nothing to order
        return listed
    found = {repr(sorted(item.items())): item for item in listed}
    return [found[key] for key in sorted(found)]


# ------------------------------------------------------------------------------------- graph


class _Graph:
    """Who depends on whom, and of whom that is not known."""

    def __init__(self) -> None:
        self.edges: dict[str, set[str]] = defaultdict(set)
        self.vague: set[str] = set()
        """References whose dependencies nobody recorded."""
        self.known: set[str] = set()
        self.unread: set[str] = set()

    def add(self, lock: Lock, refs: Mapping[Package, str], root: str) -> None:
        """The edges of one lock."""
        named: dict[str, set[str]] = defaultdict(set)
        for package in refs:
            named[package.key].add(refs[package])
            named[package.name].add(refs[package])
        is_known = has_graph(lock)
        wanted: set[str] = set()
        for package in refs:
            ref = refs[package]
            targets = {to for key in package.requires for to in named.get(key, ())} - {ref}
            self.edges[ref] |= targets
            if ref != root:
                wanted |= targets
                (self.known if is_known else self.vague).add(ref)
        for package in refs:
            ref = refs[package]
            # Where nothing tells what the project asks for itself, it is what nobody else does; and
            # where no edges are told, nothing may hang in the air.
            is_direct = package.direct or is_own(package)
            is_loose = package.direct is None or not is_known
            if is_direct or (is_loose and ref not in wanted):
                self.edges[root].add(ref)
        self.edges[root] -= {root}
        if lock.unread:
            self.unread.add(root)

    def dependencies(self) -> list[Json]:
        """An entry for everything whose dependencies are known, or in part."""
        self.vague -= self.known
        return [
            {"ref": ref, "dependsOn": sorted(targets)} if targets else {"ref": ref}
            for ref, targets in sorted(self.edges.items())
            if targets or ref not in self.vague
        ]

    def compositions(self) -> list[Json]:
        """How complete the graph is: said of each reference of which it is not complete."""
        self.vague -= self.known
        partly = {ref for ref in self.vague if self.edges[ref]} | self.unread
        found = []
        for aggregate, refs in (("incomplete", partly), ("unknown", self.vague - partly)):
            if refs:
                found.append({"aggregate": aggregate, "dependencies": sorted(refs)})
        if self.unread:
            found[0]["assemblies"] = sorted(self.unread)
        return found
