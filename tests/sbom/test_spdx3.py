from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import spdx_python_model
from spdx_python_model import v3_0_1 as spdx

from pipeline.errors import IncompleteError
from pipeline.sbom import spdx3
from pipeline.sbom.spdx3 import render
from tests.sbom.polyglot import lock, look, make, package, target, whole


def graph(document: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(render(document))["@graph"])


def test_the_model_reads_it_back(tmp_path: Path) -> None:
    document = whole(look(make(tmp_path / "shop")))
    file = tmp_path / "sbom.spdx3.json"
    file.write_bytes(render(document))
    model, objects = spdx_python_model.load(file)
    assert model is spdx
    packages = list(objects.foreach_type(spdx.software_Package))
    assert {one.software_packageUrl for one in packages} == {
        document["metadata"]["component"]["purl"],
        *(item["purl"] for item in document["components"]),
    }
    assert objects.link() == set()
    (sbom,) = objects.foreach_type(spdx.software_Sbom)
    assert [one.name for one in sbom.rootElement] == ["shop"]


def test_edges_say_how_complete_they_are() -> None:
    of = target(
        lock(package("a", direct=True, requires=("b",)), package("b", direct=False)),
        lock(
            package("c", requires=("d",)),
            package("d"),
            path="x/Pipfile.lock",
            format="Pipfile.lock",
        ),
    )
    items = graph(whole(of))
    names = {item["spdxId"]: item["name"] for item in items if item["type"] == "software_Package"}
    found = {
        names[item["from"]]: (item["completeness"], [names.get(to, to) for to in item["to"]])
        for item in items
        if item.get("relationshipType") == "dependsOn"
    }
    assert found["a"] == ("complete", ["b"])
    assert found["b"] == ("complete", ["NoneElement"])
    assert found["c"] == ("incomplete", ["d"])
    assert found["d"] == ("noAssertion", ["NoAssertionElement"])


def test_licences_hashes_and_sources_are_told() -> None:
    url = "https://registry.npmjs.org/a.tgz"
    packages = (
        package(
            "a",
            ecosystem="npm",
            url=url,
            hashes=("sha512:" + "0" * 128,),
        ),
        package("b", ecosystem="npm"),
        package("c", ecosystem="npm"),
    )
    known = {
        "pkg:npm/a@1.0": {"licenses": [{"license": {"id": "MIT"}}]},
        "pkg:npm/b@1.0": {"licenses": [{"license": {"id": "MIT"}}, {"license": {"id": "ISC"}}]},
        "pkg:npm/c@1.0": {"licenses": [{"license": {"name": "mine"}}]},
    }
    items = graph(whole(target(lock(*packages)), known=known))
    (a,) = (item for item in items if item.get("name") == "a")
    assert a["software_downloadLocation"] == url
    assert a["verifiedUsing"][0]["algorithm"] == "sha512"
    texts = {
        item["simplelicensing_licenseExpression"]
        for item in items
        if item["type"] == "simplelicensing_LicenseExpression"
    }
    assert texts == {"MIT", "(MIT) AND (ISC)"}
    kinds = Counter(item.get("relationshipType") for item in items)
    assert kinds["hasDeclaredLicense"] == 2


def test_what_cannot_be_read_back_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        spdx.JSONLDSerializer,
        "write",
        lambda _, made, stream, **__: stream.write(b'{"@graph": []}'),
    )
    with pytest.raises(IncompleteError, match="can be read back"):
        spdx3.render(whole(target(lock(package("a")))))
