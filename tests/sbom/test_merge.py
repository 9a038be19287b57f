from __future__ import annotations

import json
from typing import Any

from pipeline.sbom.document import seal
from pipeline.sbom.merge import Conflict, merge
from pipeline.sbom.validate import validate

ROOT = {"type": "application", "name": "all", "bom-ref": "pkg:generic/all"}
ABOUT = {"component": ROOT, "timestamp": "2026-01-01T00:00:00Z"}


def component(ref: str, **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": ref, "bom-ref": ref, **more}


def document(*components: dict[str, Any], root: str = "root", **more: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(root)},
        "components": list(components),
        "dependencies": [{"ref": root, "dependsOn": [item["bom-ref"] for item in components]}],
        **more,
    }


def merged(**documents: dict[str, Any]) -> dict[str, Any]:
    found = seal(merge(documents, ABOUT).document, "1.6")
    assert validate(found) == ()
    return found


def edges(of: dict[str, Any]) -> dict[str, list[str]]:
    return {item["ref"]: item.get("dependsOn", []) for item in of["dependencies"]}


def test_every_root_is_kept_and_equal_references_mean_two_things() -> None:
    found = merged(a=document(component("x")), b=document(component("x")))
    assert [item["bom-ref"] for item in found["components"]] == ["a:root", "a:x", "b:root", "b:x"]
    assert edges(found) == {
        "a:root": ["a:x"],
        "b:root": ["b:x"],
        "pkg:generic/all": ["a:root", "b:root"],
    }


def test_equal_package_urls_are_one_component_with_the_edges_of_both() -> None:
    purl = "pkg:npm/x@1"
    one = document(component("x", purl=purl, description="first"))
    other = document(component("1", purl=purl, cpe="cpe:/a:x:x"), component("y"))
    other["dependencies"].append({"ref": "1", "dependsOn": ["y"]})
    found = merged(a=one, b=other)
    (joined,) = (item for item in found["components"] if item.get("purl") == purl)
    assert (joined["bom-ref"], joined["description"], joined["cpe"]) == (
        purl,
        "first",
        "cpe:/a:x:x",
    )
    assert edges(found)[purl] == ["b:y"]
    assert edges(found)["a:root"] == [purl]
    assert edges(found)["b:root"] == ["b:y", purl]


def test_contradicting_hashes_are_reported_and_both_kept() -> None:
    def with_hash(digit: str) -> dict[str, Any]:
        hashes = [{"alg": "SHA-256", "content": digit * 64}]
        return document(component("x", purl="pkg:npm/x@1", hashes=hashes))

    found = merge({"a": with_hash("1"), "b": with_hash("2"), "c": with_hash("1")}, ABOUT)
    assert found.conflicts == (Conflict("pkg:npm/x@1", "SHA-256"),)
    (joined,) = (item for item in found.document["components"] if "purl" in item)
    assert [item["content"][0] for item in joined["hashes"]] == ["1", "2"]
    assert merge({"a": with_hash("1"), "b": with_hash("1")}, ABOUT).conflicts == ()


def test_references_are_rewritten_wherever_they_stand() -> None:
    full = document(
        component("x", components=[component("inner")]),
        compositions=[
            {"aggregate": "unknown", "dependencies": ["x"], "assemblies": ["inner"]},
            {"aggregate": "complete", "bom-ref": "c", "vulnerabilities": ["v"]},
        ],
        services=[{"name": "s", "bom-ref": "s"}],
        vulnerabilities=[
            {"bom-ref": "v", "id": "CVE-1", "affects": [{"ref": "x"}, {"ref": "urn:cdx:1/1#y"}]}
        ],
        annotations=[
            {
                "bom-ref": "n",
                "subjects": ["x"],
                "annotator": {"component": component("who")},
                "timestamp": "2026-01-01T00:00:00Z",
                "text": "x",
            }
        ],
    )
    full["dependencies"].append({"ref": "x", "provides": ["inner"]})
    found = merged(a=full)
    assert found["vulnerabilities"][0]["affects"] == [{"ref": "a:x"}, {"ref": "urn:cdx:1/1#y"}]
    assert found["vulnerabilities"][0]["bom-ref"] == "a:v"
    assert found["annotations"][0]["subjects"] == ["a:x"]
    assert found["annotations"][0]["text"] == "x", "text is no reference"
    assert found["services"][0]["bom-ref"] == "a:s"
    assert {"ref": "a:x", "provides": ["a:inner"]} in found["dependencies"]
    assert {"aggregate": "complete", "bom-ref": "a:c", "vulnerabilities": ["a:v"]} in found[
        "compositions"
    ]


def test_edges_known_in_one_document_are_known() -> None:
    purl = "pkg:npm/x@1"
    vague = document(
        component("x", purl=purl), compositions=[{"aggregate": "unknown", "dependencies": ["x"]}]
    )
    clear = document(component("x", purl=purl))
    clear["dependencies"].append({"ref": "x"})
    assert "compositions" not in merged(a=vague, b=clear)
    assert merged(a=vague)["compositions"] == [{"aggregate": "unknown", "dependencies": [purl]}]


def test_documents_without_root_or_references_get_them() -> None:
    bare = {
        "bomFormat": "CycloneDX",
        "components": [{"type": "library", "name": "x", "version": "1"}],
    }
    found = merged(a=bare)
    assert [item["bom-ref"] for item in found["components"]] == ["a:root", "a:x@1"]


def test_the_order_of_documents_and_what_is_in_them_does_not_matter() -> None:
    one = document(component("x", purl="pkg:npm/x@1"), component("y"))
    other = document(component("z"))
    turned = {**one, "components": one["components"][::-1]}
    texts = {
        json.dumps(seal(merge(parts, ABOUT).document, "1.7"), sort_keys=True)
        for parts in ({"a": one, "b": other}, {"b": other, "a": turned})
    }
    assert len(texts) == 1


def test_a_part_that_is_the_whole_does_not_depend_on_itself() -> None:
    part = document(component("x"), root="r")
    part["metadata"]["component"]["purl"] = "pkg:generic/all"
    found = merged(a=part)
    assert edges(found)["pkg:generic/all"] == ["a:x"]
    assert [item["bom-ref"] for item in found["components"]] == ["a:x"]
