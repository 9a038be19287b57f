"""Does a document keep to the official schema, and do its references lead anywhere?

The schemas are those that cyclonedx-python-lib carries; jsonschema-rs applies them, some ten
thousand times faster than the library's own validator, and is kept from fetching anything. The
schema accepts references into nowhere and references that stand for two things: those are
looked for here.
"""

from __future__ import annotations

from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import IncompleteError
from pipeline.sbom.document import every_component
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

    from pipeline.sbom import Json


MAX_PROBLEMS = 20
"""Problems that are told of one document, at most."""

_SCHEMAS = "http://cyclonedx.org/schema/"
_SHARED = (
    "spdx.SNAPSHOT.schema.json",
    "jsf-0.82.SNAPSHOT.schema.json",
    "cryptography-defs.SNAPSHOT.schema.json",
)


def validate(document: Any) -> tuple[str, ...]:
    """What is wrong with a document, in words; empty when it is valid.

    Raises `IncompleteError` when the schemas are not installed.
    """
    version = document.get("specVersion") if isinstance(document, dict) else None
    if not isinstance(version, str) or version not in {"1.5", "1.6", "1.7"}:
        return ("it is no CycloneDX document of version 1.5, 1.6 or 1.7",)
    problems = []
    for error in _validator(version).iter_errors(document):
        place = "/".join(str(part) for part in error.instance_path)
        problems.append(f"at /{plain(place, limit=200)}: {plain(error.message, limit=300)}")
        if len(problems) == MAX_PROBLEMS:
            return tuple(problems)
    # Shapes are known to be right from here on.
    return tuple(problems) or tuple(_references(document))[:MAX_PROBLEMS]


def keep_sound(components: dict[str, Json]) -> dict[str, Json]:
    """Those of a tool's components that the schema accepts, with what they carry."""
    shell = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}

    def holds(parts: list[Json]) -> bool:
        named = [{"type": "library", "name": "any", **part} for part in parts]
        return _validator("1.6").is_valid({**shell, "components": named})

    if holds(list(components.values())):
        return components
    return {name: part for name, part in components.items() if holds([part])}


def _references(document: Json) -> Iterator[str]:
    """References that stand for two things, and those into nowhere."""
    about = document.get("metadata", {})
    things = [about["component"]] if "component" in about else []
    for component in (*things, *document.get("services", ())):
        things.extend(every_component(component))
    known: set[str] = set()
    others = [
        item
        for key in ("services", "vulnerabilities", "annotations", "compositions", "formulation")
        for item in document.get(key, ())
    ]
    for thing in (*things, *every_component(document), *others):
        ref = thing.get("bom-ref")
        if ref is not None and ref in known:
            yield f"the reference {plain(ref, limit=200)} stands for two things"
        known.add(ref)
    seen: set[str] = set()
    for entry in document.get("dependencies", ()):
        if entry["ref"] in seen:
            yield f"two entries of the graph are about {plain(entry['ref'], limit=200)}"
        seen.add(entry["ref"])
    for ref in _used(document):
        if ref not in known and not ref.startswith("urn:cdx:"):
            yield f"the reference {plain(ref, limit=200)} leads nowhere"


def _used(document: Json) -> Iterator[str]:
    for entry in document.get("dependencies", ()):
        yield entry["ref"]
        yield from entry.get("dependsOn", ())
        yield from entry.get("provides", ())
    for item in document.get("compositions", ()):
        for key in ("assemblies", "dependencies", "vulnerabilities"):
            yield from item.get(key, ())
    for item in document.get("vulnerabilities", ()):
        for affected in item.get("affects", ()):
            yield affected["ref"]
    for item in document.get("annotations", ()):
        yield from item.get("subjects", ())


@cache
def _validator(version: str) -> jsonschema_rs.Validator:
    import jsonschema_rs  # noqa: PLC0415 - heavy, and only an SBOM needs it
    import msgspec  # noqa: PLC0415 - as above

    folder = schema_folder()
    main = f"bom-{version}.SNAPSHOT.schema.json"
    try:
        loaded = {
            name: msgspec.json.decode((folder / name).read_bytes()) for name in (main, *_SHARED)
        }
    except OSError as error:
        raise IncompleteError(
            f"the schema of CycloneDX {version} is not there",
            where=str(folder),
            fix="install a newer cyclonedx-bom",
        ) from error

    registry = jsonschema_rs.Registry(
        [(_SCHEMAS + name, loaded[name]) for name in _SHARED], retriever=_refuse
    )
    return jsonschema_rs.validator_for(
        loaded[main], registry=registry, retriever=_refuse, validate_formats=True
    )


def schema_folder() -> Path:
    """Where cyclonedx-python-lib keeps the schemas; `IncompleteError` when it is not installed."""
    found = util.find_spec("cyclonedx")
    if found is None or not found.submodule_search_locations:
        raise IncompleteError(
            "cyclonedx-python-lib is not installed, and with it the schemas of CycloneDX",
            fix="install the tool: python3 -m pip install cyclonedx-bom",
        )
    return Path(next(iter(found.submodule_search_locations)), "schema", "_res")


def _refuse(uri: str) -> Any:
    """No schema is ever fetched."""
    raise LookupError(f"the schema {uri} is not bundled")
