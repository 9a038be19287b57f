"""The last job's second half: the reports, the one verdict over them, and the artifact.

    report/  evidence/  ...   the run's output folder as `supply-chain run` leaves it
    sarif/<project>.sarif     for code scanning, with paths from the repository's root
    summary.md                what the job shows: all projects, one screen each
    verdict.json              the answer for all projects, for machines
    SHA256SUMS                every file above

Several projects have an output folder each, `projects/<project>/`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import stages
from pipeline.actions import scan, verdict
from pipeline.errors import PipelineError
from pipeline.files import write
from pipeline.report import github_annotations, summary
from pipeline.report.report_md import neutralise
from pipeline.report.words import DECISIONS
from pipeline.store import encode

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.actions.gather import Gathered
    from pipeline.actions.runner import Runner
    from pipeline.actions.scan import Project
    from pipeline.actions.verdict import Whole
    from pipeline.store import Output

SUMMARY = "summary.md"
SUMS = "SHA256SUMS"
SARIF = "github.sarif"
_ROOM = 900_000
"""Bytes of the job's summary for the summaries of all projects together."""

_MOST_PROBLEMS = 50


class Published(NamedTuple):
    """The answer, and the workflow commands that show it beside the files of the change."""

    whole: Whole
    annotations: str


def publish(runner: Runner, found: Gathered, *, name: str, signer: str = "") -> Published:
    """Judge every project and write the artifact, its summary and the outputs of the step.

    `name` is what the artifact will be called, and `signer` the workflow that attests it later.
    """
    folder = runner.artifact
    (folder / "sarif").mkdir(parents=True)
    judged, problems, texts, annotations = [], list(found.problems), [], []
    share = max(1, len(found.outputs))
    for project, output in _planned(found):
        try:
            report = stages.report(output)
        except PipelineError as error:
            problems.append(f"{project.key}: {error.what}")
            continue
        place = "." if share == 1 else f"projects/{project.key}"
        judged.append(verdict.of(project, report, place))
        hosted = _hosted(runner, found, project, name, signer)
        text = summary.render(report, hosted, max_bytes=_ROOM // share)
        most = max(1, github_annotations.MOST // share)
        texts.append(text.decode())
        annotations.append(github_annotations.render(report, folder=project.path, most=most))
        _lay_out(output, folder / place)
        sarif = (output.report / SARIF).read_bytes()
        write(folder / "sarif" / f"{project.key}.sarif", rooted(sarif, project.path))
    whole = verdict.sum_up(found.scan, tuple(judged), tuple(problems))
    shown = _summary(whole, texts)
    write(folder / SUMMARY, shown.encode("utf-8", errors="replace"))
    write(folder / verdict.FILE, encode(whole))
    sums = scan.sums(folder)
    write(folder / SUMS, sums)
    runner.summarise(shown)
    runner.output(
        verdict=whole.verdict.value,
        counts=whole.counts.line,
        artifact_name=name,
        sums_digest=hashlib.sha256(sums).hexdigest(),
    )
    return Published(whole, "".join(annotations))


def of_all(whole: Whole) -> tuple[str, ...]:
    """The files of an artifact that are of no single project, without `SHA256SUMS`."""
    return (SUMMARY, verdict.FILE, *(f"sarif/{one.key}.sarif" for one in whole.projects))


def _planned(found: Gathered) -> list[tuple[Project, Output]]:
    """The projects whose runs could be put together."""
    projects = found.scan.projects if found.scan else ()
    return [(one, found.outputs[one.key]) for one in projects if one.key in found.outputs]


def _hosted(
    runner: Runner, found: Gathered, project: Project, name: str, signer: str
) -> summary.Hosted:
    told = runner.environment
    return summary.Hosted(
        server=told.get("GITHUB_SERVER_URL", ""),
        repository=told.get("GITHUB_REPOSITORY", ""),
        commit=found.scan.commit if found.scan else "",
        folder=project.path,
        run=told.get("GITHUB_RUN_ID", ""),
        artefact=name,
        signer=signer,
    )


def _lay_out(output: Output, place: Path) -> None:
    """Copy the run of a project into the artifact, without hidden files, which no upload takes."""
    for path in scan.files(output.folder):
        name = path.relative_to(output.folder)
        if not path.is_symlink() and not name.name.startswith("."):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place / name)


def rooted(content: bytes, folder: str) -> bytes:
    """A SARIF document whose paths start at the repository's root, not at the project's."""
    if folder == ".":
        return content
    from urllib.parse import quote  # noqa: PLC0415 - for projects below the root only

    document = json.loads(content)
    for place in _places(document):
        place["uri"] = f"{quote(folder)}/{place['uri']}"
    return json.dumps(document, indent=2).encode() + b"\n"


def _places(value: Any) -> list[dict[str, Any]]:
    """Every `artifactLocation` of a document, however deep, that names a file."""
    if isinstance(value, list):
        return [found for item in value for found in _places(item)]
    if not isinstance(value, dict):
        return []
    found = [one for item in value.values() for one in _places(item)]
    own = value.get("artifactLocation")
    return [*found, own] if isinstance(own, dict) and own.get("uri") else found


def _summary(whole: Whole, texts: list[str]) -> str:
    """What the job shows: the whole first where it is more than one report, then the reports."""
    lines = []
    if whole.problems or len(whole.projects) != 1:
        lines += [f"## {DECISIONS[whole.verdict].sign} Supply chain: {whole.verdict.value}", ""]
        lines += [f"- {neutralise(problem)}" for problem in whole.problems[:_MOST_PROBLEMS]]
        lines += ["", "| Project | Verdict | Why |", "| --- | --- | --- |"]
        lines += [
            f"| {neutralise(one.path)} | {DECISIONS[one.verdict].sign} {one.verdict.value}"
            f" | {neutralise(one.headline)} |"
            for one in whole.projects
        ]
        lines.append("")
    lines += texts
    if whole.basis:
        commit = neutralise(whole.commit[:12])
        lines.append(f"Commit <code>{commit}</code>: {neutralise(whole.basis)}.")
    return "\n".join(lines) + "\n"
