"""How complete an SBOM is, by CISA's minimum elements of 2026 (version 2.1).

Of each data field it is counted where it is stated, where it is declared unknown, and where it is
passed over in silence: the elements accept the second, and only the third is a fault. A supplier
is no producer. The elements on practices speak of how SBOMs are made and handed on; no document
can show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.sbom.document import every_component
from pipeline.sbom.write import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.sbom import Json


SIGNATURE = "SBOM Author Signature"
"""The one field that cannot stand in the document before somebody signs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One element: how often it is stated, declared unknown, missing. `examples` are missing."""

    element: str
    stated: int
    unknown: int
    missing: int
    examples: tuple[str, ...] = ()


def measure(document: Json) -> tuple[Field, ...]:
    """Every data field of the minimum elements, the document's own first."""
    about = document.get("metadata", {})
    whole = str(document.get("serialNumber", "the document"))
    fields = [
        _field(element, [(whole, has, _declares(about, name))])
        for element, name, has in _of_document(document, about)
    ]
    components = [about["component"]] if "component" in about else []
    components += every_component(document)
    for element, name, has in _OF_COMPONENT:
        rows = [(_call(item), has(item), _declares(item, name)) for item in components]
        fields.append(_field(element, rows))
    edges = {entry["ref"] for entry in document.get("dependencies", ())}
    vague = {
        ref
        for item in document.get("compositions", ())
        if item["aggregate"] != "complete"
        for ref in item.get("dependencies", ())
    }
    known = edges - vague
    rows = [
        (_call(item), ref in known, ref in vague or _declares(item, "dependencies"))
        for item in components
        for ref in (item.get("bom-ref"),)
    ]
    return (*fields, _field("Component Dependency Relationship", rows))


def _field(element: str, rows: list[tuple[str, bool, bool]]) -> Field:
    """Rows are: of what, whether it is stated, whether it is declared unknown."""
    missing = sorted(label for label, stated, declared in rows if not (stated or declared))
    return Field(
        element=element,
        stated=sum(stated for _, stated, _ in rows),
        unknown=sum(declared and not stated for _, stated, declared in rows),
        missing=len(missing),
        examples=tuple(missing[:5]),
    )


def _call(component: Json) -> str:
    return str(component.get("purl") or component.get("name") or "")


def _declares(holder: Json, name: str) -> bool:
    return any(
        item.get("name") == UNKNOWN and item.get("value") == name
        for item in holder.get("properties", ())
    )


def _of_document(document: Json, about: Json) -> list[tuple[str, str, bool]]:
    """Element, the name it is declared unknown by, and whether it is stated."""
    tools = about.get("tools", ())
    # Before 1.5, tools were a plain list.
    named = tools.get("components", ()) if isinstance(tools, dict) else tools
    return [
        ("SBOM Author", "author", bool(about.get("authors") or about.get("manufacturer"))),
        (SIGNATURE, "signature", bool(document.get("signature"))),
        ("SBOM Data Format Name", "", document.get("bomFormat") == "CycloneDX"),
        ("SBOM Data Format Version", "", bool(document.get("specVersion"))),
        ("SBOM Generation Context", "lifecycles", bool(about.get("lifecycles"))),
        ("SBOM Timestamp", "timestamp", bool(about.get("timestamp"))),
        ("SBOM Tool Name", "tools", bool(named) and all(tool.get("name") for tool in named)),
        ("SBOM Tool Version", "tools", bool(named) and all(tool.get("version") for tool in named)),
        ("SBOM Version", "", bool(document.get("version") and document.get("serialNumber"))),
    ]


def _has_hashes(component: Json) -> bool:
    return bool(component.get("hashes"))


_OF_COMPONENT: tuple[tuple[str, str, Callable[[Json], bool]], ...] = (
    (
        "Component Producer",
        "producer",
        lambda component: bool(component.get("manufacturer") or component.get("authors")),
    ),
    ("Component Name", "name", lambda component: bool(component.get("name"))),
    ("Component Version", "version", lambda component: bool(component.get("version"))),
    (
        "Component Identifiers",
        "identifier",
        lambda component: any(component.get(key) for key in ("purl", "cpe", "swid", "swhid")),
    ),
    ("Component Hash Value", "hash", _has_hashes),
    ("Component Hash Algorithm", "hash", _has_hashes),
    ("Component License", "license", lambda component: bool(component.get("licenses"))),
)
