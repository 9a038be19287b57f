"""The report in every format, and the one way to write it.

A renderer is a pure function from a report to bytes: the same report gives the same bytes.
Numbers and order come from `view`, what they are called from `words`, so that no two formats
disagree. A new format is a module here, a test module, and a line in `RENDERERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipeline import files
from pipeline.model import Artefact
from pipeline.report import documents, github_sarif, report_html, report_json, report_md
from pipeline.report.report_json import verdict_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.model import Report

__all__ = ["RENDERERS", "SCHEMAS", "Renderer", "verdict_of", "write"]


class Renderer(Protocol):
    """Turns a report into the content of one file."""

    def __call__(self, report: Report, /) -> bytes:
        """The content; raises nothing of its own."""


RENDERERS: dict[str, Renderer] = {
    "report.json": report_json.render,
    "report.html": report_html.render,
    "report.md": report_md.render,
    "github.sarif": github_sarif.render,
}
"""What is written, by file name."""

SCHEMAS: dict[str, Path] = {
    "report.json": report_json.SCHEMA_FILE,
    "github.sarif": github_sarif.SCHEMA_FILE,
}
"""The JSON Schema that a file must follow."""

_MEDIA_TYPES = {
    "report.json": "application/json",
    "report.html": "text/html",
    "report.md": "text/markdown",
    "github.sarif": "application/sarif+json",
}


def write(report: Report, folder: Path) -> tuple[Artefact, ...]:
    """Write the report in every format into `folder`, which exists, and say what was written.

    The artefacts' paths are relative to `folder`. Everything is rendered and validated first, so
    that a fault leaves no part of a report: `UnreadableOutputError` when a file would not follow
    its schema, `IncompleteError` when the disk refuses one.
    """
    contents = {name: render(report) for name, render in RENDERERS.items()}
    for name, schema in SCHEMAS.items():
        documents.check(contents[name], schema, where=name)
    try:
        for name, content in contents.items():
            files.write(folder / name, content)
    except BaseException:
        # Half of this report beside half of an older one would be neither.
        for name in contents:
            (folder / name).unlink(missing_ok=True)
        raise
    return tuple(
        Artefact(path=name, digest=files.digest(content), media_type=_MEDIA_TYPES[name])
        for name, content in contents.items()
    )
