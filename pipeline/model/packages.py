"""Packages: where they come from, what locks hold and what manifests ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from pipeline.model.places import Location, Unread


class Origin(StrEnum):
    """Where a locked package comes from."""

    REGISTRY = "registry"
    """The ecosystem's public registry, or the lock does not say otherwise."""
    INDEX = "index"
    """Another registry: its names need not mean what they mean in the public one."""
    VCS = "vcs"
    URL = "url"
    PATH = "path"
    WORKSPACE = "workspace"
    """The repository's own code: a root or member, not a dependency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a package comes from; `url` never carries credentials.

    `commit` is the full id of a commit in a version control system, as far as the lock tells.
    """

    origin: Origin = Origin.REGISTRY
    url: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One locked package: one version of one name, on one line.

    `ecosystem` is OSV's name for it ("PyPI", "npm", "crates.io"). `name` is normalised by the
    ecosystem's own rule (PEP 503 for PyPI). `hashes` are "algorithm:hex". `markers` is the text
    as written; no marker is ever evaluated, so every platform's packages are audited. `requires`
    names the packages this one depends on ("name", or "name==version" where a lock holds several
    versions). `direct` is `None` where the lock does not tell. `install_script`: installing it runs
    its code. `deprecated` is what its maintainers say about it, as far as the lock repeats it.
    `misnamed` is a file of the entry that by its own name belongs to another package or version.
    """

    ecosystem: str
    name: str
    version: str | None
    location: Location
    source: Source = Source()
    hashes: tuple[str, ...] = ()
    markers: str = ""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    direct: bool | None = None
    requires: tuple[str, ...] = ()
    install_script: bool = False
    deprecated: str = ""
    misnamed: str = ""

    @property
    def purl(self) -> str:
        """The package URL (ECMA-427), without qualifiers."""
        return purl(self.ecosystem, self.name, self.version)

    @property
    def key(self) -> str:
        """Identity within one lock: "name==version"."""
        return f"{self.name}=={self.version}" if self.version else self.name


_PURL_TYPE = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "RubyGems": "gem",
    "Packagist": "composer",
    "NuGet": "nuget",
    "Maven": "maven",
}


@lru_cache(maxsize=65536)
def purl(ecosystem: str, name: str, version: str | None) -> str:
    """The package URL of a package, percent-encoded as ECMA-427 asks.

    An npm scope and a Go module path keep their slashes as namespace separators; Maven's group
    ("group:artifact") is one.
    """
    kind = _PURL_TYPE.get(ecosystem, ecosystem.lower().replace(" ", "-"))
    parts = name.split(":" if ecosystem == "Maven" else "/")
    path = "/".join(quote(part, safe=".-_~", errors="replace") for part in parts)
    return f"pkg:{kind}/{path}" + (
        f"@{quote(version, safe='.-_~:', errors='replace')}" if version else ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lockfile as read. `files` are all files it was read from, nested ones included."""

    path: str
    format: str
    ecosystem: str
    digest: str
    packages: tuple[Package, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One package that a manifest asks for.

    `name` is normalised as in `Package`. `specifier` is in the words of the ecosystem (PEP 440,
    npm's ranges, Cargo's), "" for any version and wherever something but a registry serves it.
    `group` is "default" for what is needed at run time. `conditional`: only for some platforms,
    interpreters or users.
    """

    name: str
    specifier: str = ""
    group: str = "default"
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A file in which people write what a project needs.

    `declared` counts the dependencies it asks for; `None` where that cannot be told without
    running it (`setup.py`, dynamic metadata) or where no reader knows the format. `requires`
    names those whose names could be read. `name` is the project's own, where it is told.
    """

    path: str
    declared: int | None = None
    name: str = ""
    requires: tuple[Dependency, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with manifests of one ecosystem and the locks that belong to it.

    `path` is "." at the root. `locks` are paths, in the folder itself or in the workspace root
    above it; one that no reader knows has no `Lock` in the target.
    """

    path: str
    ecosystem: str
    manifests: tuple[Manifest, ...] = ()
    locks: tuple[str, ...] = ()
