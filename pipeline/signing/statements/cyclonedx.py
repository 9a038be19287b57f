"""An SBOM, bound to the artefact that it describes.

An SBOM describes an artefact when its main component carries the artefact's SHA-256, or has the
name and version of a Python distribution that was given. That of an image which the report judged
is bound to the image, by the digest that was computed when it was looked at: to its manifest, or,
for one that was kept without, to its configuration. An index of several platforms is none of them.
One that describes no artefact, such as that of the repository, is bound to its own file: nobody
showed that an artefact holds just that.
Format: https://cyclonedx.org/specification/overview.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.signing.facts import Subject
from pipeline.signing.statements.form import Omitted, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.signing.facts import Facts
    from pipeline.signing.manifest import Artefact

NAME = "cyclonedx"
TYPE = "https://cyclonedx.org/bom"
_SUFFIX = ".cdx.json"


def build(facts: Facts) -> Iterator[Statement | Omitted]:
    """One statement per SBOM; an older version of the same document is left out."""
    newest = [path for path in facts.sboms if not _is_older_twin(path, facts.sboms)]
    if not newest:
        yield Omitted(NAME, "there is no SBOM in the report's folder")
    names: set[str] = set()
    for path in newest:
        document = facts.sboms[path]
        name = _name(path, names)
        if document.get("bomFormat") != "CycloneDX" or not document.get("serialNumber"):
            yield Omitted(name, f"{path} is no CycloneDX document with a serial number")
            continue
        artefacts = [item for item in facts.manifest.artefacts if _describes(document, item)]
        known = {item.sha256: Subject(name=item.name, sha256=item.sha256) for item in artefacts}
        for image in images(document, facts):
            known.setdefault(image.sha256, image)
        own = Subject(name=path, sha256=facts.manifest.files[path])
        yield Statement(
            name=name,
            predicate_type=TYPE,
            subjects=tuple(known.values()) or (own,),
            predicate=document,
        )


def images(document: dict[str, Any], facts: Facts) -> Iterator[Subject]:
    """The images of the report that a document is about, each by its digest."""
    component = document.get("metadata", {}).get("component") or {}
    if component.get("type") != "container":
        return
    for image in facts.report["target"]["images"]:
        if image["id"] and image["id"] == component.get("version"):
            digest = image["manifest"] or image["id"]
            yield Subject(name=image["name"], sha256=digest.removeprefix("sha256:"))


def _is_older_twin(path: str, sboms: dict[str, dict[str, Any]]) -> bool:
    """Whether the same document stands beside it in a newer version: sbom/1.6/x, sbom/1.7/x."""
    parts = PurePosixPath(path).parts
    own = _version(sboms[path])
    for other, document in sboms.items():
        twins = PurePosixPath(other).parts
        differ = [pair for pair in zip(parts, twins, strict=False) if pair[0] != pair[1]]
        if len(parts) == len(twins) and len(differ) == 1 and _version(document) > own:
            said = (str(sboms[path].get("specVersion")), str(document.get("specVersion")))
            if differ[0] == said:
                return True
    return False


def _version(document: dict[str, Any]) -> tuple[int, ...]:
    parts = str(document.get("specVersion", "")).split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


def _name(path: str, taken: set[str]) -> str:
    """A file name for the statement, made from the SBOM's path and used once."""
    name = start = f"{NAME}-{path.removesuffix(_SUFFIX).replace('/', '-')}"
    number = 2
    while name in taken:
        name, number = f"{start}-{number}", number + 1
    taken.add(name)
    return name


def _describes(document: dict[str, Any], artefact: Artefact) -> bool:
    component = document.get("metadata", {}).get("component") or {}
    if artefact.sha256 in json.dumps(component):
        return True
    named = _distribution(artefact.name)
    return named is not None and named == _normal(
        component.get("name", ""), component.get("version", "")
    )


def _distribution(name: str) -> tuple[str, str] | None:
    """Name and version in the file name of a wheel or source distribution."""
    from packaging.utils import (  # noqa: PLC0415 - most commands sign nothing
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        found = parse_wheel_filename(name)[:2]
    except InvalidWheelFilename:
        try:
            found = parse_sdist_filename(name)
        except InvalidSdistFilename:
            return None
    return str(found[0]), str(found[1])


def _normal(name: str, version: str) -> tuple[str, str]:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - as above
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    try:
        return canonicalize_name(name), str(Version(version))
    except InvalidVersion:
        return canonicalize_name(name), version
