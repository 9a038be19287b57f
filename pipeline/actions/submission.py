"""What the locks hold, as a snapshot for GitHub's dependency graph.

One manifest per lock. A snapshot replaces the one before it of the same correlator, so sending it
twice does no harm. Source: GitHub's REST documentation, "Create a snapshot of dependencies for a
repository", version 2022-11-28.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline import __version__, stages
from pipeline.actions import base, inputs
from pipeline.actions.plan import policy_of
from pipeline.errors import IncompleteError, UsageError
from pipeline.model import Origin
from pipeline.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.actions.runner import Runner
    from pipeline.model import Lock, Package

_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}")
_CREATED = 201
_OWN = frozenset({Origin.WORKSPACE, Origin.PATH})
"""Where code of the repository itself comes from, which depends and is not depended on."""

_DEVELOPMENT = frozenset({"dev", "develop"})
"""Groups that are never shipped. GitHub dismisses alerts for them, so no other is guessed."""


def submit(runner: Runner) -> str:
    """Send the snapshot of the checkout, and say what was sent.

    Raises `UsageError` outside of a job that can send one, and `IncompleteError` when it is
    refused or a lock could not be read: half a snapshot would take alerts away.
    """
    told = runner.environment
    repository, token = told.get("GITHUB_REPOSITORY", ""), told.get("TOKEN", "")
    if not _REPOSITORY.fullmatch(repository) or not token:
        raise UsageError(
            "nobody says which repository, or with what rights",
            fix="run this in a job of GitHub Actions with `contents: write`",
        )
    snapshot = make(runner)
    url = f"{told.get('GITHUB_API_URL', '')}/repos/{repository}/dependency-graph/snapshots"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    with Web() as web:
        reply = web.post(url, json.dumps(snapshot).encode(), headers)
    if reply.status != _CREATED:
        raise IncompleteError(
            f"GitHub answered {reply.status} to the snapshot",
            where=url,
            fix="grant `contents: write`, and look whether the dependency graph is on",
        )
    count = sum(len(manifest["resolved"]) for manifest in snapshot["manifests"].values())
    return f"{len(snapshot['manifests'])} locks with {count} packages"


def make(runner: Runner) -> dict[str, Any]:
    """The snapshot of the checkout; raises as `submit`."""
    asked = inputs.read(runner.given("INPUTS"))
    root = runner.workspace
    config = policy_of(root, asked)
    told = runner.environment
    manifests: dict[str, Any] = {}
    for project in asked.projects:
        place = inputs.folder(root, project)
        target = stages.look(root / place, config)
        for lock in target.locks:
            path = (place / lock.path).as_posix()
            if lock.unread:
                raise IncompleteError(lock.unread[0].why, where=path, fix="mend or exclude it")
            manifests[path] = _manifest(path, lock)
    return {
        "version": 0,
        "sha": base.find(root, runner.event, {}, new_only=False).commit,
        "ref": told.get("GITHUB_REF", ""),
        "job": {
            "id": told.get("GITHUB_RUN_ID", ""),
            "correlator": f"supply-chain {' '.join(asked.projects)}",
        },
        "detector": {
            "name": "supply-chain-pipeline",
            "version": __version__,
            "url": f"{told.get('GITHUB_SERVER_URL', 'https://github.com')}/"
            f"{told.get('TOOL_REPOSITORY') or told.get('GITHUB_REPOSITORY', '')}",
        },
        "scanned": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "manifests": manifests,
    }


def _manifest(path: str, lock: Lock) -> dict[str, Any]:
    taken = [one for one in lock.packages if one.version and one.source.origin not in _OWN]
    known = {one.key: one.purl for one in taken}
    known |= {one.name: one.purl for one in reversed(taken)}
    return {
        "name": path,
        "file": {"source_location": path},
        "resolved": {one.purl: dict(_entry(one, known)) for one in taken},
    }


def _entry(package: Package, known: dict[str, str]) -> Iterator[tuple[str, Any]]:
    yield "package_url", package.purl
    if package.direct is not None:
        yield "relationship", "direct" if package.direct else "indirect"
    if package.groups:
        yield "scope", "development" if _DEVELOPMENT.issuperset(package.groups) else "runtime"
    needed = dict.fromkeys(known[name] for name in package.requires if name in known)
    yield "dependencies", list(needed)
