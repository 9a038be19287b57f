"""Where do locked packages come from, and may they?"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.checks.lockfiles.rules import NAMED, found
from pipeline.locks.pypi import is_public
from pipeline.model import Location, Origin, Severity
from pipeline.policy import some
from pipeline.text import is_in_clear

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pipeline.model import Finding, InstallerSettings, Lock, Package, Policy, Target

PUBLIC = {
    "PyPI": ("pypi.org", "files.pythonhosted.org", "pypi.python.org"),
    "npm": ("registry.npmjs.org", "registry.yarnpkg.com"),
    "Go": ("proxy.golang.org",),
    "crates.io": ("crates.io", "static.crates.io", "index.crates.io"),
    "RubyGems": ("rubygems.org", "index.rubygems.org"),
    "Packagist": ("packagist.org", "repo.packagist.org"),
    "NuGet": ("api.nuget.org",),
    "Maven": ("repo.maven.apache.org", "repo1.maven.org"),
}
"""The hosts of each ecosystem's public registry; a policy that names the first allows them all."""

_PLAIN = {"http", "git", "ftp", "git+http", "svn", "svn+http", "hg+http", "bzr+http"}
_HIDES_COMMITS = {"bun.lock"}
"""Formats that write commits in a short form, which no rule can tell from a branch."""

_FROM_REGISTRY = {Origin.REGISTRY, Origin.INDEX}


def findings(target: Target, lock: Lock, policy: Policy) -> Iterator[Finding]:
    """What is wrong with the places that a lock takes packages from."""
    yield from _plain_http(lock)
    yield from _several_indexes(lock)
    yield from _not_allowed(lock, policy)
    expected = _expected(target.installers, lock, policy)
    has_public = any(package.source.origin is Origin.REGISTRY for package in lock.packages)
    for package in lock.packages:
        if package.install_script:
            what = f"{package.key} runs a script when it is installed"
            yield _of(package, "install-script", Severity.LOW, what)
        match package.source.origin:
            case Origin.VCS:
                yield _from_repository(package, lock)
            case Origin.URL:
                severity = Severity.LOW if package.hashes else Severity.MEDIUM
                yield _of(package, "url-source", severity, f"from {package.source.url}")
            case Origin.PATH if _is_outside(package.source.url):
                yield _of(package, "path-source", Severity.MEDIUM, f"at {package.source.url}")
            case Origin.INDEX:
                yield from _from_index(package, expected, has_public=has_public)
            case _:
                pass


def _of(package: Package, rule: str, severity: Severity, what: str) -> Finding:
    return found(rule, severity, package.purl, [package.location], what)


def _from_repository(package: Package, lock: Lock) -> Finding:
    if package.source.commit or lock.format in _HIDES_COMMITS:
        at = f" at {package.source.commit[:12]}" if package.source.commit else ""
        return _of(package, "git-source", Severity.LOW, f"from {package.source.url}{at}")
    what = f"from {package.source.url}, and no full commit id says which state of it"
    return _of(package, "mutable-ref", Severity.MEDIUM, what)


def _is_outside(place: str) -> bool:
    """Whether a path leads out of the repository, or to one machine's own disk."""
    path = place.removeprefix("file://").removeprefix("file:").replace("\\", "/")
    return path == ".." or path.startswith(("../", "/", "~")) or path[1:3] == ":/"


# -------------------------------------------------------------------------------------- plain http


def _plain_http(lock: Lock) -> Iterator[Finding]:
    bare = [
        package
        for package in lock.packages
        if package.source.origin is not Origin.PATH and is_in_clear(package.source.url, _PLAIN)
    ]
    indexes = [index for index in lock.indexes if is_in_clear(index, _PLAIN)]
    if bare or indexes:
        names = [*indexes, *(package.key for package in bare)]
        what = f"fetched in the clear: {some(names, most=NAMED)}"
        places = [package.location for package in bare] or [Location(path=lock.path)]
        yield found("plain-http", Severity.HIGH, lock.path, places, what)


# --------------------------------------------------------------------------------------- indexes


def _several_indexes(lock: Lock) -> Iterator[Finding]:
    """Only pip looks a name up in all indexes; other locks bind each package to its own."""
    if lock.format != "requirements.txt":
        return
    asked = {_index(url) for url in lock.indexes if "://" in url}
    if any(package.source.origin is Origin.REGISTRY for package in lock.packages):
        asked.add("https://pypi.org/simple")
    if len(asked) > 1:
        place = [Location(path=lock.path)]
        what = f"asked: {some(sorted(asked), most=NAMED)}"
        yield found("several-indexes", Severity.MEDIUM, lock.path, place, what)


