from __future__ import annotations

import pytest

from pipeline.sbom.document import decode, encode, every_component, seal
from tests.sbom.polyglot import lock, package, properties, target, whole, written


def test_equal_content_has_an_equal_serial_number_and_other_content_another() -> None:
    serials = [
        whole(target(lock(package(version=version))))["serialNumber"] for version in ("1", "1", "2")
    ]
    assert serials[0] == serials[1] != serials[2]
    assert serials[0].startswith("urn:uuid:")
    assert serials[0][23] == "5", "a version 5 UUID is made of names, not of chance"


def test_unknown_edges_are_told_by_the_component_itself() -> None:
    (document,) = written(target(lock(package("a"), format="go.sum")))
    sealed = seal(document, "1.6")
    assert "dependencies" in properties(sealed["components"][0], "unknown")
    assert "dependencies" not in properties(sealed["metadata"]["component"], "unknown")
    assert sealed["$schema"] == "http://cyclonedx.org/schema/bom-1.6.schema.json"


def test_bytes_are_sorted_and_come_back() -> None:
    content = encode({"b": 1, "a": ["\u202e"]})
    assert content.index(b'"a"') < content.index(b'"b"')
    assert content.endswith(b"}\n")
    assert decode(content) == {"a": ["\u202e"], "b": 1}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"1"])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(content)


def test_nested_components_are_components() -> None:
    names = [
        item["name"]
        for item in every_component(
            {"components": [{"name": "a", "components": [{"name": "b"}]}, {"name": "c"}]}
        )
    ]
    assert names == ["a", "b", "c"]
