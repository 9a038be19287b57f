"""Several SBOMs as one: every root is kept, references get a namespace, equals are joined.

Works on any CycloneDX JSON of one specification version, by whatever tool. Two components are
equal when their package URLs are; where their hashes then contradict each other, the conflict is
reported and both hashes are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.sbom import Json
from pipeline.sbom.write import conflict, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


_LISTS = ("services", "vulnerabilities", "annotations", "formulation", "externalReferences")
"""Top-level lists that are kept from every document beside components, edges and compositions."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One package URL that stands for different content, by the algorithm that says so."""

    purl: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged document and what did not fit together."""

    document: Json
    conflicts: tuple[Conflict, ...]


def merge(documents: Mapping[str, Json], metadata: Json) -> Merged:
    """One document about `metadata["component"]`, which depends on the root of each document.

    `documents` are keyed by the namespace that their references get. A component with a package
    URL goes by that; one without by its namespace and its own reference.
    """
    parts = {name: _renamed(documents[name], name) for name in sorted(documents)}
    components: dict[str, Json] = {}
    conflicts: set[Conflict] = set()
    for part in parts.values():
        for component in _components(part):
            ref = component["bom-ref"]
            held = components.get(ref)
            if held is None:
                components[ref] = component
                continue
            if held != component:
                if algorithm := conflict(held, component):
                    conflicts.add(Conflict(str(component.get("purl", ref)), algorithm))
                components[ref] = join(held, component)
    root = metadata["component"]["bom-ref"]
    roots = [part["metadata"]["component"]["bom-ref"] for part in parts.values()]
    components.pop(root, None)
    document: Json = {
        "bomFormat": "CycloneDX",
        "version": 1,
        "metadata": metadata,
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": _dependencies(list(parts.values()), root, roots),
        "compositions": _compositions(list(parts.values())),
    }
    for key in _LISTS:
        if items := [item for part in parts.values() for item in part.get(key, ())]:
            document[key] = items
    return Merged(document, tuple(sorted(conflicts, key=lambda one: (one.purl, one.algorithm))))


def _components(part: Json) -> Iterable[Json]:
    yield part["metadata"]["component"]
    yield from part.get("components", ())


def _dependencies(parts: Sequence[Json], root: str, roots: Sequence[str]) -> list[Json]:
    edges: dict[str, dict[str, set[str]]] = {root: {"dependsOn": set(roots) - {root}}}
    for part in parts:
        for entry in part.get("dependencies", ()):
            held = edges.setdefault(entry["ref"], {})
            for key in ("dependsOn", "provides"):
                if key in entry:
                    held.setdefault(key, set()).update(entry[key])
    return [
        {"ref": ref, **{key: sorted(refs) for key, refs in sorted(edges[ref].items()) if refs}}
        for ref in sorted(edges)
    ]


def _compositions(parts: Sequence[Json]) -> list[Json]:
    """One composition per aggregate. Of whom one document knows the edges, they are known."""
    clear = {
        entry["ref"]
        for part in parts
        for vague in (_vague(part),)
        for entry in part.get("dependencies", ())
        if entry["ref"] not in vague
    }
    found: dict[str, dict[str, set[str]]] = {}
    rest = []
    for item in (item for part in parts for item in part.get("compositions", ())):
        if item.keys() - {"aggregate", "assemblies", "dependencies"}:
            rest.append(item)
            continue
        held = found.setdefault(item["aggregate"], {"assemblies": set(), "dependencies": set()})
        held["assemblies"].update(item.get("assemblies", ()))
        held["dependencies"].update(set(item.get("dependencies", ())) - clear)
    joined = [
        {"aggregate": name, **{key: sorted(refs) for key, refs in sorted(held.items()) if refs}}
        for name, held in sorted(found.items())
    ]
    return [item for item in joined if len(item) > 1] + rest


def _vague(part: Json) -> frozenset[str]:
    return frozenset(
        ref
        for item in part.get("compositions", ())
        if item["aggregate"] != "complete"
        for ref in item.get("dependencies", ())
    )


# ------------------------------------------------------------------------------ references


def _renamed(document: Json, namespace: str) -> Json:
    """The document with a namespace before every reference, and package URLs as references."""
    names: dict[str, str] = {}

    def learn(component: Json) -> None:
        ref = component.get("bom-ref")
        purl = component.get("purl")
        if ref is not None:
            names[ref] = purl or f"{namespace}:{ref}"
        for nested in component.get("components", ()):
            learn(nested)

    nameless = {"type": "application", "name": namespace, "bom-ref": "root"}
    about = {"component": nameless, **document.get("metadata", {})}
    document = {**document, "metadata": about}
    for component in (about["component"], *document.get("components", ())):
        learn(component)
    if _is_ours(document, names):
        return document
    renamed: Json = _rewritten(document, lambda ref: names.get(ref) or _namespaced(ref, namespace))
    return renamed


def _is_ours(document: Json, names: Mapping[str, str]) -> bool:
    """Whether every reference is a package URL already, and nothing else has one."""
    return (
        all(ref == name for ref, name in names.items())
        and len(names) == 1 + len(document.get("components", ()))
        and not any(document.get(key) for key in _LISTS)
        and not any("bom-ref" in item for item in document.get("compositions", ()))
        and all(entry["ref"] in names for entry in document.get("dependencies", ()))
    )


def _namespaced(ref: str, namespace: str) -> str:
    """References to other documents (BOM-Link) mean the same wherever they stand."""
    return ref if ref.startswith("urn:cdx:") else f"{namespace}:{ref}"


_REFERENCES = frozenset({"bom-ref", "ref"})
_REFERENCE_LISTS = frozenset({"dependsOn", "provides", "assemblies", "subjects"})


def _rewritten(value: Any, name: Callable[[str], str], inside: str = "") -> Any:
    """`value` with every reference renamed, wherever CycloneDX keeps one."""
    if isinstance(value, list):
        if inside in _REFERENCE_LISTS or (
            inside in {"dependencies", "vulnerabilities"}
            and all(isinstance(item, str) for item in value)
        ):
            return [name(item) if isinstance(item, str) else item for item in value]
        return [_rewritten(item, name, inside) for item in value]
    if not isinstance(value, dict):
        return value
    found = {
        key: name(item)
        if key in _REFERENCES and isinstance(item, str)
        else _rewritten(item, name, key)
        for key, item in value.items()
    }
    # A component without a reference of its own goes by its package URL, so that it can be joined.
    if "bom-ref" not in found and inside in {"component", "components"}:
        label = "@".join(str(value[key]) for key in ("name", "version") if key in value)
        found["bom-ref"] = value.get("purl") or name(label)
    return found
