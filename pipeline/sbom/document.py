"""A document's last touch: specification version, serial number, bytes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pipeline.files import digest
from pipeline.sbom.write import UNKNOWN, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.sbom import Json


VERSIONS = ("1.6", "1.7")
"""Specification versions that are written; the last is the newest."""

MEDIA_TYPE = "application/vnd.cyclonedx+json"

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:supply-chain-pipeline:sbom")


def seal(document: Json, version: str) -> Json:
    """The document as CycloneDX of one version, with a serial number made of its content.

    Equal content gives an equal serial number. Components whose edges a composition calls
    incomplete or unknown say so themselves too: several formats have no compositions.
    """
    vague = {
        ref
        for item in document.get("compositions", ())
        if item["aggregate"] != "complete"
        for ref in item.get("dependencies", ())
    }
    about = document["metadata"]
    sealed = {
        **document,
        "metadata": {**about, "component": _told(about["component"], vague)},
        "components": [_told(component, vague) for component in document["components"]],
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "specVersion": version,
    }
    if not sealed["compositions"]:
        del sealed["compositions"]
    return {**sealed, "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, digest(encode(sealed)))}"}


def encode(document: Json) -> bytes:
    """The document as JSON with sorted keys, indented, and a final newline."""
    import msgspec  # noqa: PLC0415 - heavy, and most commands write no SBOM

    content = msgspec.json.encode(document, order="sorted")
    return msgspec.json.format(content, indent=1) + b"\n"


def decode(content: bytes) -> Json:
    """The document in `content`; raises `ValueError` or `RecursionError` for what is no JSON."""
    import msgspec  # noqa: PLC0415 - as above

    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a question of content
    return document


def every_component(document: Json) -> Iterator[Json]:
    """All components below the root, nested ones included."""
    waiting = list(reversed(document.get("components", ())))
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(reversed(component.get("components", ())))


def _told(component: Json, vague: set[str]) -> Json:
    if component["bom-ref"] not in vague:
        return component
    declared = {"name": UNKNOWN, "value": "dependencies"}
    return {**component, "properties": unique((*component.get("properties", ()), declared))}
