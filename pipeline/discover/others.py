"""Package managers whose locks no reader knows: they are listed, so that nobody thinks all is read.

A manifest or a lock that is not recognised looks like a repository that takes nothing from
others. These are recognised by their names, and are gaps.
"""

from __future__ import annotations

import re

LOCKS = {
    "Cartfile.resolved": "Carthage",
    "Godeps.json": "Go",
    "Gopkg.lock": "Go",
    "Manifest.toml": "Julia",
    "Package.resolved": "SwiftURL",
    "Podfile.lock": "CocoaPods",
    "cabal.project.freeze": "Hackage",
    "conan.lock": "ConanCenter",
    "conda-lock.yml": "conda",
    "cpanfile.snapshot": "CPAN",
    "deno.lock": "Deno",
    "glide.lock": "Go",
    "mix.lock": "Hex",
    "packrat.lock": "CRAN",
    "paket.lock": "NuGet",
    "pixi.lock": "conda",
    "pubspec.lock": "Pub",
    "rebar.lock": "Hex",
    "renv.lock": "CRAN",
    "shard.lock": "Shards",
    "stack.yaml.lock": "Hackage",
}
"""Names of locks, and their ecosystems: OSV's name, where it has one."""

_ANY = re.compile("")
_TOML_TABLE = re.compile(r"^\s*\[[^\]]*dependencies[^\]]*\]", re.MULTILINE)
_SWIFT = re.compile(r"\.package\(")
_DENO = re.compile(r'"(?:npm:|jsr:|https?://)')
_VCPKG = re.compile(r'"dependencies"\s*:\s*\[\s*["{]')
_PUB = re.compile(r"^(?:dev_)?dependencies:[ \t]*(?:#.*)?$", re.MULTILINE)
_JULIA = re.compile(r"^\[deps\]", re.MULTILINE)
_R = re.compile(r"^(?:Depends|Imports|LinkingTo|Suggests):", re.MULTILINE)

MANIFESTS = {
    "Cartfile": ("Carthage", _ANY),
    "DESCRIPTION": ("CRAN", _R),
    "Gopkg.toml": ("Go", _ANY),
    "Package.swift": ("SwiftURL", _SWIFT),
    "Podfile": ("CocoaPods", _ANY),
    "Project.toml": ("Julia", _JULIA),
    "build.sbt": ("Maven", _ANY),
    "conanfile.py": ("ConanCenter", _ANY),
    "conanfile.txt": ("ConanCenter", _ANY),
    "cpanfile": ("CPAN", _ANY),
    "deno.json": ("Deno", _DENO),
    "deno.jsonc": ("Deno", _DENO),
    "deps.edn": ("Maven", _ANY),
    "gems.rb": ("RubyGems", _ANY),
    "ivy.xml": ("Maven", _ANY),
    "mix.exs": ("Hex", _ANY),
    "paket.dependencies": ("NuGet", _ANY),
    "pixi.toml": ("conda", _TOML_TABLE),
    "project.clj": ("Maven", _ANY),
    "pubspec.yaml": ("Pub", _PUB),
    "rebar.config": ("Hex", _ANY),
    "shard.yml": ("Shards", _PUB),
    "vcpkg.json": ("vcpkg", _VCPKG),
}
"""Names of manifests: the ecosystem, and what stands in one that may ask for something."""

_LIKE_REQUIREMENTS = re.compile(
    r"(?:.*[-_.])?(?:requirements?|reqs?|deps|dependencies|packages)(?:[-_.].*)?\.(?:txt|pip)"
    r"|requirements",
    re.IGNORECASE | re.DOTALL,
)
_REQUIREMENT = re.compile(
    rb"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?[ \t]*(?:(?:[=<>!~]=|[<>@]).*|[;#].*)?|-.*"
)


def may_be_requirements(name: str) -> bool:
    """Whether people call requirements files so; nothing but a look inside tells."""
    return _LIKE_REQUIREMENTS.fullmatch(name) is not None


def reads_like_requirements(content: bytes) -> bool:
    """Whether every line could be one of a requirements file, and one pins a version."""
    lines = [line.strip() for line in content.splitlines()]
    told = [line for line in lines if line and not line.startswith(b"#")]
    return any(b"==" in line for line in told) and all(map(_REQUIREMENT.fullmatch, told))
