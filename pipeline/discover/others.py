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
    "MODULE.bazel.lock": "Bazel",
    "Manifest.toml": "Julia",
    "Package.resolved": "SwiftURL",
    "Podfile.lock": "CocoaPods",
    "buf.lock": "Buf",
    "cabal.project.freeze": "Hackage",
    "conan.lock": "ConanCenter",
    "conda-lock.yml": "conda",
    "cpanfile.snapshot": "CPAN",
    "deno.lock": "Deno",
    "dub.selections.json": "DUB",
    "flake.lock": "Nix",
    "glide.lock": "Go",
    "jsonnetfile.lock.json": "Jsonnet",
    "maven_install.json": "Maven",
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
_BAZEL = re.compile(
    r"^\s*(?:bazel_dep|archive_override|git_override|use_extension|\w*(?:http|git)_\w+"
    r"|\w*maven_install|\w*_repositor(?:y|ies))\(",
    re.MULTILINE,
)
_BUF = re.compile(r"^deps:[ \t]*(?:#.*)?$", re.MULTILINE)
_GALAXY = re.compile(
    r"\A(?!(?s:.*?)^dependencies:)(?s:.*?)^(?:(?:collections|roles):|-[ \t]+(?:src|role|name):)",
    re.MULTILINE,
)
"""Helm's file of that name has `dependencies`."""
_NIX = re.compile(r"\binputs\b")
_JSON_TABLE = re.compile(r'"(?:devD|d)ependencies"\s*:\s*\{\s*"')
_ELM = re.compile(r'"(?:direct|dependencies)"\s*:\s*\{\s*"[^"/]+/')
_JSONNET = re.compile(r'"(?:git|remote)"\s*:')
_ZIG = re.compile(r"\.url\s*=")
_R = re.compile(r"^(?:Depends|Imports|LinkingTo|Suggests):", re.MULTILINE)

MANIFESTS = {
    "Cartfile": ("Carthage", _ANY),
    "DESCRIPTION": ("CRAN", _R),
    "Gopkg.toml": ("Go", _ANY),
    "MODULE.bazel": ("Bazel", _BAZEL),
    "Package.swift": ("SwiftURL", _SWIFT),
    "Podfile": ("CocoaPods", _ANY),
    "Project.toml": ("Julia", _JULIA),
    "WORKSPACE": ("Bazel", _BAZEL),
    "WORKSPACE.bazel": ("Bazel", _BAZEL),
    "bower.json": ("Bower", _JSON_TABLE),
    "buf.yaml": ("Buf", _BUF),
    "build.sbt": ("Maven", _ANY),
    "build.zig.zon": ("Zig", _ZIG),
    "conanfile.py": ("ConanCenter", _ANY),
    "conanfile.txt": ("ConanCenter", _ANY),
    "cpanfile": ("CPAN", _ANY),
    "deno.json": ("Deno", _DENO),
    "deno.jsonc": ("Deno", _DENO),
    "deps.edn": ("Maven", _ANY),
    "dub.json": ("DUB", _JSON_TABLE),
    "elm.json": ("Elm", _ELM),
    "flake.nix": ("Nix", _NIX),
    "gems.rb": ("RubyGems", _ANY),
    "ivy.xml": ("Maven", _ANY),
    "jsonnetfile.json": ("Jsonnet", _JSONNET),
    "mix.exs": ("Hex", _ANY),
    "paket.dependencies": ("NuGet", _ANY),
    "pixi.toml": ("conda", _TOML_TABLE),
    "project.clj": ("Maven", _ANY),
    "pubspec.yaml": ("Pub", _PUB),
    "rebar.config": ("Hex", _ANY),
    "requirements.yaml": ("Galaxy", _GALAXY),
    "requirements.yml": ("Galaxy", _GALAXY),
    "shard.yml": ("Shards", _PUB),
    "vcpkg.json": ("vcpkg", _VCPKG),
}
"""Names of manifests: the ecosystem, and what stands in one that may ask for something."""

SHARED = frozenset({"WORKSPACE", "requirements.yaml", "requirements.yml"})
"""Names of manifests that other tools use, too: without what marks one, the file is none."""

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