def _index(url: str) -> str:
    return "https://pypi.org/simple" if is_public(url) else url.rstrip("/")


def _from_index(package: Package, expected: _Expected, *, has_public: bool) -> Iterator[Finding]:
    host = host_of(package.source.url)
    if host and expected.is_foreign(package, host):
        severity = Severity.MEDIUM if package.hashes else Severity.HIGH
        what = f"{package.key} is fetched from {host}" + (
            "" if package.hashes else ", and no hash proves it"
        )
        yield _of(package, "foreign-host", severity, what)
    elif has_public and package.ecosystem in {"npm", "PyPI"} and "/" not in package.name:
        severity = Severity.LOW if package.hashes else Severity.MEDIUM
        where = f"from {host}" if host else "from another index"
        what = f"{package.name} comes {where}, others from the public registry"
        yield _of(package, "confusable-name", severity, what)


class _Expected:
    """The hosts that a lock may be expected to take packages from."""

    def __init__(self, lock: Lock, hosts: Collection[str]) -> None:
        self.hosts = {*hosts, *PUBLIC.get(lock.ecosystem, ())}
        self.hosts |= {host for index in lock.indexes if (host := host_of(index))}
        # A registry that serves everything, or a whole scope, is set up outside the repository.
        by_scope: dict[str, set[str]] = defaultdict(set)
        for package in lock.packages:
            if package.source.origin in _FROM_REGISTRY:
                host = host_of(package.source.url) or _default_host(lock)
                by_scope[""].add(host)
                by_scope[_scope(package)].add(host)
        self.only = {scope: hosts for scope, hosts in by_scope.items() if len(hosts) == 1}
        self.scoped = lock.ecosystem in {"npm", "PyPI"}

    def is_foreign(self, package: Package, host: str) -> bool:
        if not self.scoped or host in self.hosts:
            return False
        scope = _scope(package)
        return "" not in self.only and (not scope or scope not in self.only)


def _expected(installers: Sequence[InstallerSettings], lock: Lock, policy: Policy) -> _Expected:
    """Hosts that the policy allows, and those that an installer's settings near the lock name."""
    folder = lock.path.rpartition("/")[0]
    hosts = set(policy.registries)
    for settings in installers:
        above = settings.path.rpartition("/")[0]
        if not above or folder == above or folder.startswith(f"{above}/"):
            hosts |= {
                host
                for entry in settings.registries
                if (host := host_of(entry.partition("=")[2] if "=" in entry else entry))
            }
    return _Expected(lock, hosts)


def _scope(package: Package) -> str:
    """The scope of an npm package, "" for none."""
    return package.name.partition("/")[0] if package.name.startswith("@") else ""


# ------------------------------------------------------------------------------------- allow-list


def _not_allowed(lock: Lock, policy: Policy) -> Iterator[Finding]:
    """Hosts that the policy does not name; nothing where it names none."""
    if not policy.registries:
        return
    allowed = {host.lower() for host in policy.registries}
    for hosts in PUBLIC.values():
        if allowed & set(hosts):
            allowed |= set(hosts)
    refused: dict[str, list[Package]] = defaultdict(list)
    for package in lock.packages:
        if package.source.origin in {*_FROM_REGISTRY, Origin.URL}:
            host = host_of(package.source.url) or _default_host(lock)
            # Packagist's packages lie on code hosts; that they are its own is known from the lock.
            if package.source.origin is Origin.REGISTRY:
                host = _default_host(lock)
            if host not in allowed:
                refused[host or "an unnamed index"].append(package)
    if refused:
        what = f"from {some(sorted(refused))}, which the policy does not name"
        places = [package.location for packages in refused.values() for package in packages]
        yield found("registry-not-allowed", Severity.HIGH, lock.path, places, what)


def _default_host(lock: Lock) -> str:
    return PUBLIC.get(lock.ecosystem, ("",))[0]


def host_of(url: str) -> str:
    """The host of a URL in lower case, with its port if it names one; "" for none."""
    try:
        parts = urlsplit(url.removeprefix("sparse+"))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname}{port}" if parts.hostname else ""
