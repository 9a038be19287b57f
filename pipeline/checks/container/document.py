"""An image's software bill of materials: what the one scan listed, as CycloneDX.

https://cyclonedx.org/specification/. How the packages depend on one another is not told by an
image, so the document says that it does not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.checks.container.scan import OS
from pipeline.errors import IncompleteError
from pipeline.model import File
from pipeline.sbom.document import MEDIA_TYPE, VERSIONS, encode, seal
from pipeline.sbom.images import describe_image
from pipeline.sbom.licences import describe
from pipeline.sbom.validate import validate
from pipeline.sbom.write import PREFIX, UNKNOWN
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from pipeline.checks.container.scan import Found, Scan
    from pipeline.model import Image, ToolRecord
    from pipeline.sbom import Json


def files(
    scans: Sequence[tuple[Image, Scan]], tool: ToolRecord | None, made: date
) -> Iterator[File]:
    """A document for each image, in every version; raises `IncompleteError` for an invalid one."""
    told: set[str] = set()
    for image, scan in scans:
        name = _name(image)
        if name in told:
            continue
        told.add(name)
        document = write(image, scan, tool, made)
        for version in VERSIONS:
            sealed = seal(document, version)
            if problems := validate(sealed):
                raise IncompleteError(
                    f"the SBOM that was made is not valid: {problems[0]}",
                    where=image.title,
                    fix="please report it; nothing was written",
                )
            yield File(
                path=f"{version}/{name}.cdx.json", content=encode(sealed), media_type=MEDIA_TYPE
            )


def write(image: Image, scan: Scan, tool: ToolRecord | None, made: date) -> Json:
    """The document, without serial number and specification version."""
    root = describe_image(image)
    components: dict[str, Json] = {}
    for package in scan.packages:
        component = _component(package)
        held = components.setdefault(component["bom-ref"], component)
        if held is not component:
            held["properties"] = _union(held["properties"], component["properties"])
    if scan.family:
        system = _system(scan)
        components[system["bom-ref"]] = system
    refs = sorted(components)
    return {
        "bomFormat": "CycloneDX",
        "version": 1,
        "metadata": {
            "timestamp": f"{made.isoformat()}T00:00:00Z",
            "lifecycles": [{"phase": "post-build"}],
            "tools": {"components": _tools(tool)},
            "component": root,
            "properties": _silence("author"),
        },
        "components": [components[ref] for ref in refs],
        "dependencies": [{"ref": root["bom-ref"], "dependsOn": refs}],
        # What Trivy recognises is listed; what else lies in the image, nobody can say.
        "compositions": [
            {
                "aggregate": "unknown",
                "assemblies": [root["bom-ref"]],
                **({"dependencies": refs} if refs else {}),
            }
        ],
    }


def _name(image: Image) -> str:
    """A file name: readable, and told apart by the image's own digest."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", image.name).strip("-.").lower()[:80]
    return f"{readable or 'image'}-{image.config.removeprefix('sha256:')[:12]}"


def _system(scan: Scan) -> Json:
    name, release = plain(scan.family), plain(scan.release)
    return {
        "type": "operating-system",
        "bom-ref": f"os:{name}@{release}",
        "name": name,
        **({"version": release} if release else {}),
        "properties": _silence("identifier", "producer", "hash", "license")
        + ([] if release else _silence("version")),
    }


def _component(package: Found) -> Json:
    label = f"{package.name}@{package.version}"
    component: Json = {
        "type": "library" if package.kind != OS else "application",
        "bom-ref": package.purl or f"{package.kind}:{plain(label)}",
        "name": plain(package.name, limit=300) or "unnamed",
    }
    if package.version:
        component["version"] = plain(package.version, limit=300)
    if package.purl:
        component["purl"] = package.purl
    properties = [
        {"name": f"{PREFIX}{key}", "value": plain(value, limit=1000)}
        for key, value in (("layer", package.layer), ("path", package.path))
        if value
    ]
    if licences := [one for one in package.licences if one]:
        component["licenses"] = _licences(licences)
    else:
        properties += _silence("license")
    if not package.version:
        properties += _silence("version")
    if not package.purl:
        properties += _silence("identifier")
    component["properties"] = [*properties, *_silence("producer", "hash")]
    return component


def _licences(names: list[str]) -> list[Json]:
    """CycloneDX takes one expression, or a list of licences that are none."""
    found = [describe(name) for name in names]
    if len(found) == 1 or not any("expression" in one for one in found):
        return found
    return [
        {"license": {"name": one["expression"], "acknowledgement": "declared"}}
        if "expression" in one
        else one
        for one in found
    ]


def _tools(tool: ToolRecord | None) -> list[Json]:
    ours = {"type": "application", "name": "supply-chain-pipeline", "version": __version__}
    if tool is None:
        return [ours]
    return [ours, {"type": "application", "name": tool.name, "version": tool.version}]


def _silence(*elements: str) -> list[Json]:
    """The declaration that these of CISA's minimum elements are unknown (`sbom/complete.py`)."""
    return [{"name": UNKNOWN, "value": element} for element in elements]


def _union(one: list[Json], other: list[Json]) -> list[Json]:
    return [*one, *(item for item in other if item not in one)]
