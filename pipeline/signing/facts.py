"""What statements are made from: the report as it was written, its files, and who signs.

Statements are pure functions of this, so that the same report and signer give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.errors import SignatureError
from pipeline.signing.manifest import NAME, REPORT, Manifest
from pipeline.trust.certificate import Holder

if TYPE_CHECKING:
    from pathlib import Path


LAYOUT = "supply-chain-report/1"
"""The layout of reports that statements are made from; `report_json.SCHEMA`."""

VERIFIER = "pkg:pypi/supply-chain-pipeline"
"""Who judged, where no certificate says it better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a statement is about."""

    name: str
    sha256: str

    def form(self) -> dict[str, Any]:
        """As in-toto writes it."""
        return {"name": self.name, "digest": {"sha256": self.sha256}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A report, read back from disk; `holder` is who signs with a certificate.

    `sboms` are CycloneDX documents by path. `moment` is when the report was made.
    """

    report: dict[str, Any]
    manifest: Manifest
    sboms: dict[str, dict[str, Any]]
    holder: Holder | None
    moment: str

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What all statements are about: the report, its manifest, and the artefacts."""
        manifest = hashlib.sha256(self.manifest.render()).hexdigest()
        return (
            Subject(name=REPORT, sha256=self.manifest.files[REPORT]),
            Subject(name=NAME, sha256=manifest),
            *(Subject(name=item.name, sha256=item.sha256) for item in self.manifest.artefacts),
        )

    @property
    def verifier(self) -> str:
        """Who vouches for the verdict: the signing workflow where a certificate names one."""
        if self.holder is None:
            return VERIFIER
        return _uri(self.holder.identity)

    @property
    def policy(self) -> dict[str, Any]:
        """The policy by name and digest: of its file, or of the settings that held without one."""
        policy = self.report["policy"]
        digest = (
            policy["digest"].removeprefix("sha256:")
            or hashlib.sha256(
                json.dumps(policy, sort_keys=True, separators=(",", ":")).encode()
            ).hexdigest()
        )
        return {"uri": f"file:{quote(policy['origin'])}", "digest": {"sha256": digest}}

    @property
    def left(self) -> dict[str, str]:
        """The files that checks left, as their evidence names them: by path, with their digest."""
        return {
            artefact["path"]: artefact["digest"].removeprefix("sha256:")
            for evidence in self.report["evidence"]
            for artefact in evidence["artefacts"]
        }

    @property
    def resource(self) -> str:
        """What was judged: the repository at a commit, as far as it is known."""
        git = self.report["target"]["git"] or {}
        if git.get("remote"):
            return f"git+{git['remote']}@{git['commit']}"
        return f"pkg:generic/{self.report['target']['name']}@{git.get('commit') or 'unknown'}"


def gather_facts(folder: Path, manifest: Manifest, holder: Holder | None) -> Facts:
    """The facts of a report that was written to `folder`.

    Raises `SignatureError` for a file that changed since its digest was taken, or since a check
    left it, and for a report of another version.
    """
    report = _json(folder, REPORT, manifest)
    if report.get("schema") != LAYOUT:
        raise SignatureError(
            f"is no {LAYOUT}", where=REPORT, fix="use the version of the pipeline that wrote it"
        )
    facts = Facts(
        report=report,
        manifest=manifest,
        sboms={
            path: _json(folder, path, manifest)
            for path in sorted(manifest.files)
            if path.endswith(".cdx.json")
        },
        holder=holder,
        moment=_moment(report),
    )
    for path, sha256 in facts.left.items():
        if manifest.files.get(path) != sha256:
            raise SignatureError(
                "is not what the check left", where=path, fix="run the pipeline again"
            )
    return facts


def _json(folder: Path, path: str, manifest: Manifest) -> dict[str, Any]:
    content = (folder / path).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest.files[path]:
        raise SignatureError("was changed while it was signed", where=str(folder / path))
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SignatureError("is no JSON object", where=str(folder / path))
    return found


def _moment(report: dict[str, Any]) -> str:
    """When the report was made: its run's end, or its day where it tells of no run."""
    run = report["run"]
    if run:
        moment = datetime.fromisoformat(run["started"]) + timedelta(seconds=run["seconds"])
    else:
        moment = datetime.fromisoformat(report["as_of"]).replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _uri(identity: str) -> str:
    return f"mailto:{identity}" if "://" not in identity and "@" in identity else identity
