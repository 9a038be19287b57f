"""Where a reader may be sent: addresses that are safe to link to, and those that we make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.model import Kind

if TYPE_CHECKING:
    from pipeline.model import Finding, Git

_MAX_URL = 2000
_WEB = re.compile(r"https?://[!#-;=?-\[\]_a-~]+", re.IGNORECASE)
_ADVISORY = re.compile(r"[A-Z][A-Za-z]*-[A-Za-z0-9:-]{1,60}")
_GITHUB = re.compile(
    r"(?:https://github\.com/|ssh://git@github\.com/|git@github\.com:)"
    r"([A-Za-z0-9-]{1,40})/([\w.-]{1,100}?)(?:\.git)?/?",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


def web_link(url: str) -> str:
    """`url` when it is safe to link to, else "": http or https, printable ASCII, no user name."""
    if len(url) > _MAX_URL or not _WEB.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.hostname and "@" not in parts.netloc else ""


def advisory_link(finding: Finding) -> str:
    """Where to read about a finding: its own link, else OSV's page of an advisory id."""
    known = web_link(finding.url)
    if known or finding.kind is Kind.RULE or not _ADVISORY.fullmatch(finding.rule):
        return known
    return f"https://osv.dev/vulnerability/{finding.rule}"


def github_page(git: Git | None, kind: str, commit: str | None) -> str:
    """The repository's page on GitHub for a commit, or "" where there is none.

    Other hosts are not linked: the remote is the repository's own claim.
    """
    found = _GITHUB.fullmatch(git.remote or "") if git else None
    if found is None or not _COMMIT.fullmatch(commit or ""):
        return ""
    return f"https://github.com/{found[1]}/{found[2]}/{kind}/{commit}"
