"""`summary.md`: the report as the summary of a CI job, one screen long.

`report.md` tells everything that fits. This tells what somebody who opens a red or green job
wants to know first: the verdict, what nobody looked at, what the change brought in, what to mend,
and how to make sure that the files of the run are the ones that it made. Where the files can be
read is told by the workflow, not by the repository. Pure, and the same bytes each time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.report import words
from pipeline.report.links import web_link
from pipeline.report.report_md import MAX_BYTES, Marked, fill
from pipeline.report.view import View

if TYPE_CHECKING:
    from pipeline.model import Report
    from pipeline.report.row import Row

TOP = 10
"""Findings that are shown; the report has the others."""

_REPOSITORY = r"[A-Za-z0-9-]{1,40}/[A-Za-z0-9._-]{1,100}"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_SIGNER = re.compile(rf"{_REPOSITORY}/\.github/workflows/[A-Za-z0-9._-]{{1,100}}\.ya?ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """The run on GitHub that a summary belongs to. What has not its form counts as not told.

    `server`, `repository`, `commit` and `run` are the runner's `GITHUB_SERVER_URL`,
    `GITHUB_REPOSITORY`, `GITHUB_SHA` and `GITHUB_RUN_ID`. `folder` is where the scanned folder
    stands in the repository. `artefact` is the uploaded artefact's name, and `signer` the workflow
    that attests its SHA256SUMS, "owner/name/.github/workflows/sign.yml", where one does.
    """

    server: str = ""
    repository: str = ""
    commit: str = ""
    folder: str = ""
    run: str = ""
    artefact: str = ""
    signer: str = ""

    @property
    def browse(self) -> str:
        """The address of the scanned folder at the commit, or ""."""
        server = web_link(self.server).rstrip("/")
        if not (server and self._is_named and _COMMIT.fullmatch(self.commit)):
            return ""
        folder = self.folder.strip("/")
        below = "" if folder in {"", "."} else f"/{quote(folder, errors='replace')}"
        return f"{server}/{self.repository}/blob/{self.commit}{below}"

    @property
    def download(self) -> str:
        """The command that fetches the artefact, or ""."""
        known = self._is_named and re.fullmatch(r"[0-9]{1,20}", self.run)
        if not (known and _NAME.fullmatch(self.artefact)):
            return ""
        name = self.artefact
        return f"gh run download {self.run} --repo {self._at} --name {name} --dir {name}"

    @property
    def checks(self) -> tuple[str, ...]:
        """The commands that tell whether the fetched files are those of the run."""
        if not self.download:
            return ()
        digests = f"(cd {self.artefact} && sha256sum --check --strict SHA256SUMS)"
        if not _SIGNER.fullmatch(self.signer):
            return (digests,)
        signature = f"gh attestation verify {self.artefact}/SHA256SUMS --repo {self._at}"
        return (f"{signature} --signer-workflow {self.signer}", digests)

    @property
    def is_signed(self) -> bool:
        """Whether a workflow is told that attests the artefact."""
        return len(self.checks) > 1

    @property
    def _is_named(self) -> bool:
        return bool(re.fullmatch(_REPOSITORY, self.repository))

    @property
    def _at(self) -> str:
        """The repository as `gh` wants it: with the host, unless it is GitHub's own."""
        host = web_link(self.server).partition("//")[2].rstrip("/")
        return self.repository if host in {"", "github.com"} else f"{host}/{self.repository}"


_NOWHERE = Hosted()


def render(report: Report, hosted: Hosted = _NOWHERE, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The summary as UTF-8, at most `max_bytes` long; what is left out is counted."""
    view = View(report, browse=hosted.browse)
    brought, others = _parted(view)
    values = {
        "view": view,
        "report": report,
        "words": words,
        "hosted": hosted,
        "commands": [Marked(line) for line in (hosted.download, *hosted.checks) if line],
        "compared": _is_compared(report),
        "brought": brought,
        "others": others,
        "top": TOP,
    }
    return fill("summary.md.j2", values, max_bytes=max_bytes)


def _is_compared(report: Report) -> bool:
    return bool(report.base and report.base.commit and report.base.checks)


def _parted(view: View) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Open findings that the change brought in, and those that no base was held against."""
    base = view.report.base
    if base is None or not _is_compared(view.report):
        return (), view.open
    compared = [row.finding.check in base.checks for row in view.open]
    return (
        tuple(row for row, is_new in zip(view.open, compared, strict=True) if is_new),
        tuple(row for row, is_new in zip(view.open, compared, strict=True) if not is_new),
    )
