from __future__ import annotations

import json
from pathlib import Path

import pytest
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from pipeline.errors import IncompleteError
from pipeline.model import Origin
from pipeline.sbom.spdx2 import render
from tests.sbom.polyglot import lock, make, package, target, whole
from tests.sbom.polyglot import look as look_at

PURL = "pkg:npm/a@1.0"


def licensed(*licenses: dict[str, object]) -> dict[str, dict[str, object]]:
    return {PURL: {"licenses": list(licenses)}}


def declared(*licenses: dict[str, object]) -> str:
    of = target(lock(package("a", ecosystem="npm")))
    document = json.loads(render(whole(of, known=licensed(*licenses))))
    (found,) = (item for item in document["packages"] if item["name"] == "a")
    return str(found["licenseDeclared"])


def test_spdx_tools_reads_it_back_and_finds_nothing_wrong(tmp_path: Path) -> None:
    tool = {"type": "application", "name": "t", "version": "1"}
    document = whole(look_at(make(tmp_path / "shop")), tools=(tool,))
    file = tmp_path / "sbom.spdx.json"
    file.write_bytes(render(document))
    read = parse_file(str(file))
    assert validate_full_spdx_document(read) == []
    purls = {ref.locator for one in read.packages for ref in one.external_references}
    assert purls == {
        document["metadata"]["component"]["purl"],
        *(item["purl"] for item in document["components"]),
    }
    edges = sum(len(entry.get("dependsOn", ())) for entry in document["dependencies"])
    vague = sum(len(item["dependencies"]) for item in document["compositions"])
    assert len(read.relationships) == 1 + edges + vague


def test_hashes_and_sources_are_told() -> None:
    of = target(
        lock(
            package("a", hashes=("sha256:" + "0" * 64, "sha512:" + "1" * 128)),
            package("v", origin=Origin.VCS, url="git+https://git.example.org/v"),
        )
    )
    found = {item["name"]: item for item in json.loads(render(whole(of)))["packages"]}
    assert [item["algorithm"] for item in found["a"]["checksums"]] == ["SHA256", "SHA512"]
    assert found["a"]["downloadLocation"] == "NOASSERTION"
    assert found["v"]["downloadLocation"] == "git+https://git.example.org/v"


def test_only_expressions_that_stand_alone_are_declared_licences() -> None:
    assert declared({"license": {"id": "MIT"}}) == "MIT"
    assert declared({"expression": "MIT OR Apache-2.0"}) == "MIT OR Apache-2.0"
    assert declared({"license": {"id": "MIT"}}, {"license": {"id": "ISC"}}) == "MIT AND ISC"
    assert declared({"license": {"name": "mine"}}) == "NOASSERTION"
    assert declared({"expression": "LicenseRef-mine"}) == "NOASSERTION"
    assert declared({"expression": "MIT AND NOT-A-LICENCE"}) == "NOASSERTION"
    assert declared() == "NOASSERTION"


def test_what_spdx_tools_finds_wrong_is_refused() -> None:
    document = whole(target(lock(package("a", hashes=("sha256:" + "0" * 64,)))))
    (item,) = (item for item in document["components"] if "hashes" in item)
    item["hashes"][0]["content"] = "short"
    with pytest.raises(IncompleteError, match="not valid"):
        render(document)
