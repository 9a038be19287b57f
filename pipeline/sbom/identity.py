"""What a component is called: its package URL with everything that tells it from its namesakes.

Package URLs are ECMA-427 (https://github.com/package-url/purl-spec).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pipeline.model import Origin

if TYPE_CHECKING:
    from pipeline.model import Git, Package

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!$%&-;=?@A-Z_a-z~]+")
_SCP = re.compile(r"(git@[\w.-]+):([\w./~-]+)", re.ASCII)
_QUALIFIER = {Origin.INDEX: "repository_url", Origin.VCS: "vcs_url", Origin.URL: "download_url"}


def identify(package: Package) -> str:
    """The package URL of a locked package, qualified by where it comes from.

    Of a package that comes from a folder, the subpath names the folder: its name need not mean
    what it means in the registry.
    """
    origin, url = package.source.origin, package.source.url
    if origin is Origin.PATH:
        return package.purl + _subpath(url)
    if origin not in _QUALIFIER or not url:
        return package.purl
    if origin is Origin.VCS:
        url = as_vcs(url)
    # Python's locks name one and the same default index in full.
    return f"{package.purl}?{_QUALIFIER[origin]}={quote(url, safe=':/.-_~', errors='replace')}"


def identify_own(name: str, git: Git | None, path: str) -> str:
    """The package URL of the repository, or of the part of it in the folder `path`.

    The commit is its version, and its remote says where it can be had.
    """
    commit = f"@{git.commit}" if git and git.commit else ""
    remote = ""
    if git and git.remote:
        remote = f"?vcs_url={quote(as_vcs(git.remote), safe=':/.-_~', errors='replace')}"
    called = quote(name, safe=".-_~", errors="replace") or "repository"
    return f"pkg:generic/{called}{commit}{remote}{_subpath(path)}"


@lru_cache(maxsize=65536)
def bare(purl: str) -> str:
    """`purl` without qualifiers and subpath, in one spelling: how tools name it differs."""
    path = re.split(r"[?#]", purl, maxsplit=1)[0]
    head, at, version = path.rpartition("@")
    if not at or "/" in version:
        head, version = path, ""
    parts = [quote(unquote(part), safe=".-_~", errors="replace") for part in head.split("/")]
    parts[0] = unquote(parts[0]).lower()
    spelled = "/".join(parts)
    if parts[0] == "pkg:pypi":
        spelled = re.sub(r"[-_.]+", "-", spelled).lower()
    version = quote(unquote(version), safe=".-_~:", errors="replace")
    return f"{spelled}@{version}" if version else spelled


def as_vcs(url: str) -> str:
    """`url` in the form of purl's `vcs_url`: "git+https://host/path"."""
    if found := _SCP.fullmatch(url):
        return f"git+ssh://{found[1]}/{found[2]}"
    return url if "+" in url.partition("://")[0] or not url else f"git+{url}"


def as_address(url: str) -> str:
    """`url` if every reader takes it for one, else "". The text may come from anywhere."""
    bad_escape = re.search(r"%(?![0-9A-Fa-f]{2})", url)
    return url if _ADDRESS.fullmatch(url) and not bad_escape else ""


def _subpath(path: str) -> str:
    parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
    return "".join(
        f"{'/' if number else '#'}{quote(part, safe='.-_~', errors='replace')}"
        for number, part in enumerate(parts)
    )
