"""The repository's one SBOM, put together where everything that belongs in it is known.

Checks run side by side and never wait for one another: the check `sbom` knows the locks, the check
`container` what is in the images. So both leave their documents, and the report stage joins them.
Each is taken only if it is, byte for byte, what its evidence names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.checks import sbom
from pipeline.checks.sbom.rules import SILENT, silent
from pipeline.checks.sbom.tables import ELEMENTS, completeness
from pipeline.errors import IncompleteError
from pipeline.model import Coverage, Gap, Location, Missing, Status, Table
from pipeline.sbom.complete import measure
from pipeline.sbom.document import MEDIA_TYPE, VERSIONS, decode, seal
from pipeline.sbom.identity import identify_own
from pipeline.sbom.images import KIND, bare_document, include, refer
from pipeline.sbom.write import Circumstances, describe_root, metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipeline.model import Evidence
    from pipeline.sbom import Json
    from pipeline.store import Output, Plan


CHECK, IMAGES = "sbom", "container"
_UNTOLD = frozenset({Status.ERRORED, Status.SKIPPED})


def assemble(plan: Plan, output: Output, found: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """The evidence, with the named images in the repository's document; written to `output`.

    A document that is not what its evidence says makes the check `errored`, and so does one that
    would not be valid: the report is written all the same.
    """
    evidence = dict(found)
    made = evidence.get(CHECK)
    if made is None or made.status in _UNTOLD or not plan.target.images:
        return evidence
    try:
        evidence[CHECK] = _assemble(plan, output, made, evidence.get(IMAGES))
    except IncompleteError as error:
        reason = f"{error.where}: {error.what}" if error.where else error.what
        evidence[CHECK] = replace(made, status=Status.ERRORED, reason=reason)
    return evidence


def _assemble(plan: Plan, output: Output, made: Evidence, images: Evidence | None) -> Evidence:
    known = _documents(output, images)
    told = {document["metadata"]["component"]["bom-ref"] for document in known.values()}
    bare = [
        bare_document(image)
        for image in plan.target.images
        if image.config and refer(image) not in told
    ]
    locked = _documents(output, made).get(sbom.LOCKED) or _empty(plan)
    document = include(locked, [*known.values(), *bare])
    files = [sbom.sealed_file(f"{name}/{sbom.MERGED}", seal(document, name)) for name in VERSIONS]
    fields = measure(decode(files[-1].content))
    findings = (
        *(finding for finding in made.findings if finding.rule != SILENT),
        *silent(fields),
    )
    rest = (table for table in made.tables if table.title != ELEMENTS)
    return replace(
        made,
        status=Status.FOUND if findings and made.status is Status.CLEAN else made.status,
        findings=findings,
        coverage=(*made.coverage, _cover(plan, told)),
        artefacts=(*made.artefacts, *output.keep(CHECK, files)),
        tables=(
            completeness(fields, offline=plan.offline),
            *rest,
            _contents(document, told),
        ),
    )


def _documents(output: Output, evidence: Evidence | None) -> dict[str, Json]:
    """The newest documents that a check left, by name; raises `IncompleteError`."""
    found = {}
    for artefact in evidence.artefacts if evidence else ():
        _, version, name = artefact.path.split("/", 2)
        if version == VERSIONS[-1] and artefact.media_type == MEDIA_TYPE:
            found[name] = decode(output.content(artefact))
    return found


def _empty(plan: Plan) -> Json:
    """The document of a repository whose locks name no package."""
    tool = {"type": "application", "name": "supply-chain-pipeline", "version": __version__}
    about = Circumstances(target=plan.target, made=plan.as_of, tools=(tool,))
    purl = identify_own(plan.target.name, plan.target.git, ".")
    return {
        "bomFormat": "CycloneDX",
        "version": 1,
        "metadata": metadata(describe_root(plan.target.name, purl, about), about),
        "components": [],
        "dependencies": [],
    }


def _cover(plan: Plan, told: Collection[str]) -> Coverage:
    """Which images stand in the document with what is in them.

    It is beside the check's own question: the check that looks into images answers for them.
    """
    missing = tuple(
        Missing(
            subject=image.title,
            gap=image.unread.gap if image.unread else Gap.INPUT_MISSING,
            why="it is not in the SBOM: it was not found"
            if image.unread
            else "nobody looked into it, so the SBOM names it without its packages",
            location=Location(path=image.name),
        )
        for image in plan.target.images
        if image.unread or refer(image) not in told
    )
    number = len(plan.target.images)
    return Coverage(
        scope=f"{CHECK}/{VERSIONS[-1]}/{sbom.MERGED}",
        unit="images",
        expected=number,
        evaluated=number - len(missing),
        missing=missing,
        required=False,
    )


def _contents(document: Json, told: Collection[str]) -> Table:
    """Each image in the document, and how much of it stands there; `told` were looked into."""
    return Table(
        title="Images in the SBOM",
        columns=("Image", "Reference", "Components"),
        rows=tuple(
            (
                item["name"],
                item["bom-ref"],
                len(item.get("components", ())) if item["bom-ref"] in told else "not known",
            )
            for item in document["components"]
            if item["type"] == KIND
        ),
        note="What is in an image stands inside its component, apart from what is locked.",
    )
