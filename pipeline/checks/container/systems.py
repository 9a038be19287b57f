"""Which part of Trivy's database speaks of an operating system, or of a language's packages.

For a release that the database does not hold, Trivy finds nothing and says nothing. So what a
scan listed is held against the names of the sources that the database has.

Sources: trivy-db, pkg/vulnsrc/bucket/bucket.go; Trivy 0.74.0, pkg/detector/ospkg/*/*.go and
pkg/detector/library/driver.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.checks.container.scan import OS

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.checks.container.scan import Found

_MAJOR = {
    "debian": "debian {}",
    "rocky": "rocky {}",
    "alma": "alma {}",
    "oracle": "Oracle Linux {}",
}
_MINOR = {
    "alpine": "alpine {}",
    "ubuntu": "ubuntu {}",
    "azurelinux": "Azure Linux {}",
    "cbl-mariner": "CBL-Mariner {}",
}
_WHOLE = {
    "photon": "Photon OS {}",
    "opensuse-leap": "openSUSE Leap {}",
    "sles": "SUSE Linux Enterprise {}",
    "slem": "SUSE Linux Enterprise Micro {}",
}
_ROLLING = {
    "wolfi": "wolfi",
    "chainguard": "chainguard",
    "echo": "echo",
    "minimos": "minimos",
    "bottlerocket": "bottlerocket",
    "redhat": "Red Hat",
    "centos": "Red Hat",
    "opensuse-tumbleweed": "openSUSE Tumbleweed",
}
_LANGUAGES = {
    **dict.fromkeys(("gemspec", "bundler"), "rubygems"),
    **dict.fromkeys(("rustbinary", "cargo"), "cargo"),
    **dict.fromkeys(("composer", "composer-vendor"), "composer"),
    **dict.fromkeys(("gobinary", "gomod"), "go"),
    **dict.fromkeys(("jar", "pom", "gradle", "sbt"), "maven"),
    **dict.fromkeys(("node-pkg", "npm", "yarn", "pnpm", "bun", "javascript"), "npm"),
    **dict.fromkeys(("dotnet-core", "nuget", "packages-props"), "nuget"),
    **dict.fromkeys(("python-pkg", "pip", "pipenv", "poetry", "uv", "pylock"), "pip"),
    **dict.fromkeys(("bitnami",), "bitnami"),
    **dict.fromkeys(("pub",), "pub"),
    **dict.fromkeys(("hex",), "erlang"),
    **dict.fromkeys(("conan",), "conan"),
    **dict.fromkeys(("swift",), "swift"),
    **dict.fromkeys(("cocoapods",), "cocoapods"),
    **dict.fromkeys(("julia",), "julia"),
}


_VERSIONS = {
    # https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
    "debian": re.compile(r"(?:[0-9]+:)?[0-9][A-Za-z0-9.+:~-]*"),
    "ubuntu": re.compile(r"(?:[0-9]+:)?[0-9][A-Za-z0-9.+:~-]*"),
    # apk-tools, src/version.c
    "alpine": re.compile(
        r"[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*"
        r"(?:~[0-9a-f]+)?(?:-r[0-9]+)?"
    ),
}


def can_order(family: str, package: Found) -> bool:
    """Whether Trivy can order a package's version; one that it cannot is passed over silently."""
    form = _VERSIONS.get(family)
    if package.kind != OS or form is None:
        return True
    return form.fullmatch(package.version) is not None


def system(family: str, release: str) -> str:
    """The source for a release of an operating system; "" where Trivy knows none."""
    numbers = re.findall(r"[0-9]+", release)
    if family in _ROLLING:
        return _ROLLING[family]
    if family == "amazon":
        found = numbers[0] if numbers else ""
        return f"amazon linux {found if found in {'2', '2022', '2023'} else '1'}"
    if not numbers:
        return ""
    if family in _MAJOR:
        return _MAJOR[family].format(numbers[0])
    if family in _MINOR:
        return _MINOR[family].format(".".join(numbers[:2]))
    return _WHOLE[family].format(release) if family in _WHOLE else ""


def knows_system(family: str, release: str, sources: Collection[str]) -> bool:
    """Whether the database speaks of a release."""
    name = system(family, release)
    return bool(name) and name in sources


def knows_language(kind: str, sources: Collection[str]) -> bool:
    """Whether the database speaks of the packages that Trivy calls `kind`."""
    name = _LANGUAGES.get(kind)
    return name is not None and any(source.startswith(f"{name}::") for source in sources)
