"""The commit of this project that a starter calls: never a branch, never a guess.

Three can tell it. The caller: `--tool-repository` and `--tool-ref`. The release: `release.json`
beside this package, which the release's own build writes, since nothing in a commit can hold that
commit's id. The installer: `direct_url.json` of an installation from a git repository (PEP 610).
A copy that none of them knows pins nothing, and whoever asks for a starter has to name a commit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.errors import UsageError

RELEASE_FILE = Path(__file__).parents[1] / "release.json"
"""Written by a release's build alone: `{"repository": "…/…", "commit": "…", "version": "v…"}`."""

_DISTRIBUTION = "supply-chain-pipeline"
_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VERSION = re.compile(r"v[0-9]+(?:\.[0-9]+)*(?:[A-Za-z0-9.-]*)")
_FROM_GITHUB = re.compile(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Pin:
    """A commit of this project on GitHub, and the version ("v1.2.3") that it is.

    The version stands beside the commit in a comment, where reviewers and update bots read it.
    """

    repository: str
    commit: str
    version: str


def parse(repository: str, commit: str, version: str) -> Pin:
    """A pin out of its parts; raises `UsageError` for what is no full commit of a repository."""
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"{repository!r} is no repository on GitHub", fix="write it as owner/name")
    if not _COMMIT.fullmatch(commit):
        raise UsageError(
            f"{commit!r} is no full commit id",
            fix="name all its 40 (or 64) hexadecimal digits: a branch or a tag may be moved",
        )
    if not _VERSION.fullmatch(version):
        raise UsageError(f"{version!r} is no version", fix="write it as v1.2.3")
    return Pin(repository, commit, version)


def known() -> Pin | None:
    """The commit that this copy was made of; `None` where nothing tells."""
    return _released() or _installed()


def _released() -> Pin | None:
    try:
        facts = json.loads(RELEASE_FILE.read_bytes())
    except (OSError, ValueError):
        return None
    return _pin(facts)


def _installed() -> Pin | None:
    try:
        text = distribution(_DISTRIBUTION).read_text("direct_url.json")
        facts = json.loads(text or "null")
    except (PackageNotFoundError, ValueError):
        return None
    if not isinstance(facts, dict):
        return None
    source = facts.get("vcs_info")
    found = _FROM_GITHUB.fullmatch(str(facts.get("url")))
    if found is None or not isinstance(source, dict):
        return None
    commit = source.get("commit_id")
    return _pin({"repository": found[1], "commit": commit, "version": f"v{__version__}"})


def _pin(facts: Any) -> Pin | None:
    """A pin out of a file's facts; `None` unless they are just that."""
    if not isinstance(facts, dict):
        return None
    repository, commit, version = map(facts.get, ("repository", "commit", "version"))
    if not (isinstance(repository, str) and isinstance(commit, str) and isinstance(version, str)):
        return None
    try:
        return parse(repository, commit, version)
    except UsageError:
        return None
