"""An image's bill of materials."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks.container import document
from pipeline.checks.container.scan import Found, Scan, read
from pipeline.errors import IncompleteError
from pipeline.model import Image, ToolRecord
from tests.checks.container.cases import APP, TODAY, image, ran
from tests.kit.images import digest

TRIVY = ToolRecord(name="trivy", version="0.74.0")


@pytest.fixture
def found(tmp_path: Path) -> Image:
    return image(tmp_path)


@pytest.fixture
def scan(found: Image) -> Scan:
    return read(ran(found), found)


def written(found: Image, scan: Scan) -> dict[str, Any]:
    files = list(document.files([(found, scan)], TRIVY, TODAY))
    assert [file.path.split("/")[0] for file in files] == ["1.6", "1.7"]
    made: dict[str, Any] = json.loads(files[-1].content)
    return made


def test_every_package_stands_in_it(found: Image, scan: Scan) -> None:
    made = written(found, scan)
    about = made["metadata"]["component"]
    assert (about["type"], about["name"], about["version"]) == ("container", "./app:1.0", APP.id)
    assert {one["name"] for one in made["metadata"]["tools"]["components"]} == {
        "supply-chain-pipeline",
        "trivy",
    }
    named = {(one["name"], one.get("version", "")) for one in made["components"]}
    assert named == {(one.name, one.version) for one in scan.packages} | {("debian", "12.5")}
    (jinja,) = (one for one in made["components"] if one["name"] == "jinja2")
    assert jinja["licenses"][0]["license"]["id"] == "BSD-3-Clause"
    assert {"name": "supply-chain:layer", "value": digest(APP.layers[1])} in jinja["properties"]
    assert made["compositions"][0]["aggregate"] == "unknown"


def test_equal_images_have_equal_documents(found: Image, scan: Scan) -> None:
    one, other = (list(document.files([(found, scan)], TRIVY, TODAY)) for _ in range(2))
    assert one == other
    assert list(document.files([(found, scan)] * 2, TRIVY, TODAY)) == one


def test_one_package_in_two_places_is_one_component(found: Image, scan: Scan) -> None:
    (jinja,) = (one for one in scan.packages if one.name == "jinja2")
    twice = replace(scan, packages=(jinja, replace(jinja, path="elsewhere/METADATA")))
    components = written(found, twice)["components"]
    (component,) = (one for one in components if one["name"] == "jinja2")
    paths = [one["value"] for one in component["properties"] if one["name"].endswith("path")]
    assert sorted(paths) == ["elsewhere/METADATA", jinja.path]


def test_what_is_not_known_is_declared(found: Image, scan: Scan) -> None:
    odd = Found(
        name="odd", version="", kind="os", purl="", licences=("MIT OR Apache-2.0", "Own words")
    )
    bare = replace(scan, packages=(odd,), family="", release="")
    made = written(replace(found, base="", manifest=""), bare)
    (component,) = made["components"]
    unknown = {one["value"] for one in component["properties"] if one["name"].endswith("unknown")}
    assert unknown >= {"version", "producer", "hash", "identifier"}
    assert [one["license"]["name"] for one in component["licenses"]] == [
        "MIT OR Apache-2.0",
        "Own words",
    ]
    (only,) = written(found, replace(bare, packages=(replace(odd, licences=("MIT OR 0BSD",)),)))[
        "components"
    ]
    assert only["licenses"][0]["expression"] == "MIT OR 0BSD"


def test_an_image_without_packages(found: Image, scan: Scan) -> None:
    empty = replace(scan, packages=(), family="", release="")
    made = written(replace(found, name="§§"), empty)
    assert made["components"] == []
    assert made["compositions"] == [{"aggregate": "unknown", "assemblies": [f"image:{APP.id}"]}]
    (file, _) = document.files([(replace(found, name="§§"), empty)], None, TODAY)
    assert file.path.startswith("1.6/image-")


def test_what_is_not_valid_is_not_written(
    found: Image, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "validate", lambda _: ["wrong"])
    with pytest.raises(IncompleteError, match="is not valid: wrong"):
        list(document.files([(found, scan)], TRIVY, TODAY))
