"""Images in the repository's document: each one a component that holds its own packages.

A package of an image stands inside the image's component and goes by a reference that begins with
the image's. So a package that is locked and installed too is told apart: two people put it there,
for two reasons, and only one of them wrote a lock.

Package URLs of images: https://github.com/package-url/purl-spec/blob/main/types/oci-definition.json.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.sbom.write import PREFIX, UNKNOWN, unique
from pipeline.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Image
    from pipeline.sbom import Json


KIND = "container"
"""CycloneDX's word for a component that is an image."""


def refer(image: Image) -> str:
    """The reference by which an image goes: its configuration's digest is the same everywhere."""
    return f"image:{image.config}"


def identify_image(image: Image) -> str:
    """The package URL of an image in a registry or a layout; "" for one without a manifest.

    Its version is the digest of the manifest. Only a registry's name says where it can be had.
    """
    if not image.manifest:
        return ""
    in_registry = image.transport == "registry"
    place = image.place if in_registry else image.name
    place = re.sub(r"@sha256:[0-9a-f]{64}$", "", place)
    place = re.sub(r":[^/:]*$", "", place)
    name = place.rstrip("/").rpartition("/")[2].lower()
    qualifiers = [
        ("arch", image.platform.split("/")[1] if "/" in image.platform else ""),
        ("repository_url", place if in_registry else ""),
        ("tag", image.tags[0] if image.tags else ""),
    ]
    told = "&".join(
        f"{key}={quote(value, safe='/.-_~', errors='replace')}"
        for key, value in qualifiers
        if value
    )
    label = quote(plain(name, limit=200), safe=".-_~", errors="replace") or "image"
    return f"pkg:oci/{label}@{quote(image.manifest, safe='')}{'?' if told else ''}{told}"


def describe_image(image: Image) -> Json:
    """An image as a component, without what is in it."""
    purl = identify_image(image)
    properties = [
        {"name": f"{PREFIX}{key}", "value": value}
        for key, value in (
            ("image-name", plain(image.name, limit=300)),
            ("image-id", image.config),
            ("manifest", image.manifest),
            ("platform", plain(image.platform, limit=100)),
            ("base-image", plain(image.base, limit=300)),
            ("base-image-digest", image.base_digest),
            ("base-image-said-by", plain(image.base_from, limit=300)),
        )
        if value
    ]
    properties += [{"name": f"{PREFIX}layer", "value": layer.diff_id} for layer in image.layers]
    unknown = ["producer", "license", *([] if purl else ["identifier"])]
    return {
        "type": KIND,
        "bom-ref": refer(image),
        "name": plain(image.name, limit=300),
        "version": image.config,
        "hashes": [{"alg": "SHA-256", "content": image.config.removeprefix("sha256:")}],
        **({"purl": purl} if purl else {}),
        "properties": [*properties, *({"name": UNKNOWN, "value": name} for name in unknown)],
    }


def bare_document(image: Image) -> Json:
    """The document of an image in which nobody looked: it names no package and claims none."""
    root = describe_image(image)
    return {
        "metadata": {
            "component": root,
            "tools": {"components": []},
            "lifecycles": [{"phase": "post-build"}],
        },
        "components": [],
        "dependencies": [],
        "compositions": [
            {
                "aggregate": "unknown",
                "assemblies": [root["bom-ref"]],
                "dependencies": [root["bom-ref"]],
            }
        ],
    }


def include(document: Json, images: Iterable[Json]) -> Json:
    """The repository's document with images in it; each comes as a document of its own.

    The same image under two names is one component. The repository leads to each image, and an
    image to its packages; what is not known of an image's graph stays unknown.
    """
    root = document["metadata"]["component"]["bom-ref"]
    components: dict[str, Json] = {}
    edges = {entry["ref"]: entry for entry in document["dependencies"]}
    compositions = [*document.get("compositions", ())]
    tools = [*document["metadata"]["tools"]["components"]]
    phases = [*document["metadata"]["lifecycles"]]
    for image in map(_inside, images):
        own = image["metadata"]["component"]
        if held := components.get(own["bom-ref"]):
            held["properties"] = unique((*held["properties"], *own["properties"]))
            continue
        components[own["bom-ref"]] = own
        edges |= {entry["ref"]: entry for entry in image["dependencies"]}
        compositions += image["compositions"]
        tools += image["metadata"]["tools"]["components"]
        phases += image["metadata"]["lifecycles"]
    leads = {*edges.get(root, {}).get("dependsOn", ()), *components}
    edges[root] = {"ref": root, "dependsOn": sorted(leads)}
    return {
        **document,
        "metadata": {
            **document["metadata"],
            "tools": {"components": unique(tools)},
            "lifecycles": sorted(unique(phases), key=lambda phase: _PHASES.index(phase["phase"])),
        },
        "components": [*document["components"], *(components[ref] for ref in sorted(components))],
        "dependencies": [edges[ref] for ref in sorted(edges)],
        "compositions": _by_aggregate(compositions),
    }


_PHASES = ("design", "pre-build", "build", "post-build", "operations", "discovery", "decommission")
"""CycloneDX's phases of a life, in its order."""


def outside_images(document: Json) -> Json:
    """The document without what stands in images: what is left can be held against locks."""
    components = [item for item in document.get("components", ()) if item.get("type") != KIND]
    return {**document, "components": components}


def _inside(document: Json) -> Json:
    """An image's document with its packages in its component, under references of its own."""
    root = document["metadata"]["component"]
    whole = root["bom-ref"]

    def named(ref: str) -> str:
        return ref if ref == whole else f"{whole}#{ref}"

    components = [{**item, "bom-ref": named(item["bom-ref"])} for item in document["components"]]
    held = {**root, **({"components": components} if components else {})}
    return {
        "metadata": {**document["metadata"], "component": held},
        "dependencies": [
            {"ref": named(entry["ref"])}
            | ({"dependsOn": list(map(named, entry["dependsOn"]))} if "dependsOn" in entry else {})
            for entry in document["dependencies"]
        ],
        "compositions": [
            {key: value if key == "aggregate" else list(map(named, value)) for key, value in pairs}
            for pairs in (item.items() for item in document.get("compositions", ()))
        ],
    }


def _by_aggregate(compositions: Iterable[Json]) -> list[Json]:
    """One composition for each word on how complete something is."""
    found: dict[str, dict[str, set[str]]] = {}
    for item in compositions:
        held = found.setdefault(item["aggregate"], {})
        for key in item.keys() - {"aggregate"}:
            held.setdefault(key, set()).update(item[key])
    return [
        {"aggregate": name, **{key: sorted(refs) for key, refs in sorted(held.items())}}
        for name, held in sorted(found.items())
    ]
