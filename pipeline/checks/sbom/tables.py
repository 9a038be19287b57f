"""How complete an SBOM is, and who had a hand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.model import Table
from pipeline.sbom.document import every_component
from pipeline.sbom.identity import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.checks.sbom.heard import Heard
    from pipeline.sbom import Json
    from pipeline.sbom.complete import Field
    from pipeline.sbom.write import Circumstances


ELEMENTS = "CISA minimum elements of 2026, in the merged SBOM"
"""The title of the table about them."""


def completeness(fields: Iterable[Field], *, offline: bool) -> Table:
    """How often each minimum element is stated, declared unknown, missing."""
    return Table(
        title=ELEMENTS,
        columns=("Element", "Stated", "Declared unknown", "Missing"),
        rows=tuple((one.element, one.stated, one.unknown, one.missing) for one in fields),
        note=(
            "A declared unknown meets the elements, silence does not. The signature is made over"
            " the whole report, not inside the document."
            + (" Offline, no registry was asked for licences." if offline else "")
        ),
    )


def makers(document: Json, heard: Heard, about: Circumstances) -> Table:
    """Which tool had a hand in how many components."""
    purls = {bare(item["purl"]) for item in every_component(document)}
    rows = [("lock graph", "hashes, edges, sources; other ecosystems", len(purls))]
    for name, what, by in (
        ("cyclonedx-bom", "Python packages", heard.by_python),
        ("npm sbom", "licences and scope of npm packages", heard.by_npm),
        ("registries", "licences", frozenset(about.licences)),
    ):
        rows.append((name, what, len(purls & by)))
    return Table(
        title="Who made the SBOM",
        columns=("By", "What", "Components"),
        rows=tuple(rows),
    )
