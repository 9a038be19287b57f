"""SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/), by spdx-tools."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spdx_tools.common.spdx_licensing import spdx_licensing  # type: ignore[import-untyped]
from spdx_tools.spdx.model.actor import Actor, ActorType
from spdx_tools.spdx.model.checksum import Checksum, ChecksumAlgorithm
from spdx_tools.spdx.model.document import CreationInfo, Document
from spdx_tools.spdx.model.package import (
    ExternalPackageRef,
    ExternalPackageRefCategory,
    Package,
)
from spdx_tools.spdx.model.relationship import Relationship, RelationshipType
from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion
from spdx_tools.spdx.validation.creation_info_validator import validate_creation_info
from spdx_tools.spdx.validation.package_validator import validate_package
from spdx_tools.spdx.validation.uri_validators import validate_download_location
from spdx_tools.spdx.writer.json.json_writer import write_document_to_stream

from pipeline.sbom import formats
from pipeline.sbom.document import every_component
from pipeline.sbom.identity import as_address
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.sbom import Json


_SPACE = "https://spdx.org/spdxdocs/supply-chain-"
_DOCUMENT = "SPDXRef-DOCUMENT"


def render(document: Json) -> bytes:
    """The document as SPDX 2.3; raises `IncompleteError` when spdx-tools finds it wrong."""
    components = [document["metadata"]["component"], *every_component(document)]
    ids = {item["bom-ref"]: f"SPDXRef-{number}" for number, item in enumerate(components)}
    about = document["metadata"]
    made = Document(
        creation_info=CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id=_DOCUMENT,
            name=plain(components[0]["name"], limit=200),
            document_namespace=_SPACE + document["serialNumber"].removeprefix("urn:uuid:"),
            creators=[_tool(tool) for tool in about["tools"]["components"]],
            created=datetime.fromisoformat(about["timestamp"]).replace(tzinfo=None),
        ),
        packages=[_package(item, ids[item["bom-ref"]]) for item in components],
        relationships=[
            Relationship(_DOCUMENT, RelationshipType.DESCRIBES, ids[components[0]["bom-ref"]]),
            *_edges(document, ids),
        ],
    )
    _check(made)
    stream = io.StringIO()
    write_document_to_stream(made, stream, validate=False)
    return stream.getvalue().encode() + b"\n"


def _check(made: Document) -> None:
    """Hold the document against spdx-tools' rules.

    Its check of a whole document compares every identifier with every other, which takes half a
    minute for 2,500 packages. Identifiers are numbers of ours here, so the parts are checked.
    """
    problems = validate_creation_info(made.creation_info, "SPDX-2.3")
    for package in made.packages:
        problems += validate_package(package, "SPDX-2.3")
    if problems:
        raise formats.refuse("SPDX 2.3", plain(problems[0].validation_message, limit=300))


def _tool(tool: Json) -> Actor:
    return Actor(ActorType.TOOL, f"{tool['name']}-{tool['version']}")


def _package(component: Json, id_: str) -> Package:
    named = {item["type"]: item["url"] for item in component.get("externalReferences", ())}
    address = as_address(named.get("distribution", named.get("vcs", "")))
    purl = component.get("purl")
    return Package(
        spdx_id=id_,
        name=component["name"],
        download_location=address if _is_location(address) else SpdxNoAssertion(),
        version=component.get("version"),
        files_analyzed=False,
        checksums=list(_checksums(component)),
        license_concluded=SpdxNoAssertion(),
        license_declared=_license(component),
        copyright_text=SpdxNoAssertion(),
        supplier=SpdxNoAssertion(),
        originator=SpdxNoAssertion(),
        external_references=[
            ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl)
        ]
        if purl
        else [],
    )


def _is_location(address: str) -> bool:
    """Whether SPDX 2.3 takes it for a download location."""
    return bool(address) and not validate_download_location(address)


def _checksums(component: Json) -> Iterator[Checksum]:
    for item in component.get("hashes", ()):
        name = item["alg"].replace("SHA-", "SHA").replace("SHA3-", "SHA3_")
        yield Checksum(ChecksumAlgorithm[name.replace("-", "_").upper()], item["content"])


def _license(component: Json) -> Any:
    """What the authors declare, where it is an SPDX expression."""
    texts = [
        item.get("expression") or item.get("license", {}).get("id")
        for item in component.get("licenses", ())
    ]
    if not texts or not all(texts):
        return SpdxNoAssertion()
    joined = texts[0] if len(texts) == 1 else " AND ".join(f"({text})" for text in texts)
    # References to licences that the document would have to quote in full are left out.
    if re.search(r"LicenseRef-|DocumentRef-", joined) or spdx_licensing.validate(joined).errors:
        return SpdxNoAssertion()
    return spdx_licensing.parse(joined)


def _edges(document: Json, ids: dict[str, str]) -> Iterator[Relationship]:
    for entry in document["dependencies"]:
        for ref in entry.get("dependsOn", ()):
            yield Relationship(ids[entry["ref"]], RelationshipType.DEPENDS_ON, ids[ref])
    for item in document.get("compositions", ()):
        for ref in item.get("dependencies", ()):
            yield Relationship(ids[ref], RelationshipType.DEPENDS_ON, SpdxNoAssertion())
