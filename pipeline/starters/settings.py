"""`supply-chain.yml` for a repository: the defaults written out, and what it takes to change them.

What is written is what holds without the file, so that nobody's bar is lowered by having one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.model import Target
    from pipeline.starters.pin import Pin

PATH = "supply-chain.yml"

_HOSTS = {
    "PyPI": "pypi.org",
    "npm": "registry.npmjs.org",
    "crates.io": "crates.io",
    "RubyGems": "rubygems.org",
    "Packagist": "packagist.org",
    "NuGet": "api.nuget.org",
    "Maven": "repo.maven.apache.org",
    "Go": "proxy.golang.org",
}
"""The public registries, by ecosystem."""


def text(target: Target, checks: Sequence[str], pin: Pin | None) -> str:
    """The file for what was found; `checks` are all that there are, `pin` says where to read on."""
    return "".join(f"{line}\n" for line in _lines(target, checks, pin))


def _lines(target: Target, checks: Sequence[str], pin: Pin | None) -> Iterator[str]:
    if pin:
        schema = f"{pin.repository}/{pin.commit}/pipeline/supply-chain.schema.json"
        yield f"# yaml-language-server: $schema=https://raw.githubusercontent.com/{schema}"
    default = Policy()
    yield "# What this repository's supply chain has to satisfy, and which risks are accepted."
    yield "# `supply-chain explain` tells what a rule or a control means."
    yield "version: 1"
    yield ""
    yield "policy:"
    yield "  # The lowest severity that fails: critical, high, medium, low or never. What is known"
    yield "  # to be exploited, and malware, always does."
    yield f"  fail-on: {default.fail_on}"
    yield "  # A vulnerability that nobody has rated is no harmless one."
    yield f"  fail-on-unknown-severity: {str(default.fail_on_unknown).lower()}"
    yield "  # Older advisories prove nothing: the verdict is incomplete."
    yield f"  advisories-max-age-days: {default.advisories_max_age_days}"
    yield "  # Most malicious releases are removed within days of their publication."
    yield f"  cool-down-days: {default.cool_down_days}"
    yield from _required(target, checks)
    if hosts := sorted(
        {_HOSTS[lock.ecosystem] for lock in target.locks if lock.ecosystem in _HOSTS}
    ):
        yield "  # The only hosts that packages may come from. Default: any."
        yield f"  # registries: [{', '.join(hosts)}]"
    yield "  # Licences under which nothing may be taken in, as SPDX identifiers."
    yield "  # licences:"
    yield "  #   deny: [AGPL-3.0-only, SSPL-1.0]"
    yield ""
    yield "# Paths to leave out, such as planted locks in tests. The report lists them."
    yield from _excluded(target)
    yield ""
    yield "# Risks that somebody accepts until a day. One that has ended, or that nothing needs, is"
    yield "# reported."
    yield "# waivers:"
    yield "#   - id: CVE-2024-3651          # or GHSA, PYSEC, or a rule: all aliases are covered"
    yield "#     package: idna"
    yield "#     reason: Why the risk is acceptable, for whoever reads the report."
    yield "#     owner: who answers for it"
    yield "#     expires: YYYY-MM-DD"


def _excluded(target: Target) -> Iterator[str]:
    """What is left out: nothing, unless no git tells what is not the repository's own."""
    if target.git is not None:
        yield "# exclude:"
        yield "#   - tests/data/**"
        return
    yield "exclude:"
    yield "  # Nox keeps its environments here, and no git tells that they belong to nobody."
    yield "  - .nox/**"
    yield "#   - tests/data/**"


def _required(target: Target, checks: Sequence[str]) -> Iterator[str]:
    """Which checks must be answered. Where there is no project yet, it has to be said on purpose.

    A folder without any project is more often the wrong one than a finished answer, so that the
    verdict is incomplete unless the policy names the checks. Naming all of them lowers nothing:
    whatever comes to the repository later has to be evaluated from its first day.
    """
    if target.projects or target.locks:
        yield "  # The checks that must be answered completely. Default: every check there is."
        yield f"  # require: [{', '.join(checks)}]"
        return
    yield "  # Nothing here has dependencies yet. That is meant, and this is not the wrong folder:"
    yield "  # naming the checks says so. All of them are named, so that what comes later is judged"
    yield "  # from its first day. Drop the key once there is a project: all is the default."
    yield "  require:"
    yield from (f"    - {name}" for name in checks)
