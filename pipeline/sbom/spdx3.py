"""SPDX 3.0.1 as JSON-LD (https://spdx.github.io/spdx-spec/v3.0.1/), by spdx-python-model."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spdx_python_model import v3_0_1 as spdx

from pipeline.sbom import formats
from pipeline.sbom.document import every_component
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.sbom import Json


_ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


def render(document: Json) -> bytes:
    """The document as SPDX 3.0.1; raises `IncompleteError` when it cannot be read back whole."""
    space = document["serialNumber"]
    about = document["metadata"]
    components = [about["component"], *every_component(document)]
    info = spdx.CreationInfo(
        _id="_:creation",
        specVersion="3.0.1",
        created=datetime.fromisoformat(about["timestamp"]),
    )
    tools = [
        spdx.Tool(
            _id=f"{space}#tool-{number}",
            creationInfo=info,
            name=f"{tool['name']}-{tool['version']}",
        )
        for number, tool in enumerate(about["tools"]["components"])
    ]
    # Who the author is, no repository says: the agent that 3.0 asks for has no more than a role.
    author = spdx.Agent(_id=f"{space}#author", creationInfo=info, name="NOASSERTION")
    info.createdBy = [author]
    info.createdUsing = tools
    packages = {
        item["bom-ref"]: _package(item, f"{space}#package-{number}", info)
        for number, item in enumerate(components)
    }
    root = packages[components[0]["bom-ref"]]
    edges = list(_edges(document, packages, info))
    licenses = list(_licenses(components, packages, info, space))
    elements = [author, *tools, *packages.values(), *edges, *licenses]
    sbom = spdx.software_Sbom(
        _id=f"{space}#sbom",
        creationInfo=info,
        rootElement=[root],
        element=elements,
        software_sbomType=[spdx.software_SbomType.source],
        profileConformance=_PROFILES,
    )
    whole = spdx.SpdxDocument(
        _id=f"{space}#document",
        creationInfo=info,
        name=plain(components[0]["name"], limit=200),
        rootElement=[sbom],
        element=[sbom, *elements],
        profileConformance=_PROFILES,
    )
    made = spdx.SHACLObjectSet([info, whole, sbom, *elements])
    stream = io.BytesIO()
    spdx.JSONLDSerializer().write(made, stream, force_at_graph=True)
    written = json.loads(stream.getvalue())
    _read_back(stream.getvalue(), len(elements))
    written["@graph"].sort(key=lambda item: str(item.get("spdxId", item.get("@id", ""))))
    return json.dumps(written, indent=1, sort_keys=True).encode() + b"\n"


_PROFILES = [
    spdx.ProfileIdentifierType.core,
    spdx.ProfileIdentifierType.software,
    spdx.ProfileIdentifierType.simpleLicensing,
]


def _read_back(content: bytes, count: int) -> None:
    """Every element must come back, and none may lead nowhere."""
    found = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(content), found)
    missing = found.link()
    read = sum(1 for _ in found.foreach_type(spdx.Element)) - 2
    if missing or read != count:
        raise formats.refuse("SPDX 3.0", f"{read} of {count} elements can be read back")


def _package(component: Json, id_: str, info: Any) -> Any:
    made = spdx.software_Package(
        _id=id_,
        creationInfo=info,
        name=component["name"],
        software_packageVersion=component.get("version", "NOASSERTION"),
        software_primaryPurpose=spdx.software_SoftwarePurpose.application
        if component["type"] == "application"
        else spdx.software_SoftwarePurpose.library,
    )
    if purl := component.get("purl"):
        made.software_packageUrl = purl
    made.verifiedUsing = [
        spdx.Hash(
            algorithm=getattr(spdx.HashAlgorithm, _ALGORITHMS[item["alg"]]),
            hashValue=item["content"],
        )
        for item in component.get("hashes", ())
        if item["alg"] in _ALGORITHMS
    ]
    for item in component.get("externalReferences", ()):
        if item["type"] == "distribution":
            made.software_downloadLocation = item["url"]
    return made


def _edges(document: Json, packages: dict[str, Any], info: Any) -> Iterator[Any]:
    """One relationship for each entry of the graph, with how complete it is."""
    vague = {
        ref: item["aggregate"]
        for item in document.get("compositions", ())
        if item["aggregate"] != "complete"
        for ref in item.get("dependencies", ())
    }
    known = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    for number, ref in enumerate(sorted({*known, *vague})):
        completeness = spdx.RelationshipCompleteness.complete
        if ref in vague:
            completeness = spdx.RelationshipCompleteness.noAssertion
            if vague[ref] == "incomplete":
                completeness = spdx.RelationshipCompleteness.incomplete
        targets = [packages[to] for to in known.get(ref, ())]
        nobody = spdx.IndividualElement.NoAssertionElement
        if ref not in vague:
            nobody = spdx.IndividualElement.NoneElement
        yield spdx.Relationship(
            _id=f"{document['serialNumber']}#edge-{number}",
            creationInfo=info,
            from_=packages[ref],
            relationshipType=spdx.RelationshipType.dependsOn,
            to=targets or [nobody],
            completeness=completeness,
        )


def _licenses(
    components: list[Json], packages: dict[str, Any], info: Any, space: str
) -> Iterator[Any]:
    """Declared licences, each expression once, and who declares it."""
    users: dict[str, list[Any]] = {}
    for component in components:
        texts = [
            item.get("expression") or item.get("license", {}).get("id")
            for item in component.get("licenses", ())
        ]
        if texts and all(texts):
            joined = texts[0] if len(texts) == 1 else " AND ".join(f"({text})" for text in texts)
            users.setdefault(joined, []).append(packages[component["bom-ref"]])
    count = 0
    for number, (text, declaring) in enumerate(sorted(users.items(), key=lambda pair: pair[0])):
        expression = spdx.simplelicensing_LicenseExpression(
            _id=f"{space}#license-{number}",
            creationInfo=info,
            simplelicensing_licenseExpression=text,
        )
        yield expression
        for package in declaring:
            count += 1
            yield spdx.Relationship(
                _id=f"{space}#declared-{count}",
                creationInfo=info,
                from_=package,
                relationshipType=spdx.RelationshipType.hasDeclaredLicense,
                to=[expression],
            )
