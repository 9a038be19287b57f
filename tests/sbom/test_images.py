"""Images in the repository's document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.container import document
from pipeline.checks.container.scan import Scan, read
from pipeline.model import Image, ToolRecord
from pipeline.sbom import Json
from pipeline.sbom.complete import measure
from pipeline.sbom.document import VERSIONS, seal
from pipeline.sbom.formats import convert
from pipeline.sbom.images import (
    bare_document,
    describe_image,
    identify_image,
    include,
    outside_images,
)
from pipeline.sbom.validate import validate
from tests.checks.container.cases import TODAY, image, ran

M = "sha256:" + "ab" * 32
JINJA = "pkg:pypi/jinja2@2.4.1"
LOCKED: Json = {
    "bomFormat": "CycloneDX",
    "version": 1,
    "metadata": {
        "timestamp": "2026-11-22T00:00:00Z",
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": [{"type": "application", "name": "ours", "version": "1"}]},
        "component": {"type": "application", "name": "shop", "bom-ref": "root", "version": "1"},
    },
    "components": [
        {"type": "library", "name": "jinja2", "version": "2.4.1", "bom-ref": JINJA, "purl": JINJA}
    ],
    "dependencies": [{"ref": JINJA}, {"ref": "root", "dependsOn": [JINJA]}],
}


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


@pytest.fixture
def scan(found: Image) -> Scan:
    return read(ran(found), found)


def of_image(found: Image, scan: Scan) -> Json:
    (*_, newest) = document.files(
        [(found, scan)], ToolRecord(name="trivy", version="0.74.0"), TODAY
    )
    made: Json = json.loads(newest.content)
    return made


@pytest.mark.parametrize(
    ("more", "purl"),
    [
        (
            {
                "name": "ghcr.io/acme/App:1.0",
                "transport": "registry",
                "place": f"ghcr.io/acme/app@{M}",
                "platform": "linux/arm64/v8",
            },
            "pkg:oci/app@sha256%3A" + "ab" * 32 + "?arch=arm64&repository_url=ghcr.io/acme/app",
        ),
        (
            {"name": "./build/app:1.0", "transport": "layout", "tags": ("1.0",)},
            "pkg:oci/app@sha256%3A" + "ab" * 32 + "?tag=1.0",
        ),
        (
            {"name": "h:5/app", "transport": "registry", "place": f"h:5/app@{M}"},
            "pkg:oci/app@sha256%3A" + "ab" * 32 + "?repository_url=h%3A5/app",
        ),
        ({"name": f"./x@{M}", "transport": "layout"}, "pkg:oci/x@sha256%3A" + "ab" * 32),
        ({"name": "/", "transport": "layout"}, "pkg:oci/image@sha256%3A" + "ab" * 32),
        ({"name": "./app.tar", "transport": "archive", "manifest": ""}, ""),
    ],
)
def test_an_images_package_url(more: dict[str, Any], purl: str) -> None:
    values: dict[str, Any] = {"manifest": M, "config": "sha256:" + "cd" * 32}
    assert identify_image(Image(**(values | more))) == purl


def test_an_image_stands_apart_from_what_is_locked(found: Image, scan: Scan) -> None:
    whole = seal(include(LOCKED, [of_image(found, scan)]), VERSIONS[-1])
    assert validate(whole) == ()
    locked, held = whole["components"]
    assert (locked["bom-ref"], held["type"]) == (JINJA, "container")
    (inside,) = (item for item in held["components"] if item.get("purl") == JINJA)
    assert inside["bom-ref"] == f"image:{found.config}#{JINJA}"
    assert len(held["components"]) == len(scan.packages) + 1
    edges = {entry["ref"]: entry.get("dependsOn", []) for entry in whole["dependencies"]}
    assert edges["root"] == [f"image:{found.config}", JINJA]
    assert edges[f"image:{found.config}"] == [item["bom-ref"] for item in held["components"]]
    phases = [phase["phase"] for phase in whole["metadata"]["lifecycles"]]
    assert phases == ["pre-build", "post-build"]
    tools = {tool["name"] for tool in whole["metadata"]["tools"]["components"]}
    assert tools == {"ours", "supply-chain-pipeline", "trivy"}
    assert outside_images(whole)["components"] == [locked]


def test_no_field_of_an_image_is_passed_over(found: Image, scan: Scan) -> None:
    odd = replace(scan.packages[0], name="", version="", purl="", licences=())
    for packages, release in ((scan.packages, "12.5"), ((odd,), "")):
        made = of_image(found, replace(scan, packages=packages, release=release))
        fields = {field.element: field for field in measure(made)}
        assert {name: field.missing for name, field in fields.items() if field.missing} == {
            "SBOM Author Signature": 1
        }
    nameless = seal(include(LOCKED, [bare_document(replace(found, manifest=""))]), "1.7")
    held = {field.element: field for field in measure(nameless)}
    assert held["Component Identifiers"].unknown == 1
    assert held["Component Dependency Relationship"].unknown == 1


def test_one_image_under_two_names_is_one_component(found: Image, scan: Scan) -> None:
    other = replace(found, name="./other")
    one, two = (of_image(item, scan) for item in (found, other))
    whole = include(LOCKED, [one, two])
    _, held = whole["components"]
    names = [item["value"] for item in held["properties"] if item["name"].endswith("image-name")]
    assert names == [found.name, "./other"]
    assert validate(seal(whole, "1.7")) == ()


def test_images_are_in_one_order(found: Image, scan: Scan) -> None:
    away = replace(found, config="sha256:" + "00" * 32)
    both = [of_image(found, scan), bare_document(away)]
    assert include(LOCKED, both) == include(LOCKED, both[::-1])


def test_other_formats_have_the_images_too(found: Image, scan: Scan) -> None:
    whole = seal(include(LOCKED, [of_image(found, scan)]), VERSIONS[-1])
    assert f"image:{found.config}#{JINJA}".encode() in convert(whole, "xml")
    spdx = json.loads(convert(whole, "spdx-2.3"))
    assert [item["name"] for item in spdx["packages"]].count("jinja2") == 2
    three = json.loads(convert(whole, "spdx-3.0"))
    packages = [item for item in three["@graph"] if item["type"] == "software_Package"]
    assert [item["name"] for item in packages].count("jinja2") == 2


@given(name=st.text(), tag=st.text(), platform=st.text(), place=st.text())
@settings(deadline=None)
def test_a_strangers_words_make_a_valid_component(
    name: str, tag: str, platform: str, place: str
) -> None:
    odd = Image(
        name=name or "x",
        transport="registry",
        place=place,
        platform=platform,
        manifest=M,
        config=M,
        tags=(tag,) if tag else (),
    )
    component = describe_image(odd)
    assert component["purl"].isascii()
    assert " " not in component["purl"]
    assert component["properties"]
