"""CycloneDX XML, by cyclonedx-python-lib's own model and serialiser."""

from __future__ import annotations

from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.xml import XmlValidator

from pipeline.sbom import formats
from pipeline.text import plain


def render(document: dict[str, Any]) -> bytes:
    """The document as XML of its own specification version, valid against the official schema.

    Raises `IncompleteError` when it is not.
    """
    version = SchemaVersion.from_version(document["specVersion"])
    # The library knows no compositions and no `$schema`, and would warn of the latter.
    known = {
        key: value for key, value in document.items() if key not in {"$schema", "compositions"}
    }
    bom = Bom.from_json(known)  # type: ignore[attr-defined]  # made by the library's decorator
    text = make_outputter(bom, OutputFormat.XML, version).output_as_string(indent=1)
    problem = XmlValidator(version).validate_str(text)
    if problem is not None:
        raise formats.refuse("CycloneDX XML", plain(str(problem), limit=300))
    return str(text).encode() + b"\n"
